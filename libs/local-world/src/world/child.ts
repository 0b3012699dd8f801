import { spawn } from "node:child_process";
import { checkout } from "./data-dir.ts";

/** Runs a Node program in the checkout to its end. Throws with all that it said when it fails; `signal` ends it and its children. */
export async function runToEnd(
  args: string[],
  env: NodeJS.ProcessEnv,
  failure: string,
  signal?: AbortSignal,
): Promise<void> {
  signal?.throwIfAborted();
  // A group of its own, so that the whole of it can be ended, and Ctrl-C reaches us alone.
  const child = spawn(process.execPath, args, {
    cwd: checkout,
    env,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const end = () => child.pid !== undefined && process.kill(-child.pid, "SIGTERM");
  signal?.addEventListener("abort", end, { once: true });
  let said = "";
  child.stdout.on("data", (text) => (said += text));
  child.stderr.on("data", (text) => (said += text));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  signal?.removeEventListener("abort", end);
  signal?.throwIfAborted();
  if (code !== 0) throw new Error(`${failure}\n${said}`);
}
