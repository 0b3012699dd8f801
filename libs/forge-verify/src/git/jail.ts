import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import path from "node:path";

export interface JailOptions {
  input?: string;
  timeoutMs?: number;
  /** Largest output kept, in bytes; more is an error. */
  maxBytes?: number;
  /** Called for each line instead of keeping the output; false stops git, which then counts as a success. */
  onLine?: (line: string) => boolean | void;
  /** Largest file git may write, in bytes: what an endless pack runs into. */
  maxFileBytes?: number;
  /** Object folders of other mirrors that may be read besides this one's. */
  alternates?: readonly string[];
  config?: readonly string[];
}

export interface JailResult {
  code: number | null;
  stdout: Buffer;
  stderr: string;
  stopped: "timeout" | "too_large" | null;
}

/** Settings under which git touches nothing but its mirror and speaks nothing but HTTP. */
const settings = [
  "core.hooksPath=/dev/null",
  "core.fsmonitor=false",
  "core.askPass=",
  "credential.helper=",
  "http.followRedirects=false",
  "http.lowSpeedLimit=1000",
  "http.lowSpeedTime=30",
  "http.proxy=",
  "protocol.version=2",
  "protocol.allow=never",
  "protocol.https.allow=always",
  "protocol.http.allow=always",
  "transfer.fsckObjects=true",
  // Old mistakes in the form of dates and modes, which many honest histories carry.
  "fetch.fsck.zeroPaddedFilemode=ignore",
  "fetch.fsck.badTimezone=ignore",
  "fetch.fsck.missingSpaceBeforeDate=ignore",
  "transfer.unpackLimit=1",
  "fetch.recurseSubmodules=false",
  "submodule.recurse=false",
  "gc.auto=0",
  "maintenance.auto=false",
  "pack.threads=1",
  "core.packedRefsTimeout=5000",
  "core.filesRefLockTimeout=5000",
];

/**
 * Runs git on a mirror with an empty home, no configuration but ours, no hooks, no prompts, no helpers, no other
 * protocols, and limits on time, output and file size. Works for root and for an ordinary user.
 */
export class GitJail {
  readonly #home: string;

  constructor(mirrorsDir: string) {
    this.#home = path.join(path.resolve(mirrorsDir), "empty-home");
    mkdirSync(this.#home, { recursive: true });
  }

  run(gitDir: string, args: readonly string[], options: JailOptions = {}): Promise<JailResult> {
    const config = [...settings, `safe.directory=${gitDir}`, ...(options.config ?? [])].flatMap((one) => ["-c", one]);
    const git = ["git", "--git-dir", gitDir, "--no-replace-objects", ...config, ...args];
    // Only the shell can set a limit on file size; 512 bytes are its unit.
    const blocks = options.maxFileBytes === undefined ? null : String(Math.ceil(options.maxFileBytes / 512));
    const limited = ["sh", "-c", 'ulimit -f "$1" && shift && exec "$@"', "sh", blocks ?? "", ...git];
    const [program = "git", ...programArgs] = blocks === null ? git : limited;
    const child = spawn(program, programArgs, {
      cwd: this.#home,
      detached: true,
      env: {
        PATH: process.env["PATH"] ?? "/usr/bin:/bin",
        HOME: this.#home,
        XDG_CONFIG_HOME: this.#home,
        LC_ALL: "C",
        TZ: "UTC",
        GIT_CONFIG_NOSYSTEM: "1",
        GIT_CONFIG_GLOBAL: "/dev/null",
        GIT_ATTR_NOSYSTEM: "1",
        GIT_TERMINAL_PROMPT: "0",
        GIT_ALLOW_PROTOCOL: "http:https",
        GIT_OPTIONAL_LOCKS: "0",
        GIT_LFS_SKIP_SMUDGE: "1",
        GIT_NO_LAZY_FETCH: "1",
        ...(options.alternates?.length ? { GIT_ALTERNATE_OBJECT_DIRECTORIES: options.alternates.join(":") } : {}),
      },
      stdio: ["pipe", "pipe", "pipe"],
    });
    let stopped: JailResult["stopped"] = null;
    let enough = false;
    const kill = () => {
      // The whole group: git's helpers must not outlive it.
      try {
        if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      } catch {
        child.kill("SIGKILL");
      }
    };
    const timer = setTimeout(() => {
      stopped = "timeout";
      kill();
    }, options.timeoutMs ?? 60_000);

    const chunks: Buffer[] = [];
    let size = 0;
    let rest = "";
    child.stdout.on("data", (chunk: Buffer) => {
      if (enough || stopped) return;
      if (!options.onLine) {
        size += chunk.length;
        chunks.push(chunk);
        if (size <= (options.maxBytes ?? 50_000_000)) return;
        stopped = "too_large";
        return kill();
      }
      const lines = (rest + chunk.toString("utf8")).split("\n");
      rest = lines.pop() ?? "";
      enough = lines.some((line) => options.onLine?.(line) === false);
      if (enough) kill();
    });
    let stderr = "";
    child.stderr.on("data", (chunk: Buffer) => {
      if (stderr.length < 20_000) stderr += chunk.toString("utf8");
    });
    child.stdin.on("error", () => {});
    child.stdin.end(options.input ?? "");
    return new Promise((resolve, reject) => {
      child.on("error", (error) => {
        clearTimeout(timer);
        reject(error);
      });
      child.on("close", (code) => {
        clearTimeout(timer);
        if (rest && !enough && options.onLine) options.onLine(rest);
        resolve({ code: enough ? 0 : code, stdout: Buffer.concat(chunks), stderr, stopped });
      });
    });
  }
}
