import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** The tests of the proof of release with one of its checks switched off; only tools/mutate-checks.ts runs this. */
export default defineConfig({
  test: {
    root: fileURLToPath(new URL("../libs/forge-verify", import.meta.url)),
    environment: "node",
    include: ["src/**/*.test.ts"],
    setupFiles: ["src/testing/without-a-check.ts"],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
