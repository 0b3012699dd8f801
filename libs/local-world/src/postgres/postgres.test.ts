import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { scratchFolder } from "../scratch-folder.ts";
import { type Postgres, startPostgres } from "./index.ts";

const folder = scratchFolder();
const dataDir = path.join(folder.path, "postgres");
let postgres: Postgres;

async function ask<T extends pg.QueryResultRow>(url: string, sql: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<T>(sql)).rows;
  } finally {
    await client.end();
  }
}

beforeAll(async () => {
  postgres = await startPostgres({ dataDir, databases: ["story"] });
});

afterAll(async () => {
  await postgres.stop();
  folder.remove();
});

test("a PostgreSQL 18 answers on 127.0.0.1 alone, and only to those who know a password", async () => {
  const [server] = await ask<{ version: string; addresses: string; sockets: string }>(
    postgres.superuserUrl("story"),
    `SELECT current_setting('server_version') AS version, current_setting('listen_addresses') AS addresses,
            current_setting('unix_socket_directories') AS sockets`,
  );
  expect(server).toMatchObject({ version: expect.stringMatching(/^18\./), addresses: "127.0.0.1", sockets: "" });
  const stranger = postgres.appUrl("story").replace(/:[^:@]+@/, ":guessed@");
  await expect(ask(stranger, "SELECT 1")).rejects.toThrow(/password authentication failed/);
  expect(statSync(path.join(dataDir, "passwords.json")).mode & 0o777).toBe(0o600);
});

test("the owner makes tables and databases; the app only does what it was granted", async () => {
  await ask(postgres.ownerUrl("story"), "CREATE TABLE kept (text text); GRANT SELECT ON kept TO freehold_app");
  await expect(ask(postgres.appUrl("story"), "SELECT * FROM kept")).resolves.toEqual([]);
  await expect(ask(postgres.appUrl("story"), "INSERT INTO kept VALUES ('x')")).rejects.toThrow(/permission denied/);
  await expect(ask(postgres.appUrl("story"), "CREATE TABLE mine (a int)")).rejects.toThrow(/permission denied/);
  await expect(ask(postgres.appUrl("story"), "CREATE DATABASE mine")).rejects.toThrow(/permission denied/);
  await ask(postgres.ownerUrl("story"), "CREATE DATABASE shadow");
  await postgres.dropDatabase("shadow");
});

test("a database is copied from a template, with its tables and rights, and dropped while somebody uses it", async () => {
  await ask(postgres.ownerUrl("story"), "CREATE TABLE copied (a int); GRANT INSERT ON copied TO freehold_app");
  await postgres.createDatabase("copy", { template: "story" });
  const guest = new pg.Client({ connectionString: postgres.appUrl("copy") });
  guest.on("error", () => undefined);
  await guest.connect();
  await guest.query("INSERT INTO copied VALUES (1)");
  await postgres.dropDatabase("copy");
  await expect(ask(postgres.appUrl("copy"), "SELECT 1")).rejects.toThrow(/does not exist/);
});

test("a second start finds the running server instead of starting another", async () => {
  const second = await startPostgres({ dataDir, databases: ["story", "another"] });
  expect(second).toMatchObject({ attached: true, port: postgres.port });
  await expect(ask(second.ownerUrl("another"), "SELECT 1 AS one")).resolves.toEqual([{ one: 1 }]);
});

test("what was committed before a SIGKILL of the server is there after the next start, on the same port", async () => {
  await ask(postgres.ownerUrl("story"), "CREATE TABLE survivor AS SELECT 'still here' AS text");
  process.kill(
    Number(readFileSync(path.join(dataDir, "cluster/data/postmaster.pid"), "utf8").split("\n")[0]),
    "SIGKILL",
  );
  await expect.poll(() => postgres.isRunning()).toBe(false);
  const { port } = postgres;
  postgres = await startPostgres({ dataDir, databases: ["story"] });
  expect(postgres).toMatchObject({ attached: false, port });
  await expect(ask(postgres.ownerUrl("story"), "SELECT text FROM survivor")).resolves.toEqual([{ text: "still here" }]);
});
