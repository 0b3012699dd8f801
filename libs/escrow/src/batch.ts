import { DAY_MS } from "@freehold/values";
import { type Database, now, type Tx } from "@freehold/database";
import { lockFree } from "./hold.ts";
import { planReturns, type RefundKind } from "./refund.ts";
import { authorisePayouts, type PayeeShare } from "./settle.ts";

/** How many payments one transaction brings under way: short locks, bounded memory, and a crash costs one portion. */
const PORTION = 200;
/** A stopped pledge waits for its answer until then, and goes back. No pledge is held 75 days (DESIGN 4). */
export const HELD_AT_MOST_MS = 71 * DAY_MS;

export type Decision =
  | { kind: "settle"; lines: readonly PayeeShare[]; returned: readonly string[] }
  | { kind: "refund"; refundKind: RefundKind };

/**
 * Writes down, once and for all, what a development's held money is to become. The items follow from it: now, and whenever
 * more of it is held (a charge seen late, a chargeback won, a stop that is lifted). Decided again, the first one stands.
 */
export async function decideBatch(tx: Tx, developmentId: string, decision: Decision, reason: string): Promise<void> {
  await tx.batch.createMany({
    data: [
      {
        developmentId,
        kind: decision.kind,
        reason,
        decidedAt: await now(tx),
        ...(decision.kind === "settle"
          ? { lines: decision.lines as unknown as object, returned: [...decision.returned] }
          : { refundKind: decision.refundKind }),
      },
    ],
    skipDuplicates: true,
  });
}

/** Brings the next portion of a decided development under way. @returns how many payments it was */
export async function continueBatch(tx: Tx, developmentId: string): Promise<number> {
  const batch = await tx.batch.findUnique({ where: { developmentId } });
  if (batch === null) return 0;
  const at = await now(tx);
  const tooOld = new Date(at.getTime() - HELD_AT_MOST_MS);
  // What the bank questions is not paid out; it may always go back, and does when its time has come.
  const payments = await lockFree(
    tx,
    `id IN (SELECT id FROM payment WHERE development_id = $1::uuid AND kind = 'pledge' AND state = 'held'
       AND (NOT locked OR $2 OR id = ANY($4::uuid[]) OR charged_at <= $3::timestamptz) ORDER BY id LIMIT ${PORTION})`,
    developmentId,
    batch.kind === "refund",
    tooOld,
    batch.returned,
  );
  const held = payments.filter((payment) => payment.state === "held");
  if (batch.kind === "refund") {
    await planReturns(tx, held, batch.refundKind as RefundKind, { reason: batch.reason });
    return held.length;
  }
  const returned = new Set(batch.returned);
  const goesBack = held.filter((payment) => returned.has(payment.id));
  const questioned = held.filter((payment) => !returned.has(payment.id) && payment.locked);
  const goesOut = held.filter((payment) => !returned.has(payment.id) && !payment.locked);
  await planReturns(tx, goesBack, "whole", { reason: "disputed" });
  await planReturns(tx, questioned, "whole", { reason: "questioned_too_long" });
  await authorisePayouts(tx, goesOut, batch.lines as unknown as PayeeShare[]);
  return held.length;
}

/** Brings everything of a decided development under way, portion by portion. Safe to call at any time, by several at once. */
export async function continueBatches(database: Database, developmentId: string): Promise<number> {
  let all = 0;
  for (;;) {
    const done = await database.transact((tx) => continueBatch(tx, developmentId));
    all += done;
    if (done === 0) return all;
  }
}

/** Decided developments of which something is still (or again) held and may move. */
export async function unfinishedBatches(database: Database, limit = 50): Promise<string[]> {
  const rows = await database.$queryRaw<{ id: string }[]>`
    SELECT DISTINCT b.development_id AS id FROM batch b JOIN payment p ON p.development_id = b.development_id
    WHERE p.state = 'held' AND p.kind = 'pledge'
      AND (NOT p.locked OR b.kind = 'refund' OR p.charged_at <= clock_now() - ${HELD_AT_MOST_MS} * interval '1 millisecond')
    LIMIT ${limit}`;
  return rows.map((row) => row.id);
}
