import { spawn } from "node:child_process";

export interface GitCommandOptions {
  input?: string | Buffer;
  env?: Record<string, string>;
}

/**
 * Run git on a repository of the local world and give back what it printed, trimmed. Throws with git's own words.
 * Hooks, the person's own configuration and prompts are switched off, so that a laptop's settings cannot change a story.
 */
export function gitCommand(gitDir: string, args: readonly string[], options: GitCommandOptions = {}): Promise<string> {
  const child = spawn("git", ["--git-dir", gitDir, "-c", `safe.directory=${gitDir}`, ...args], {
    env: {
      PATH: process.env["PATH"] ?? "/usr/bin:/bin",
      HOME: gitDir,
      LC_ALL: "C",
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_TERMINAL_PROMPT: "0",
      ...options.env,
    },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const out: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => errors.push(chunk));
  child.stdin.on("error", () => {});
  child.stdin.end(options.input ?? "");
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve(Buffer.concat(out).toString("utf8").trim());
      else reject(new Error(`git ${args[0]} failed: ${Buffer.concat(errors).toString("utf8").trim()}`));
    });
  });
}
