import type Stripe from "stripe";
import { DAY_MS } from "@freehold/values";
import { type Database, now } from "@freehold/database";

/** After so many new ones a call ends; the next goes on from there. */
const MOST_AT_ONCE = 10_000;

/** Bounds of creation at the processor: from inclusive, to exclusive. */
interface Span {
  from: Date | null;
  to: Date | null;
}

/**
 * Reads the processor's account of our balance and keeps each line of it. What is known already is left as it is.
 *
 * The processor lists the newest first. A reading that breaks off must leave no gap behind what it kept, so it goes on from
 * the newest line known less a day, and takes one day after the other, each of them whole. The very first reading takes
 * everything there is.
 * @returns how many were new
 */
export async function readMovements(database: Database, stripe: Stripe, most = MOST_AT_ONCE): Promise<number> {
  const newest = await database.movement.findFirst({ orderBy: { occurredAt: "desc" }, select: { occurredAt: true } });
  const from = newest === null ? null : new Date(newest.occurredAt.getTime() - DAY_MS);
  if (from === null) return readSpan(database, stripe, { from, to: null });
  // Mostly a day holds less than a page, and this is all.
  const first = await page(stripe, { from, to: null });
  if (!first.has_more) return keep(database, first.data);
  const end = (await database.now()).getTime() + DAY_MS;
  let taken = 0;
  for (let at = from.getTime(); at < end && taken < most; at += DAY_MS)
    taken += await readSpan(database, stripe, { from: new Date(at), to: new Date(at + DAY_MS) });
  return taken;
}

/** A span whole or not at all: only then does what was kept reach back without a gap. */
async function readSpan(database: Database, stripe: Stripe, span: Span): Promise<number> {
  const found: Stripe.BalanceTransaction[] = [];
  for (let after: string | undefined; ; after = found.at(-1)!.id) {
    const { data, has_more: more } = await page(stripe, span, after);
    found.push(...data);
    if (!more) return keep(database, found);
  }
}

const seconds = (at: Date): number => Math.floor(at.getTime() / 1000);

function page(stripe: Stripe, { from, to }: Span, after?: string): Promise<Stripe.ApiList<Stripe.BalanceTransaction>> {
  const created = { ...(from === null ? {} : { gte: seconds(from) }), ...(to === null ? {} : { lt: seconds(to) }) };
  return stripe.balanceTransactions.list({
    limit: 100,
    ...(Object.keys(created).length === 0 ? {} : { created }),
    ...(after === undefined ? {} : { starting_after: after }),
  });
}

const ROWS_AT_ONCE = 1000;

async function keep(database: Database, found: readonly Stripe.BalanceTransaction[]): Promise<number> {
  if (found.length === 0) return 0;
  return database.transact(async (tx) => {
    const seenAt = await now(tx);
    let taken = 0;
    for (let at = 0; at < found.length; at += ROWS_AT_ONCE) {
      const rows = found.slice(at, at + ROWS_AT_ONCE).map((line) => rowOf(line, seenAt));
      taken += (await tx.movement.createMany({ data: rows, skipDuplicates: true })).count;
    }
    return taken;
  });
}

const idOf = (source: string | { id: string } | null): string | null =>
  source === null || typeof source === "string" ? source : source.id;

const rowOf = (line: Stripe.BalanceTransaction, seenAt: Date) => ({
  id: line.id,
  type: line.type,
  category: line.reporting_category,
  amountMinor: BigInt(line.amount),
  feeMinor: BigInt(line.fee),
  netMinor: BigInt(line.net),
  currency: line.currency.toUpperCase(),
  // What comes from nothing is its own source: one rule matches them all.
  sourceId: idOf(line.source) ?? line.id,
  description: line.description,
  occurredAt: new Date(line.created * 1000),
  availableAt: new Date(line.available_on * 1000),
  seenAt,
});
