import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** `--mode long` takes many more of what is drawn at random: races, and requests made from the API's document. */
const long = { RACES_PER_CASE: "8", FUZZ_REQUESTS: "5000" };

export default defineConfig(({ mode }) => ({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 60_000,
    // A local cloud starts in seconds, unless everything else starts with it.
    hookTimeout: 60_000,
    // What functions log is of interest only where a test fails.
    silent: "passed-only",
    env: { POWERTOOLS_DEV: "true", ...(mode === "long" ? long : {}) },
    // The local cloud waits more than it computes: more files than cores at once pay off.
    maxWorkers: Math.max(3, availableParallelism()),
  },
}));
