import { availableParallelism } from "node:os";
import { configDefaults, defineConfig } from "vitest/config";
import { chromiumPath, NO_BROWSER } from "./test/browser/support/chromium.ts";

/** What drives the API over HTTP through all its turns, and its races: `npm run test:api`. */
const api = ["test/integration/api-*.test.ts", "test/shared/api/races.test.ts"];
/** The console in a real Chromium: `npm run test:browser`. */
const browser = ["test/browser/**/*.test.ts"];
/** The little of it that every run of the tests does where there is a browser. */
const smoke = "test/browser/smoke.test.ts";

export default defineConfig(({ mode }) => {
  if (mode === "browser") {
    return {
      test: {
        include: browser,
        exclude: [...configDefaults.exclude, smoke],
        globalSetup: "test/browser/support/running-console.ts",
        testTimeout: 120_000,
        hookTimeout: 120_000,
        // What follows a deed comes within seconds, on a busy machine within some more.
        expect: { poll: { timeout: 20_000, interval: 100 } },
        // On a machine that does other things as well, a browser may once be too slow for a person's patience.
        retry: process.env.CI === undefined ? 0 : 2,
        // One cloud, one clock, one screen at a time: what is measured is measured alone.
        maxWorkers: 1,
        env: { POWERTOOLS_DEV: "true" },
      },
    };
  }
  if (mode !== "api" && chromiumPath === undefined) console.warn(`\n${NO_BROWSER}\n`);
  return {
    test: {
      include: mode === "api" ? api : ["test/**/*.test.ts"],
      exclude: [...configDefaults.exclude, ...(mode === "api" ? [] : [...api, "test/browser/!(smoke).test.ts"])],
      globalSetup: "test/support/shared-assembly.ts",
      testTimeout: 60_000,
      // A local cloud starts in seconds, unless everything else starts with it.
      hookTimeout: 60_000,
      // What functions log is of interest only where a test fails.
      silent: "passed-only",
      env: { POWERTOOLS_DEV: "true" },
      // The local cloud waits more than it computes: two files at once pay off on two cores as well.
      maxWorkers: Math.max(2, availableParallelism() - 1),
    },
  };
});
