import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Postgres, startPostgres } from "../libs/local-world/src/postgres/index.ts";
import { scratchFolder } from "../libs/local-world/src/scratch-folder.ts";
import { ensureAppRole, migrate } from "./migrate.ts";
import { run } from "./run.ts";

const folder = scratchFolder();
const settings = { fsync: "off" };
let postgres: Postgres;

beforeAll(async () => {
  postgres = await startPostgres({ dataDir: path.join(folder.path, "postgres"), databases: [], settings });
});

afterAll(async () => {
  await postgres.stop();
  folder.remove();
});

async function database(name: string): Promise<string> {
  await postgres.createDatabase(name);
  return postgres.ownerUrl(name);
}

async function ask(url: string, sql: string) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

function migrations(name: string, scripts: Record<string, string>): string {
  const place = path.join(folder.path, name);
  for (const [migration, sql] of Object.entries(scripts)) {
    mkdirSync(path.join(place, migration), { recursive: true });
    writeFileSync(path.join(place, migration, "migration.sql"), sql);
  }
  return place;
}

const prisma = (url: string, ...args: string[]) =>
  run([process.execPath, "tools/prisma.ts", ...args], { env: { DATABASE_OWNER_URL: url } });

test("our runner and Prisma agree about the same database, and the schema says what the migrations make", async () => {
  const url = await database("ours");
  const { applied } = await migrate(url);
  expect(applied.length).toBeGreaterThan(0);
  const status = await prisma(url, "migrate", "status");
  expect(status.output).toContain("Database schema is up to date");
  const difference = await prisma(
    url,
    "migrate",
    "diff",
    "--from-config-datasource",
    "--to-schema",
    "prisma/schema.prisma",
    "--exit-code",
  );
  expect(difference.output).toContain("No difference detected");
  expect((await prisma(url, "migrate", "deploy")).output).toContain("No pending migrations");
});

test("what Prisma applied, our runner takes as applied", async () => {
  const url = await database("theirs");
  const deployed = await prisma(url, "migrate", "deploy");
  expect(deployed, deployed.output).toMatchObject({ code: 0 });
  expect(await migrate(url)).toEqual({ applied: [], pending: [] });
});

test("several runners at once apply each migration once", async () => {
  const url = await database("crowd");
  const folder = migrations("crowd", { "1_one": "CREATE TABLE one (a int);", "2_two": "CREATE TABLE two (a int);" });
  const runs = await Promise.all([1, 2, 3].map(() => migrate(url, { folder })));
  expect(runs.flatMap(({ applied }) => applied)).toEqual(["1_one", "2_two"]);
});

test("looking changes nothing", async () => {
  const url = await database("looked");
  const folder = migrations("looked", { "1_one": "CREATE TABLE one (a int);" });
  expect(await migrate(url, { folder, check: true })).toEqual({ applied: [], pending: ["1_one"] });
  expect(await ask(url, "SELECT to_regclass('one') AS one, to_regclass('_prisma_migrations') AS rows")).toEqual([
    { one: null, rows: null },
  ]);
});

test("a script that fails leaves nothing of itself behind and stops what comes after, until somebody looks", async () => {
  const url = await database("broken");
  const folder = migrations("broken", { "1_bad": "CREATE TABLE half (a int); SELECT 1/0;", "2_next": "SELECT 1;" });
  await expect(migrate(url, { folder })).rejects.toThrow("Migration 1_bad failed: division by zero");
  expect(await ask(url, "SELECT to_regclass('half') AS half")).toEqual([{ half: null }]);
  await expect(migrate(url, { folder })).rejects.toThrow(/1_bad failed earlier/);
});

test("a migration that was edited after it was applied is refused", async () => {
  const url = await database("edited");
  await migrate(url, { folder: migrations("edited", { "1_one": "SELECT 1;" }) });
  const folder = migrations("edited", { "1_one": "SELECT 2;" });
  await expect(migrate(url, { folder })).rejects.toThrow("Migration 1_one was edited after it was applied");
});

test("a fresh server is given the role that the app runs as", async () => {
  const appUrl = postgres.superuserUrl("postgres").replace(/\/\/[^@]+@/, "//another_app:a%20secret@");
  await ensureAppRole(postgres.superuserUrl("postgres"), appUrl);
  await ensureAppRole(postgres.superuserUrl("postgres"), appUrl);
  expect(await ask(appUrl, "SELECT current_user::text AS me")).toEqual([{ me: "another_app" }]);
});
