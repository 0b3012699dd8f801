import { PrismaPg } from "@prisma/adapter-pg";
import type { Clock } from "@freehold/values";
import pg from "pg";
import { PrismaClient, type Prisma } from "./generated/client.ts";

/** A transaction's handle. What takes one never opens one; what calls the outside world takes none. */
export type Tx = Prisma.TransactionClient;

const SERIALIZATION_FAILURE = "40001";
const DEADLOCK = "40P01";
const ATTEMPTS = 8;

/** The SQLSTATE behind an error, in every form in which Prisma hands it over. */
export function sqlState(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const known = error as {
    code?: string;
    cause?: { originalCode?: string };
    meta?: { driverAdapterError?: { cause?: { originalCode?: string } } };
  };
  if (known.code === "P2034") return SERIALIZATION_FAILURE;
  return known.meta?.driverAdapterError?.cause?.originalCode ?? known.cause?.originalCode;
}

/** Each text is planned once per connection. Bounded: a text with a list of arguments comes in many lengths. */
const NAMED_STATEMENTS = 400;
const names = new Map<string, string>();
/** An empty name means no name: planned anew, as without this. */
function nameOf({ sql }: { sql: string }): string {
  if (!names.has(sql) && names.size < NAMED_STATEMENTS) names.set(sql, `f${names.size}`);
  return names.get(sql) ?? "";
}

/** The one connection pool of a process, and the story's clock. */
export class Database extends PrismaClient implements Clock {
  /** The pool itself, for the few statements that are a whole transaction and have to be quick (the ledger's). */
  readonly pool: pg.Pool;

  /** @param url PostgreSQL address of the role that runs (never the owner) */
  constructor(url: string, options: { connections?: number; application?: string } = {}) {
    const pool = new pg.Pool({
      connectionString: url,
      max: options.connections ?? 10,
      connectionTimeoutMillis: 10_000,
      idleTimeoutMillis: 30_000,
      application_name: options.application ?? "freehold",
      options: "-c statement_timeout=20000 -c idle_in_transaction_session_timeout=30000",
    });
    // A connection that the server ended while it lay idle is replaced by the next; nobody waits for it.
    pool.on("error", () => undefined);
    super({
      adapter: new PrismaPg(pool, { disposeExternalPool: true, statementNameGenerator: nameOf }),
      transactionOptions: { maxWait: 10_000, timeout: 30_000 },
    });
    this.pool = pool;
  }

  /**
   * One request or job, one transaction. It ends with every deferred rule checked, and is run again when PostgreSQL
   * asks for it (serialization failure, deadlock). Nothing outside the database may be called inside.
   */
  async transact<Result>(work: (tx: Tx) => Promise<Result>): Promise<Result> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.$transaction(async (tx) => {
          const result = await work(tx);
          await tx.$executeRaw`SET CONSTRAINTS ALL IMMEDIATE`;
          return result;
        });
      } catch (error) {
        const state = sqlState(error);
        if ((state !== SERIALIZATION_FAILURE && state !== DEADLOCK) || attempt >= ATTEMPTS) throw error;
        await new Promise((resolve) => setTimeout(resolve, 2 ** attempt + Math.random() * 10));
      }
    }
  }

  /** Ends every connection, also when Prisma itself never opened one. */
  override async $disconnect(): Promise<void> {
    await super.$disconnect();
    if (!this.pool.ending) await this.pool.end();
  }

  /** Reads that belong together, all of the same moment: a page never mixes what was with what has just become. */
  snapshot<Result>(read: (tx: Tx) => Promise<Result>): Promise<Result> {
    return this.$transaction(read, { isolationLevel: "RepeatableRead" });
  }

  /** Story time outside a transaction. */
  now(): Promise<Date> {
    return now(this);
  }
}

/** Story time (UTC) of this transaction: the moment it began, plus the local world's offset. */
export async function now(tx: Pick<Tx, "$queryRaw">): Promise<Date> {
  const [row] = await tx.$queryRaw<{ now: Date }[]>`SELECT clock_now() AS now`;
  return row!.now;
}
