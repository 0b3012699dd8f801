import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import path from "node:path";
import { type Postgres, startPostgres } from "../libs/local-world/src/postgres/index.ts";
import pg from "pg";
import { migrate } from "../tools/migrate.ts";

/** A migrated database on an embedded PostgreSQL of its own, durable as in production: fsync and synchronous commit are on. */
export interface BenchServer extends AsyncDisposable {
  appUrl: string;
  ownerUrl: string;
  /** One line about the server, as it says of itself. */
  description: string;
  /** As the owner: for proofs and for looking, never for what is measured. */
  asOwner<Row extends pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<Row[]>;
  /** Brings what was written to disk and counts it, so that nobody pays for what went before. */
  settle(): Promise<void>;
}

const DATABASE = "bench";

export async function openServer(): Promise<BenchServer> {
  const dataDir = mkdtempSync(path.join("/var/tmp", "freehold-bench-"));
  // As root the server runs as another user, who has to be let in.
  chmodSync(dataDir, 0o755);
  const postgres = await startPostgres({
    dataDir,
    databases: [DATABASE],
    settings: { fsync: "on", synchronous_commit: "on", full_page_writes: "on" },
  });
  try {
    await migrate(postgres.ownerUrl(DATABASE));
    return await describe(postgres, dataDir);
  } catch (error) {
    await stop(postgres, dataDir);
    throw error;
  }
}

async function describe(postgres: Postgres, dataDir: string): Promise<BenchServer> {
  const owner = new pg.Pool({ connectionString: postgres.ownerUrl(DATABASE), max: 2 });
  const superuser = new pg.Pool({ connectionString: postgres.superuserUrl(DATABASE), max: 1 });
  const { rows } = await superuser.query<{ said: string }>(`
    SELECT 'PostgreSQL ' || current_setting('server_version') || ', fsync ' || current_setting('fsync')
      || ', synchronous_commit ' || current_setting('synchronous_commit') AS said`);
  return {
    appUrl: postgres.appUrl(DATABASE),
    ownerUrl: postgres.ownerUrl(DATABASE),
    description: rows[0]!.said,
    async asOwner<Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []) {
      return (await owner.query<Row>(sql, values)).rows;
    },
    async settle() {
      await superuser.query("VACUUM (ANALYZE)");
      await superuser.query("CHECKPOINT");
    },
    async [Symbol.asyncDispose]() {
      await owner.end();
      await superuser.end();
      await stop(postgres, dataDir);
    },
  };
}

async function stop(postgres: Postgres, dataDir: string): Promise<void> {
  await postgres.stop();
  rmSync(dataDir, { recursive: true, force: true });
}

/** What does not agree in the ledger, from the rows alone; empty when it is proved. */
export async function ledgerFindings(server: BenchServer): Promise<string[]> {
  const [sums] = await server.asOwner<{ off: string; unbalanced: string; empty: string; wrong: string }>(`
    SELECT
      (SELECT COALESCE(sum(amount_minor), 0) FROM ledger_entry)::text AS off,
      (SELECT count(*) FROM (
        SELECT 1 FROM ledger_entry GROUP BY transaction_id, currency HAVING sum(amount_minor) <> 0) AS t)::text AS unbalanced,
      (SELECT count(*) FROM ledger_transaction t
        WHERE NOT EXISTS (SELECT 1 FROM ledger_entry e WHERE e.transaction_id = t.id))::text AS empty,
      (SELECT count(*) FROM ledger_account a
        LEFT JOIN (SELECT account_id, sum(amount_minor) AS entries FROM ledger_entry GROUP BY account_id) AS s ON s.account_id = a.id
        WHERE a.balance <> CASE WHEN a.materialised THEN COALESCE(s.entries, 0) ELSE 0 END)::text AS wrong`);
  const findings: string[] = [];
  if (sums!.off !== "0") findings.push(`all entries together are ${sums!.off}, not 0`);
  if (sums!.unbalanced !== "0") findings.push(`${sums!.unbalanced} transactions do not sum to zero`);
  if (sums!.empty !== "0") findings.push(`${sums!.empty} transactions have no entries`);
  if (sums!.wrong !== "0") findings.push(`${sums!.wrong} balances differ from their entries`);
  return findings;
}
