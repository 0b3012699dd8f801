import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** The root of the checkout. */
export const root = fileURLToPath(new URL("..", import.meta.url));

export interface Ran {
  code: number;
  /** Everything that was said, on both outputs, in order; empty when it was shown at once. */
  output: string;
}

/** Runs one of the programs in node_modules/.bin (or any other on PATH) in the root of the checkout. */
export function run(
  command: string[],
  options: { show?: boolean; env?: NodeJS.ProcessEnv; cwd?: string } = {},
): Promise<Ran> {
  const [program = "", ...args] = command;
  const own = path.join(root, "node_modules/.bin", program);
  const search = [path.dirname(process.execPath), path.join(root, "node_modules/.bin"), process.env["PATH"] ?? ""];
  const env = {
    ...process.env,
    NX_DAEMON: "false",
    NX_TUI: "false",
    NX_ISOLATE_PLUGINS: "false",
    ...options.env,
    PATH: search.join(path.delimiter),
  };
  const child = spawn(existsSync(own) ? own : program, args, {
    cwd: options.cwd ?? root,
    env,
    stdio: options.show ? "inherit" : ["ignore", "pipe", "pipe"],
  });
  let output = "";
  child.stdout?.on("data", (text) => (output += text));
  child.stderr?.on("data", (text) => (output += text));
  return new Promise((resolve) => {
    child.once("error", (error) => resolve({ code: 127, output: `${program}: ${error.message}` }));
    child.once("close", (code) => resolve({ code: code ?? 1, output }));
  });
}

/** One sentence instead of a page of syntax errors when somebody calls us with the Node of an old system. */
export function requireNode24(): void {
  if (Number(process.versions.node.split(".")[0]) >= 24) return;
  console.error(
    `Node ${process.versions.node} is too old: npm ci installs Node 24 beside the packages, and npm run uses it.`,
  );
  process.exit(1);
}
