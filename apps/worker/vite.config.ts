import { defineConfig } from "vite";

export default defineConfig({
  build: { ssr: "src/main.ts", target: "node24", sourcemap: true, outDir: "dist" },
  ssr: { noExternal: [/^@freehold\//] },
});
