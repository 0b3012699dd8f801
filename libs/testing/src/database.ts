import { randomBytes } from "node:crypto";
import { Database } from "@freehold/database";
import pg from "pg";
import { TEMPLATE } from "./global-setup.ts";

const NOT_ALLOWED = "42501";
const IN_USE = "55006";

export interface TestDatabase {
  /** As `freehold_app`: what the product runs as. */
  database: Database;
  appUrl: string;
  ownerUrl: string;
  /** Winds story time forward, such as "14 days". */
  wind(interval: string): Promise<void>;
  /** Runs SQL as the owner: for looking behind what the product may see, never for the product's own work. */
  asOwner<Row extends pg.QueryResultRow = pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<Row[]>;
  /** Books own funds, so that pledges are taken, where there is no processor to top up. USD minor units. */
  addOwnFunds(minor: bigint): Promise<void>;
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
    async addOwnFunds(minor) {
      const leg = (purpose: string, amount: bigint) => ({
        purpose,
        ownerType: "platform",
        ownerId: null,
        amount: amount.toString(),
        currency: "USD",
      });
      await pool.query(
        "SELECT ledger_post(gen_random_uuid(), 'own_funds:' || gen_random_uuid(), 'own_funds_added', clock_now(), NULL, NULL, $1, '{}')",
        [JSON.stringify([leg("psp_clearing", minor), leg("own_funds", -minor)])],
      );
    },
    async close() {
      await database.$disconnect();
      await pool.end();
      await drop(owner("postgres"), name);
    },
  };
}

/** A connection that is just ending belongs to another role, which the owner may not end: it is waited for. */
async function drop(url: string, name: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await once(url, `DROP DATABASE ${name} WITH (FORCE)`);
    } catch (error) {
      const { code } = error as { code?: string };
      if ((code !== NOT_ALLOWED && code !== IN_USE) || attempt >= 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
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
