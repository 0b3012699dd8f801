import { defineConfig } from "vitest/config";

/** The pure parts only; pages are tested in a browser (`e2e`). */
export default defineConfig({ test: { name: "web", include: ["app/**/*.test.ts", "*.test.ts"] } });
