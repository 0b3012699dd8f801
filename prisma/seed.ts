/**
 * Fills an empty local world. The story is told by the same verbs as the tests tell it (libs/testing/src/seed.ts); it needs
 * the rooms, which are built with the apps.
 */
import { existsSync } from "node:fs";

const built = new URL("../libs/testing/dist/seed.js", import.meta.url);
if (!existsSync(built)) throw new Error("Build first: npm run build");
await import(built.href);
