import { newId } from "@freehold/values";
import { type Database, sqlState, type Tx } from "@freehold/database";
import type { Leg } from "./postings.ts";

export interface Posting {
  /** Says once and for all what this is: the same key never posts twice, and never something else. */
  key: string;
  event: string;
  /** When it happened in the story (UTC); the database adds when it was recorded. */
  occurredAt: Date;
  paymentId?: string;
  developmentId?: string;
  legs: readonly Leg[];
  /** What caused it: ids only. */
  causation?: Readonly<Record<string, string>>;
}

/** One text for both ways in, so that either is prepared once per connection and nothing differs between them. */
const CALL =
  "SELECT ledger_post($1::uuid, $2, $3, $4::timestamptz, $5::uuid, $6::uuid, $7::jsonb, $8::jsonb)::text AS id";

/** Many postings of one text, each through the same function, one after the other in the order given. */
const CALL_EACH = `
  SELECT count(ledger_post(p.id, p.key, p.event, p.at, p.payment, p.development, p.legs, p.causation)) AS posted
  FROM (SELECT * FROM ROWS FROM (jsonb_to_recordset($1::jsonb) AS (id uuid, key text, event text, at timestamptz,
          payment uuid, development uuid, legs jsonb, causation jsonb)) WITH ORDINALITY ORDER BY ordinality) AS p`;

/** SQLSTATEs after which PostgreSQL wants a transaction to be run again. */
const AGAIN = new Set(["40001", "40P01"]);
const ATTEMPTS = 8;

/**
 * Posts one balanced transaction through the database's own function. Legs of zero are left out.
 * The same key with the same legs is a no-op; with other legs it is an error (a bug, not a refusal).
 *
 * With `Tx` it is part of that transaction and stands or falls with it. With the `Database` it is a transaction of its own:
 * one round trip, committed when the promise resolves, every deferred rule checked, and run again when PostgreSQL asks
 * for it (serialization failure, deadlock).
 */
export async function post(to: Tx | Database, posting: Posting): Promise<void> {
  const values = [
    newId(),
    posting.key,
    posting.event,
    posting.occurredAt.toISOString(),
    posting.paymentId ?? null,
    posting.developmentId ?? null,
    JSON.stringify(legsOf(posting)),
    JSON.stringify(posting.causation ?? {}),
  ];
  // A transaction's handle shows the database's other members as well, its pool among them; only what ends a connection it lacks.
  if ("$disconnect" in to) await alone(() => to.pool.query({ name: "ledger_post", text: CALL, values }));
  else await to.$queryRawUnsafe(CALL, ...values);
}

/**
 * Posts many transactions in one round trip, in the order given, as part of `tx`: what `post` does for each of them.
 * An empty list is a no-op; one that is refused fails them all.
 */
export async function postAll(tx: Tx, postings: readonly Posting[]): Promise<void> {
  if (postings.length === 0) return;
  const rows = postings.map((posting) => ({
    id: newId(),
    key: posting.key,
    event: posting.event,
    at: posting.occurredAt.toISOString(),
    payment: posting.paymentId ?? null,
    development: posting.developmentId ?? null,
    legs: legsOf(posting),
    causation: posting.causation ?? {},
  }));
  await tx.$queryRawUnsafe(CALL_EACH, JSON.stringify(rows));
}

/** What the database keeps a digest of: these members, in this order, sums as texts, nothing of a caller's own. */
function legsOf(posting: Posting) {
  return posting.legs
    .filter((leg) => leg.amount !== 0n)
    .map(({ purpose, ownerType, ownerId, amount, currency }) => ({
      purpose,
      ownerType,
      ownerId,
      amount: amount.toString(),
      currency,
    }));
}

async function alone(statement: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await statement();
      return;
    } catch (error) {
      const state = sqlState(error) ?? (error as { code?: string }).code ?? "";
      if (!AGAIN.has(state) || attempt >= ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, 2 ** attempt + Math.random() * 10));
    }
  }
}
