import type { Market } from "./market.ts";

/** Up to where each market's messages have been replayed. */
const replayedUntil = new WeakMap<Market, Date>();

/**
 * Works once more on every message of the processor since the last time, latest first, and compares the rows before and
 * after. While messages wait to be worked on for the first time, there is nothing to compare.
 */
export async function replayed(market: Market): Promise<string[]> {
  const [waiting] = await market.asOwner<{ n: string }>("SELECT count(*) AS n FROM inbox_event WHERE state = 'stored'");
  if (waiting!.n !== "0") return [];
  const since = replayedUntil.get(market) ?? new Date(0);
  const events = await market.database.inboxEvent.findMany({
    where: { receivedAt: { gt: since }, state: "applied" },
    orderBy: { receivedAt: "desc" },
    select: { id: true, type: true, receivedAt: true },
  });
  if (events.length === 0) return [];
  const seen = new Set<string>();
  const before = await rowsOf(market);
  for (const event of events) {
    const subject = await market.vault.inbox.subjectOf(event.id);
    if (subject === null || !("paymentId" in subject)) continue;
    // The message only says where to look: the same look twice is one replay.
    const look = `${subject.paymentId} ${event.type.split(".").slice(0, 2).join(".")}`;
    if (seen.has(look)) continue;
    seen.add(look);
    const observed = await market.vault.observe(subject.paymentId, event.type);
    await market.database.transact((tx) => market.vault.apply(tx, observed));
  }
  replayedUntil.set(market, events[0]!.receivedAt);
  const after = await rowsOf(market);
  return before === after ? [] : [`replaying ${seen.size} messages changed something: ${before} became ${after}`];
}

async function rowsOf(market: Market): Promise<string> {
  const [row] = await market.asOwner<{ digest: string }>(`
    SELECT concat_ws(' ',
      (SELECT count(*) FROM ledger_transaction),
      (SELECT md5(string_agg(concat_ws(' ', id, state, held_minor, locked), ',' ORDER BY id)) FROM payment),
      (SELECT md5(string_agg(concat_ws(' ', id, state, absorbed_minor), ',' ORDER BY id)) FROM refund),
      (SELECT md5(string_agg(concat_ws(' ', id, state, reversed_minor), ',' ORDER BY id)) FROM payout),
      (SELECT md5(string_agg(concat_ws(' ', id, state, loss_minor, from_hold_minor), ',' ORDER BY id)) FROM chargeback),
      (SELECT count(*) FROM intent)) AS digest`);
  return row!.digest;
}
