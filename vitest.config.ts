import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** Starts one PostgreSQL for the whole run and prepares the template that each test file copies. */
const globalSetup = fileURLToPath(new URL("libs/testing/src/global-setup.ts", import.meta.url));

const project = (name: string, root: string) => ({
  test: {
    name,
    root,
    environment: "node" as const,
    include: ["**/*.test.{ts,tsx}"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    teardownTimeout: 30_000,
  },
});

export default defineConfig({
  test: {
    ...(existsSync(globalSetup) ? { globalSetup } : {}),
    // Each test file in a process of its own; two at a time is what two cores carry.
    pool: "forks",
    maxWorkers: 2,
    projects: [
      project("values", "libs/values"),
      project("contract", "libs/contract"),
      project("database", "libs/database"),
      project("escrow", "libs/escrow"),
      project("forge-verify", "libs/forge-verify"),
      project("atproto", "libs/atproto"),
      project("journey", "libs/journey"),
      project("testing", "libs/testing"),
      project("local-world", "libs/local-world"),
      project("api", "apps/api"),
      project("worker", "apps/worker"),
      project("web", "apps/web"),
      project("tools", "tools"),
    ],
  },
});
