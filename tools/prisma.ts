/**
 * Runs the Prisma CLI with the engine of `schema-engine.mjs` instead of the native binary, which would have to be downloaded.
 * PRISMA_SCHEMA_ENGINE_BINARY, when set, names another engine. Windows cannot run the stand-in and keeps Prisma's own way.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Runs `prisma <args>` in the root of the checkout; returns its exit code. */
export function prisma(args: string[], stdio: "inherit" | "ignore" | "pipe" = "inherit"): number {
  const cli = createRequire(import.meta.url).resolve("prisma/build/index.js");
  const env: NodeJS.ProcessEnv = { CHECKPOINT_DISABLE: "1", PRISMA_HIDE_UPDATE_MESSAGE: "1", ...process.env };
  // The stand-in is started through its shebang and must find this Node, not an older one of the machine.
  env["PATH"] = `${path.dirname(process.execPath)}${path.delimiter}${env["PATH"] ?? ""}`;
  if (process.platform !== "win32") {
    env["PRISMA_SCHEMA_ENGINE_BINARY"] ??= fileURLToPath(new URL("schema-engine.mjs", import.meta.url));
  }
  const ran = spawnSync(process.execPath, [cli, ...args], { cwd: root, env, stdio, encoding: "utf8" });
  if (stdio === "pipe" && ran.status !== 0) process.stderr.write(`${ran.stdout ?? ""}${ran.stderr ?? ""}`);
  return ran.status ?? 1;
}

/** Generates the client if the schema (or Prisma itself) is another than the last time. Throws when the schema is refused. */
export function generateClient(): void {
  const stamp = path.join(root, "libs/database/src/generated/.made-from");
  const wanted = createHash("sha256")
    .update(readFileSync(path.join(root, "prisma/schema.prisma")))
    .update(readFileSync(createRequire(import.meta.url).resolve("prisma/package.json")))
    .digest("hex");
  if (readText(stamp) === wanted) return;
  if (prisma(["generate"], "pipe") !== 0)
    throw new Error("Prisma could not generate its client from prisma/schema.prisma.");
  writeFileSync(stamp, wanted);
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

if (import.meta.main) process.exitCode = prisma(process.argv.slice(2));
