import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync } from "node:fs";
import { constants } from "node:os";
import path from "node:path";
import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import type { Fault } from "../evidence.ts";
import { programsIn } from "./jail-programs.ts";
import { environment, settings } from "./jail-settings.ts";

export interface JailOptions {
  input?: string;
  timeoutMs?: number;
  /** Largest output kept, in bytes; more is an error. */
  maxBytes?: number;
  /** Called for each line instead of keeping the output; false stops git, which then counts as a success. */
  onLine?: (line: string) => boolean | void;
  /** Largest file git may write, in bytes: what an endless pack runs into. */
  maxFileBytes?: number;
  /** Most memory for each of git's processes, in bytes. */
  maxMemoryBytes?: number;
  /** Asked every quarter of a second while git runs; false stops it as too large. */
  stillFits?: () => Promise<boolean>;
  /** Object folders of other mirrors that may be read besides this one's. */
  alternates?: readonly string[];
  config?: readonly string[];
  /** An open file that git keeps open as long as it lives: whoever holds a lock through it holds it so long. */
  holding?: number | undefined;
}

export interface JailResult {
  code: number | null;
  stdout: Buffer;
  stderr: string;
  stopped: "timeout" | "too_large" | null;
}

const standardMemory = 1_500_000_000;
const standardFile = 500_000_000;
const standardTime = 60_000;

/** Only the shell can set these: file size in blocks of 512 bytes, memory in kB, processor time in seconds, no core files. */
const limited = 'ulimit -f "$1"; ulimit -v "$2" 2>/dev/null; ulimit -t "$3"; ulimit -c 0; shift 3; exec "$@"';

/**
 * Runs git on a mirror with an empty home, no configuration but ours, no hooks, no prompts, no helpers, no other
 * protocols, and limits on time, processor time, memory, output and file size. Works for root and for an ordinary user.
 * Should we be killed, a git that reads ends with its pipe or its processor time, one that fetches by a clock of its own.
 */
export class GitJail {
  readonly #home: string;
  readonly #programs: string;
  readonly #maxMemoryBytes: number;

  constructor(mirrorsDir: string, limits: { maxMemoryBytes?: number } = {}) {
    this.#home = path.join(path.resolve(mirrorsDir), "empty-home");
    this.#maxMemoryBytes = limits.maxMemoryBytes ?? standardMemory;
    mkdirSync(this.#home, { recursive: true });
    this.#programs = programsIn(mirrorsDir);
  }

  async run(gitDir: string, args: readonly string[], options: JailOptions = {}): Promise<JailResult> {
    const running = this.#start(gitDir, args, options);
    const chunks: Buffer[] = [];
    let size = 0;
    let rest = "";
    let enough = false;
    const decoder = new StringDecoder("utf8");
    const wantsMore = (chunk: Buffer): boolean => {
      if (options.onLine) {
        const lines = (rest + decoder.write(chunk)).split("\n");
        rest = lines.pop() ?? "";
        return !lines.some((line) => options.onLine?.(line) === false);
      }
      size += chunk.length;
      chunks.push(chunk);
      if (size > (options.maxBytes ?? 50_000_000)) running.stop("too_large");
      return true;
    };
    running.stdout.on("data", (chunk: Buffer) => {
      if (enough || running.stopped()) return;
      enough = !wantsMore(chunk);
      if (enough) running.kill();
    });
    const { code, stderr } = await running.ended;
    rest += decoder.end();
    if (rest && !enough && options.onLine) options.onLine(rest);
    return { code: enough ? 0 : code, stdout: Buffer.concat(chunks), stderr, stopped: running.stopped() };
  }

  /** The output piece by piece, never more of it in memory than is being read. Throws what `failure` makes of a bad end. */
  async *stream(
    gitDir: string,
    args: readonly string[],
    options: Omit<JailOptions, "onLine" | "maxBytes">,
    failure: (result: JailResult) => Error,
  ): AsyncGenerator<Buffer> {
    const running = this.#start(gitDir, args, options);
    try {
      yield* running.stdout as AsyncIterable<Buffer>;
      const { code, stderr } = await running.ended;
      const result = { code, stderr, stdout: Buffer.alloc(0), stopped: running.stopped() };
      if (code !== 0 || result.stopped) throw failure(result);
    } finally {
      running.kill();
      await running.ended.catch(() => {});
    }
  }

  #start(gitDir: string, args: readonly string[], options: JailOptions) {
    const timeoutMs = options.timeoutMs ?? standardTime;
    const memory = options.maxMemoryBytes ?? this.#maxMemoryBytes;
    const config = [...settings, `safe.directory=${gitDir}`, ...(options.config ?? [])].flatMap((one) => ["-c", one]);
    const git = ["git", "--git-dir", gitDir, "--no-replace-objects", ...config, ...args];
    const seconds = Math.ceil(timeoutMs / 1000);
    const limits = [Math.ceil((options.maxFileBytes ?? standardFile) / 512), Math.ceil(memory / 1024), seconds + 5];
    const clock = options.maxFileBytes === undefined ? [] : ["timeout", "-s", "KILL", `${seconds + 10}`];
    const child: ChildProcess = spawn("sh", ["-c", limited, "sh", ...limits.map(String), ...clock, ...git], {
      cwd: this.#home,
      detached: true,
      env: environment({ home: this.#home, programs: this.#programs }, memory, options.alternates ?? []),
      stdio: ["pipe", "pipe", "pipe", ...(options.holding === undefined ? [] : [options.holding])],
    });
    let stopped: JailResult["stopped"] = null;
    const kill = () => {
      // The whole group: git's helpers must not outlive it.
      try {
        if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
          process.kill(-child.pid, "SIGKILL");
      } catch {
        child.kill("SIGKILL");
      }
    };
    const stop = (why: "timeout" | "too_large") => {
      stopped ??= why;
      kill();
    };
    const timer = setTimeout(() => stop("timeout"), timeoutMs);
    const { stillFits } = options;
    const watch = stillFits && setInterval(() => void stillFits().then((fits) => fits || stop("too_large")), 250);

    let stderr = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      if (stderr.length < 20_000) stderr += chunk.toString("utf8");
    });
    child.stdin?.on("error", () => {});
    child.stdin?.end(options.input ?? "");
    const ended = new Promise<{ code: number | null; stderr: string }>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code, signal) => {
        resolve({ code: code ?? (signal === null ? null : 128 + constants.signals[signal]), stderr });
      });
    }).finally(() => {
      clearTimeout(timer);
      clearInterval(watch);
    });
    return { stdout: child.stdout as Readable, ended, kill, stop, stopped: () => stopped };
  }
}

/**
 * Why git failed: out of what it may use, or something of its own. git says nothing when a limit ends it; then only the
 * way it ended tells (137, 139, 152, 153: killed, a fault in memory, processor time, file size).
 */
export function faultOfGit({ code, stderr, stopped }: JailResult): Fault {
  if (stopped) return stopped;
  const ranOut = /out of memory|memory exhausted|over limit|cannot allocate|file too large|unable to create.*thread/i;
  if (ranOut.test(stderr) || /died of signal (6|9|11|24|25)\b/.test(stderr)) return "too_large";
  if (code === 134 || code === 137 || code === 139 || code === 152 || code === 153) return "too_large";
  return /fsck|bad object|corrupt|\binvalid\b|protocol error|bad line length|not valid/i.test(stderr)
    ? "malformed"
    : "server_error";
}
