import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The time limits that the product's own connections have: everybody's statements are watched over alike. */
export const SESSION_OPTIONS = "-c statement_timeout=20000 -c idle_in_transaction_session_timeout=30000";

/** The program and how it is started: an unpacked one needs its own libraries. */
export interface Pgbench {
  program: string;
  version: string;
  env: Record<string, string>;
  remove(): void;
}

/**
 * pgbench is in PostgreSQL's own package, which the embedded server leaves out. Looked for on PATH and where Debian keeps it; else
 * Debian's package is fetched and unpacked into a folder of its own, which changes nothing on the machine.
 * @returns null when it is not to be had
 */
export async function findPgbench(): Promise<Pgbench | null> {
  for (const program of installed()) {
    const version = await versionOf(program, {});
    if (version !== null) return { program, version, env: {}, remove: () => undefined };
  }
  return unpacked();
}

function installed(): string[] {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian) ? readdirSync(debian).toSorted((a, b) => Number(b) - Number(a)) : [];
  const inPath = (process.env["PATH"] ?? "").split(path.delimiter).filter(Boolean);
  return [...versions.map((version) => path.join(debian, version, "bin")), ...inPath]
    .map((folder) => path.join(folder, "pgbench"))
    .filter((program) => existsSync(program));
}

async function unpacked(): Promise<Pgbench | null> {
  const folder = mkdtempSync(path.join(tmpdir(), "freehold-pgbench-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    await run("apt-get", ["download", "postgresql-15", "libpq5"], { cwd: folder, timeout: 60_000 });
    for (const file of readdirSync(folder).filter((name) => name.endsWith(".deb")))
      await run("dpkg", ["-x", file, "."], { cwd: folder, timeout: 60_000 });
    const program = path.join(folder, "usr/lib/postgresql/15/bin/pgbench");
    const libraries = readdirSync(path.join(folder, "usr/lib"))
      .map((name) => path.join(folder, "usr/lib", name))
      .filter((name) => name.endsWith("-linux-gnu"));
    const env = { LD_LIBRARY_PATH: libraries.join(":") };
    const version = await versionOf(program, env);
    if (version !== null) return { program, version, env, remove };
  } catch {
    // No Debian, no network, or no such package: the caller says that there is none.
  }
  remove();
  return null;
}

async function versionOf(program: string, env: Record<string, string>): Promise<string | null> {
  try {
    return (await run(program, ["--version"], { env: { ...process.env, ...env }, timeout: 10_000 })).stdout.trim();
  } catch {
    return null;
  }
}

/**
 * Runs one script with prepared statements for so many seconds.
 * @returns transactions a second, without the time it took to connect. Refuses when a single transaction failed.
 */
export async function runPgbench(
  pgbench: Pgbench,
  url: string,
  script: string,
  given: { clients: number; seconds: number },
): Promise<number> {
  const folder = mkdtempSync(path.join(tmpdir(), "freehold-pgbench-script-"));
  const file = path.join(folder, "posting.sql");
  writeFileSync(file, script);
  const { hostname, port, pathname, username, password } = new URL(url);
  const args = ["-n", "-M", "prepared", "-c", `${given.clients}`, "-j", "2", "-T", `${given.seconds}`, "-f", file];
  try {
    const { stdout } = await run(
      pgbench.program,
      [...args, "-h", hostname, "-p", port, "-U", decodeURIComponent(username), pathname.slice(1)],
      { env: { ...process.env, ...pgbench.env, PGPASSWORD: decodeURIComponent(password), PGOPTIONS: SESSION_OPTIONS } },
    );
    const failed = /number of failed transactions: (\d+)/.exec(stdout)?.[1] ?? "0";
    const rate = /tps = ([\d.]+)/.exec(stdout)?.[1];
    if (rate === undefined || failed !== "0") throw new Error(`pgbench: ${stdout.trim()}`);
    return Number(rate);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
