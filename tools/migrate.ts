/**
 * Applies `prisma/migrations` with `pg` alone: no Prisma, no engine, nothing to download. It writes the same
 * `_prisma_migrations` rows and takes the same lock as `prisma migrate deploy`, so that either may go on where the other stopped.
 *
 *   node tools/migrate.ts           applies what is missing (DATABASE_OWNER_URL, else DATABASE_URL)
 *   node tools/migrate.ts --check   changes nothing; ends with 2 when something is missing
 */
import { createHash, randomUUID } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import path from "node:path";
import pg from "pg";

const migrationsFolder = fileURLToPath(new URL("../prisma/migrations", import.meta.url));

/** The advisory lock that Prisma's own engine takes while it migrates. */
const prismaLock = 72707369;

const migrationsTable = `CREATE TABLE IF NOT EXISTS _prisma_migrations (
  id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL, finished_at TIMESTAMPTZ, migration_name VARCHAR(255) NOT NULL,
  logs TEXT, rolled_back_at TIMESTAMPTZ, started_at TIMESTAMPTZ NOT NULL DEFAULT now(), applied_steps_count INTEGER NOT NULL DEFAULT 0)`;

export interface MigrateOptions {
  /** Where the dated folders are; `prisma/migrations` unless told. */
  folder?: string;
  /** Only look: nothing is applied. */
  check?: boolean;
  log?: (line: string) => void;
}

export interface Migrated {
  /** Names applied by this run. */
  applied: string[];
  /** Names that are missing still (only with `check`). */
  pending: string[];
}

/**
 * Brings one database up to date, each migration in order and each as one script.
 * Refuses when an earlier migration failed half way, when one was edited after it was applied, and passes on the error of one that fails.
 */
export async function migrate(ownerUrl: string, options: MigrateOptions = {}): Promise<Migrated> {
  const folder = options.folder ?? migrationsFolder;
  const onDisk = await readMigrations(folder);
  const client = new pg.Client({
    connectionString: ownerUrl,
    connectionTimeoutMillis: 10_000,
    application_name: "migrate",
  });
  await client.connect();
  try {
    await client.query("SELECT pg_advisory_lock($1)", [prismaLock]);
    const done = await readApplied(client, options.check === true);
    const result: Migrated = { applied: [], pending: [] };
    for (const { name, sql, checksum } of onDisk) {
      const before = done.get(name);
      if (before !== undefined && before !== checksum)
        throw new Error(`Migration ${name} was edited after it was applied.`);
      if (before !== undefined) continue;
      if (options.check) {
        result.pending.push(name);
        continue;
      }
      await applyOne(client, name, sql, checksum);
      options.log?.(`applied ${name}`);
      result.applied.push(name);
    }
    return result;
  } finally {
    await client.end();
  }
}

async function readMigrations(folder: string) {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.toSorted().map(async (name) => {
      const bytes = await readFile(path.join(folder, name, "migration.sql"));
      return { name, sql: bytes.toString("utf8"), checksum: createHash("sha256").update(bytes).digest("hex") };
    }),
  );
}

async function readApplied(client: pg.Client, onlyLook: boolean): Promise<Map<string, string>> {
  if (onlyLook) {
    const { rows } = await client.query("SELECT to_regclass('_prisma_migrations') AS there");
    if (rows[0].there === null) return new Map();
  } else {
    await client.query(migrationsTable);
  }
  const { rows } = await client.query<{ migration_name: string; checksum: string; finished_at: Date | null }>(
    "SELECT migration_name, checksum, finished_at FROM _prisma_migrations WHERE rolled_back_at IS NULL ORDER BY started_at",
  );
  const failed = rows.filter((row) => row.finished_at === null).map((row) => row.migration_name);
  if (failed.length > 0) {
    throw new Error(
      `Migration ${failed.join(", ")} failed earlier. Mend the database, then: npm run prisma -- migrate resolve --rolled-back <name>`,
    );
  }
  return new Map(rows.map((row) => [row.migration_name, row.checksum]));
}

async function applyOne(client: pg.Client, name: string, sql: string, checksum: string): Promise<void> {
  const id = randomUUID();
  await client.query(
    "INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at) VALUES ($1, $2, $3, now())",
    [id, checksum, name],
  );
  try {
    await client.query(sql);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // The script may have left an open, aborted transaction behind.
    await client.query("ROLLBACK").catch(() => undefined);
    await client.query("UPDATE _prisma_migrations SET logs = $2 WHERE id = $1", [id, message]);
    throw new Error(`Migration ${name} failed: ${message}`, { cause: error });
  }
  await client.query("UPDATE _prisma_migrations SET finished_at = now(), applied_steps_count = 1 WHERE id = $1", [id]);
}

/**
 * Makes the role of `appUrl` if the server does not know it yet (a fresh server of one's own; the migrations only grant to it).
 * An existing role keeps its password. Refused by the server when the owner may not create roles.
 */
export async function ensureAppRole(ownerUrl: string, appUrl: string): Promise<void> {
  const { username, password } = new URL(appUrl);
  const role = decodeURIComponent(username);
  if (role === "" || role === decodeURIComponent(new URL(ownerUrl).username)) return;
  const client = new pg.Client({ connectionString: ownerUrl, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    const known = await client.query("SELECT 1 FROM pg_roles WHERE rolname = $1", [role]);
    if (known.rowCount === 0) {
      const secret = client.escapeLiteral(decodeURIComponent(password));
      await client.query(`CREATE ROLE ${client.escapeIdentifier(role)} LOGIN PASSWORD ${secret}`);
    }
  } finally {
    await client.end();
  }
}

async function command(args: string[]): Promise<number> {
  const appUrl = process.env["DATABASE_URL"];
  const ownerUrl = process.env["DATABASE_OWNER_URL"] ?? appUrl;
  if (!ownerUrl) {
    console.error("Set DATABASE_OWNER_URL (or DATABASE_URL) to the database that is to be migrated.");
    return 1;
  }
  const check = args.includes("--check");
  if (appUrl && !check) await ensureAppRole(ownerUrl, appUrl);
  const { applied, pending } = await migrate(ownerUrl, { check, log: console.log });
  for (const name of pending) console.log(`pending ${name}`);
  if (pending.length > 0) return 2;
  if (applied.length === 0) console.log("nothing to apply");
  return 0;
}

if (import.meta.main) {
  try {
    process.exitCode = await command(process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
