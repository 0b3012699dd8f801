import { reactRouter } from "@react-router/dev/vite";
import tailwindcss from "@tailwindcss/vite";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [tailwindcss(), reactRouter()],
  // Fonts and pictures stay files of their own: a data: address would need a hole in the content security policy.
  build: { assetsInlineLimit: 0 },
  ssr: { noExternal: [/^@freehold\//] },
});
