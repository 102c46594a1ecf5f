import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 30_000,
    // What functions log is of interest only where a test fails.
    silent: "passed-only",
    env: { POWERTOOLS_DEV: "true" },
    // The local cloud waits more than it computes: two files at once pay off on two cores as well.
    maxWorkers: Math.max(2, availableParallelism() - 1),
  },
});
