import { execFile, spawn } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { isAlive } from "../world/occupancy.ts";
import type { Account } from "./account.ts";
import type { Binaries } from "./binaries.ts";
import { roles } from "./passwords.ts";

const run = promisify(execFile);

const initialSettings = ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--data-checksums"];

/** One PostgreSQL data folder and the programs that start and stop a server on it. */
export class Cluster {
  readonly #folder: string;
  readonly #binaries: Binaries;
  readonly #account: Account | undefined;

  constructor(folder: string, binaries: Binaries, account: Account | undefined) {
    this.#folder = folder;
    this.#binaries = binaries;
    this.#account = account;
  }

  get #data(): string {
    return path.join(this.#folder, "data");
  }

  get #log(): string {
    return path.join(this.#folder, "postgres.log");
  }

  /** Makes the data folder if there is none. A process killed half way leaves a draft behind, never half a cluster. */
  async initialise(superuserPassword: string): Promise<void> {
    if (existsSync(path.join(this.#data, "PG_VERSION"))) return;
    const draft = path.join(this.#folder, "draft");
    const passwordFile = path.join(this.#folder, "initial-password");
    rmSync(draft, { recursive: true, force: true });
    rmSync(passwordFile, { force: true });
    writeFileSync(passwordFile, `${superuserPassword}\n`, { mode: 0o600 });
    this.#hand(passwordFile);
    try {
      await run(
        this.#binaries.initdb,
        ["-D", draft, "-U", roles.superuser, `--pwfile=${passwordFile}`, ...initialSettings],
        this.#as(),
      );
      renameSync(draft, this.#data);
    } finally {
      rmSync(passwordFile, { force: true });
    }
  }

  /** The folder belongs to the account that the server runs as, and its parents let that account through. */
  prepareFolder(): void {
    mkdirSync(this.#folder, { recursive: true });
    chmodSync(this.#folder, 0o700);
    this.#hand(this.#folder);
  }

  /**
   * The port of the server that runs on this folder already, or undefined.
   * Waits for one that is just starting, and clears away the mark of one that was killed and whose process id is now another program's.
   */
  async runningPort(): Promise<number | undefined> {
    for (let waited = 0; waited < 300; waited++) {
      const mark = this.#mark();
      if (mark === undefined || !isAlive(mark.pid)) return undefined;
      if (!isPostgres(mark.pid)) {
        rmSync(path.join(this.#data, "postmaster.pid"), { force: true });
        return undefined;
      }
      if (mark.status === "ready") return mark.port;
      await delay(200);
    }
    throw new Error(`The PostgreSQL server on ${this.#data} neither starts nor ends. See ${this.#log}`);
  }

  /** Starts the server as a daemon of its own: it outlives whoever started it, however that one ends. */
  async start(port: number, settings: Record<string, string>): Promise<void> {
    const options = {
      listen_addresses: "127.0.0.1",
      unix_socket_directories: "''",
      max_connections: "200",
      ...settings,
    };
    const flags = Object.entries(options).map(([name, value]) => `-c ${name}=${value}`);
    const args = [
      "-D",
      this.#data,
      "-w",
      "-t",
      "60",
      "-l",
      this.#log,
      "-o",
      [`-p ${port}`, ...flags].join(" "),
      "start",
    ];
    for (let attempt = 1; ; attempt++) {
      try {
        await runQuietly(this.#binaries.pg_ctl, args, this.#as());
        return;
      } catch (error) {
        // After a SIGKILL of the server its last children need a moment to notice and let go of the shared memory.
        if (attempt === 5) throw new Error(`PostgreSQL did not start: ${this.#lastWords()}`, { cause: error });
        await delay(500);
      }
    }
  }

  /** Ends the server; its clients are disconnected, nothing that was committed is lost. */
  async stop(): Promise<void> {
    const mark = this.#mark();
    if (mark === undefined || !isAlive(mark.pid)) return;
    await run(this.#binaries.pg_ctl, ["-D", this.#data, "-w", "-t", "60", "-m", "fast", "stop"], this.#as());
  }

  #mark(): { pid: number; port: number; status: string } | undefined {
    try {
      const lines = readFileSync(path.join(this.#data, "postmaster.pid"), "utf8").split("\n");
      return { pid: Number(lines[0]), port: Number(lines[3]), status: lines[7]?.trim() ?? "" };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }

  #lastWords(): string {
    const log = existsSync(this.#log)
      ? readFileSync(this.#log, "utf8").trimEnd().split("\n").slice(-3).join(" | ")
      : "";
    return `${log} (whole log: ${this.#log})`;
  }

  #hand(file: string): void {
    if (this.#account) chownSync(file, this.#account.uid, this.#account.gid);
  }

  #as() {
    const identity = this.#account ? { uid: this.#account.uid, gid: this.#account.gid } : {};
    return {
      ...identity,
      cwd: "/",
      env: { PATH: process.env["PATH"] ?? "", LC_ALL: "C", LC_MESSAGES: "C", HOME: "/tmp" },
    };
  }
}

/** A daemon keeps the pipes of `execFile` open, so that it would never be seen to end: these outputs go nowhere. */
async function runQuietly(program: string, args: string[], options: object): Promise<void> {
  const child = spawn(program, args, { ...options, stdio: "ignore" });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", resolve);
  });
  if (code !== 0) throw new Error(`${path.basename(program)} ended with ${code}`);
}

/** Whether a live process is a PostgreSQL server, where the system lets us look; else it is taken for one. */
function isPostgres(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("postgres");
  } catch {
    return true;
  }
}
