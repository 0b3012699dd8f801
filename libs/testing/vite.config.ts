import { defineConfig } from "vite";

// The seed runs under plain Node, which does not take the rooms' decorators: it is built like the apps.
export default defineConfig({
  build: { ssr: "src/seed.ts", target: "node24", sourcemap: true, outDir: "dist" },
  ssr: { noExternal: [/^@freehold\/(?!local-world)/] },
});
