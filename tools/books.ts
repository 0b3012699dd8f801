/**
 * `npm run books`: proves the books from the command line. DATABASE_URL says whose; without it, the local world's, whether it runs or not.
 *
 *   node tools/books.ts          what was found, one sentence each, and what is held, owed and ours
 *   node tools/books.ts --json   the same for machines
 *
 * Ends with 0 when the books are proved, 1 on a break, 2 when they cannot be reached or read.
 */
import { existsSync } from "node:fs";
import path from "node:path";
import { Database } from "@freehold/database";
import { proveBooks } from "@freehold/escrow";
import { type Currency, formatMoney } from "@freehold/values";
import { requireNode24 } from "./run.ts";

/** What the ledger says of one currency, minor units. */
interface Standing {
  currency: Currency;
  /** What lies at the payment processor. */
  clearing: bigint;
  held: bigint;
  refunds: bigint;
  payees: bigint;
  donations: bigint;
  withdrawals: bigint;
  /** Everything that is spoken for: the five above. */
  owed: bigint;
  ownFunds: bigint;
}

interface Account {
  address: string;
  /** Stops a server that was started only to look. */
  leave(): Promise<void>;
}

/** The database that is meant: the given one, else the local world's. */
async function findBooks(): Promise<Account> {
  const given = process.env["DATABASE_URL"];
  if (given) return { address: given, leave: async () => undefined };
  // A production install has no local world, nor what it needs.
  const { startPostgres } = await import("../libs/local-world/src/postgres/index.ts");
  const { defaultDataDir } = await import("../libs/local-world/src/world/data-dir.ts");
  const dataDir = path.join(defaultDataDir(), "postgres");
  if (!existsSync(dataDir))
    throw new Error("DATABASE_URL is not set, and there is no local world yet: npm start makes one.");
  const postgres = await startPostgres({ dataDir, databases: ["freehold"] });
  return {
    address: postgres.appUrl("freehold"),
    // Only a server that we started ourselves is ours to stop.
    leave: async () => (postgres.attached ? undefined : postgres.stop()),
  };
}

const standings = (database: Database) => database.$queryRaw<Standing[]>`
  WITH sums AS (
    SELECT a.currency, a.purpose, sum(e.amount_minor) AS debit
    FROM ledger_account a JOIN ledger_entry e ON e.account_id = a.id GROUP BY a.currency, a.purpose),
  by_currency AS (
    SELECT currency,
      COALESCE(sum(debit) FILTER (WHERE purpose = 'psp_clearing'), 0)::bigint AS clearing,
      COALESCE(-sum(debit) FILTER (WHERE purpose = 'holding'), 0)::bigint AS held,
      COALESCE(-sum(debit) FILTER (WHERE purpose IN ('refund_payable', 'refund_owed')), 0)::bigint AS refunds,
      COALESCE(-sum(debit) FILTER (WHERE purpose = 'payee'), 0)::bigint AS payees,
      COALESCE(-sum(debit) FILTER (WHERE purpose = 'donation_payable'), 0)::bigint AS donations,
      COALESCE(-sum(debit) FILTER (WHERE purpose = 'withdrawal_payable'), 0)::bigint AS withdrawals
    FROM sums GROUP BY currency)
  SELECT *, held + refunds + payees + donations + withdrawals AS owed,
    clearing - held - refunds - payees - donations - withdrawals AS "ownFunds"
  FROM by_currency ORDER BY currency`;

function table({ currency, ...sums }: Standing): string[] {
  const rows: [string, bigint][] = [
    ["at the payment processor", sums.clearing],
    ["held", sums.held],
    ["on its way back", sums.refunds],
    ["on its way to payees", sums.payees],
    ["donations on their way", sums.donations],
    ["withdrawals on their way", sums.withdrawals],
    ["owed in all", sums.owed],
    ["own funds", sums.ownFunds],
  ];
  const shown = rows.map(([name, minor]) => [name, formatMoney({ minor, currency }, { cents: true })] as const);
  const width = Math.max(...shown.map(([, sum]) => sum.length));
  return shown.map(([name, sum]) => `  ${name.padEnd(26)}${sum.padStart(width)} ${currency}`);
}

const sentence = (finding: string) => `${finding.charAt(0).toUpperCase()}${finding.slice(1)}.`;

/** @returns the exit code */
async function books(json: boolean): Promise<0 | 1 | 2> {
  let account: Account | undefined;
  let database: Database | undefined;
  try {
    account = await findBooks();
    database = new Database(account.address, { application: "freehold books", connections: 2 });
    const sums = await standings(database);
    const { at, balanced, findings } = await proveBooks(database);
    if (json) {
      const text = (_name: string, value: unknown) => (typeof value === "bigint" ? value.toString() : value);
      console.log(JSON.stringify({ at, balanced, findings, standing: sums }, text, 2));
    } else {
      console.log(
        balanced ? `The books are proved, at ${at.toISOString()}.` : `The books do not hold, at ${at.toISOString()}:`,
      );
      for (const finding of findings) console.log(`  ${sentence(finding)}`);
      if (sums.length === 0) console.log("Nothing has been booked yet.");
      for (const standing of sums) console.log(table(standing).join("\n"));
    }
    return balanced ? 0 : 1;
  } catch (error) {
    console.error(`The books could not be read: ${error instanceof Error ? error.message : String(error)}`);
    return 2;
  } finally {
    await database?.$disconnect();
    await account?.leave();
  }
}

requireNode24();
process.exitCode = await books(process.argv.includes("--json"));
