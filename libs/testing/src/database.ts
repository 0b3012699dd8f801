import { randomBytes } from "node:crypto";
import { Database } from "@freehold/database";
import pg from "pg";
import { TEMPLATE } from "./global-setup.ts";

export interface TestDatabase {
  /** As `freehold_app`: what the product runs as. */
  database: Database;
  appUrl: string;
  ownerUrl: string;
  /** Winds story time forward, such as "14 days". */
  wind(interval: string): Promise<void>;
  /** Runs SQL as the owner: for looking behind what the product may see, never for the product's own work. */
  asOwner<Row extends pg.QueryResultRow = pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<Row[]>;
  close(): Promise<void>;
}

/** A database of its own for one test file: append-only tables rule out cleaning up in between. */
export async function openTestDatabase(): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString("hex")}`;
  const owner = (database: string) => need("TEST_OWNER_URL").replace("DATABASE", database);
  const appUrl = need("TEST_APP_URL").replace("DATABASE", name);
  await once(owner("postgres"), `CREATE DATABASE ${name} TEMPLATE ${TEMPLATE}`);
  const database = new Database(appUrl, { application: "test" });
  const pool = new pg.Pool({ connectionString: owner(name), max: 2 });
  return {
    database,
    appUrl,
    ownerUrl: owner(name),
    async wind(interval) {
      await pool.query("UPDATE clock_offset SET shift = shift + $1::interval WHERE id = 1", [interval]);
    },
    async asOwner<Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []) {
      return (await pool.query<Row>(sql, values)).rows;
    },
    async close() {
      await database.$disconnect();
      await pool.end();
      await once(owner("postgres"), `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

async function once(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

function need(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is missing: tests run through the root's vitest.config.ts`);
  return value;
}
