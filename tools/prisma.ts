/**
 * Runs the Prisma CLI with the engine of `schema-engine.mjs` instead of the native binary, which would have to be downloaded.
 * PRISMA_SCHEMA_ENGINE_BINARY, when set, names another engine. Windows cannot run the stand-in and keeps Prisma's own way.
 */
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** Runs `prisma <args>` in the root of the checkout; returns its exit code. */
export function prisma(args: string[], stdio: "inherit" | "ignore" | "pipe" = "inherit"): number {
  const cli = createRequire(import.meta.url).resolve("prisma/build/index.js");
  const env: NodeJS.ProcessEnv = { CHECKPOINT_DISABLE: "1", PRISMA_HIDE_UPDATE_MESSAGE: "1", ...process.env };
  // The stand-in is started through its shebang and must find this Node, not an older one of the machine.
  env["PATH"] = `${path.dirname(process.execPath)}${path.delimiter}${env["PATH"] ?? ""}`;
  if (process.platform !== "win32") {
    env["PRISMA_SCHEMA_ENGINE_BINARY"] ??= fileURLToPath(new URL("schema-engine.mjs", import.meta.url));
  }
  const root = fileURLToPath(new URL("..", import.meta.url));
  const ran = spawnSync(process.execPath, [cli, ...args], { cwd: root, env, stdio, encoding: "utf8" });
  if (stdio === "pipe" && ran.status !== 0) process.stderr.write(`${ran.stdout ?? ""}${ran.stderr ?? ""}`);
  return ran.status ?? 1;
}

if (import.meta.main) process.exitCode = prisma(process.argv.slice(2));
