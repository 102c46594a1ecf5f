import { availableParallelism } from "node:os";
import { configDefaults, defineConfig } from "vitest/config";

/** What drives the API over HTTP through all its turns, and its races: `npm run test:api`. */
const api = ["test/integration/api-*.test.ts", "test/shared/api/races.test.ts"];

export default defineConfig(({ mode }) => ({
  test: {
    include: mode === "api" ? api : ["test/**/*.test.ts"],
    exclude: [...configDefaults.exclude, ...(mode === "api" ? [] : api)],
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
}));
