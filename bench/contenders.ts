import { Database } from "@freehold/database";
import { newId } from "@freehold/values";
import pg from "pg";
import { post, type Posting } from "../libs/escrow/src/ledger/post.ts";
import { charged } from "../libs/escrow/src/ledger/postings.ts";
import { type Pgbench, runPgbench, SESSION_OPTIONS } from "./pgbench.ts";

/** Which holdings the postings of a run go to. */
export interface Situation {
  name: string;
  holdings: number;
}

export interface Run {
  url: string;
  clients: number;
  seconds: number;
  situation: Situation;
}

/** Posts for some seconds as fast as it can. @returns postings a second */
export type Contender = (run: Run) => Promise<number>;

const AMOUNT = 2500n;
const SERVICE_FEE = 110n;

/** The nth holding's owner: the same for every contender. */
const owner = (n: number): string => `00000000-0000-7000-8000-${String(n).padStart(12, "0")}`;

/** A pledge of 25.00 is charged: clearing, holding and service fee, the recipe of the vault. */
function nextPosting(situation: Situation): Posting {
  const developmentId = owner(1 + Math.floor(Math.random() * situation.holdings));
  return {
    key: `charge:${newId()}`,
    event: "charge",
    occurredAt: new Date(),
    developmentId,
    legs: charged({ developmentId, currency: "USD", amount: AMOUNT, serviceFee: SERVICE_FEE }),
  };
}

/** Each client posts one after the other until the time is over; all of what they began counts with the time it took. */
async function count(run: Run, lane: (client: number) => Promise<unknown>): Promise<number> {
  const began = performance.now();
  const until = began + run.seconds * 1000;
  let posted = 0;
  const work = async (_: unknown, client: number) => {
    while (performance.now() < until) {
      await lane(client);
      posted += 1;
    }
  };
  await Promise.all(Array.from({ length: run.clients }, work));
  return (posted * 1000) / (performance.now() - began);
}

async function withDatabase(run: Run, act: (database: Database) => Promise<number>): Promise<number> {
  const database = new Database(run.url, { application: "bench", connections: run.clients });
  try {
    await database.$connect();
    // Connections are made before the clock starts, as pgbench does it too.
    await Promise.all(Array.from({ length: run.clients }, () => database.pool.query("SELECT pg_sleep(0.05)")));
    return await act(database);
  } finally {
    await database.$disconnect();
  }
}

/** The vault's own call: a posting that is a transaction of its own. */
export const vault: Contender = (run) =>
  withDatabase(run, (database) => count(run, () => post(database, nextPosting(run.situation))));

/** The vault's own call as part of a domain transaction, of which it is the only statement. */
export const vaultInTransaction: Contender = (run) =>
  withDatabase(run, (database) => count(run, () => database.transact((tx) => post(tx, nextPosting(run.situation)))));

/** `pg` alone: a connection per client, the same function, the same parameters, a named statement. */
export const rawPg: Contender = async (run) => {
  const given = { connectionString: run.url, options: SESSION_OPTIONS };
  const clients = Array.from({ length: run.clients }, () => new pg.Client(given));
  try {
    for (const client of clients) await client.connect();
    const text = "SELECT ledger_post($1, $2, $3, $4, $5, $6, $7, $8)";
    return await count(run, (client) => {
      const { key, event, occurredAt, developmentId, legs } = nextPosting(run.situation);
      const told = JSON.stringify(legs.map((leg) => ({ ...leg, amount: leg.amount.toString() })));
      const values = [newId(), key, event, occurredAt, null, developmentId, told, "{}"];
      return clients[client]!.query({ name: "raw", text, values });
    });
  } finally {
    await Promise.all(clients.map((client) => client.end()));
  }
};

/** pgbench: C, prepared statements, the same function. Ids and legs are put together by the server, as it cannot itself. */
export const byPgbench =
  (pgbench: Pgbench): Contender =>
  (run) => {
    const development = "('00000000-0000-7000-8000-' || lpad(:n::text, 12, '0'))";
    // A colon and a word would be a variable of pgbench's: hence the space before null.
    const legs = [
      `{"purpose":"psp_clearing","ownerType":"platform","ownerId": null,"amount":"${AMOUNT + SERVICE_FEE}","currency":"USD"}`,
      `{"purpose":"holding","ownerType":"development","ownerId":"' || ${development} || '","amount":"-${AMOUNT}","currency":"USD"}`,
      `{"purpose":"service_fee","ownerType":"platform","ownerId": null,"amount":"-${SERVICE_FEE}","currency":"USD"}`,
    ];
    const script = [
      `\\set n random(1, ${run.situation.holdings})`,
      `SELECT ledger_post(uuidv7(), 'charge:' || uuidv7(), 'charge', now(), NULL, ${development}::uuid, ('[${legs.join(",")}]')::jsonb, '{}');`,
    ];
    return runPgbench(pgbench, run.url, `${script.join("\n")}\n`, run);
  };
