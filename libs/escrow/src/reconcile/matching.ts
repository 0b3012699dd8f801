import { type Currency, formatMoney, MINUTE_MS, usd } from "@freehold/values";
import { type Database, now, type Tx } from "@freehold/database";
import { completeTask, raiseTask } from "../tasks.ts";

/** Story time a movement may wait for our own booking of what caused it. */
const GRACE_MS = 15 * MINUTE_MS;

/** Tasks raised or closed by one call; after a long absence the next calls do the rest. */
const TASKS_AT_ONCE = 500;

export const movementTask = (movementId: string) => `movement_unknown:${movementId}`;

export interface OpenMovement {
  id: string;
  type: string;
  netMinor: bigint;
  currency: string;
  sourceId: string;
  description: string | null;
  occurredAt: Date;
  state: "waiting" | "break";
  /** What the processor says of all movements of the same source, and what the ledger says of that object. */
  theirs: bigint;
  ours: bigint | null;
}

/**
 * Movements that are neither matched nor classified, with both sides' sums of their source. One rule for all of them: the
 * sum of what moved because of an object is the sum of what the ledger posted on psp_clearing about it.
 */
export const openMovements = (from: Pick<Tx, "$queryRaw">): Promise<OpenMovement[]> =>
  from.$queryRaw<OpenMovement[]>`
    WITH source AS (
      SELECT DISTINCT source_id, currency FROM movement WHERE state IN ('waiting', 'break')),
    sums AS (
      SELECT s.source_id, s.currency,
        (SELECT sum(m.net_minor) FROM movement m WHERE m.source_id = s.source_id AND m.currency = s.currency)::bigint AS theirs,
        (SELECT sum(e.amount_minor) FROM ledger_transaction t
          JOIN ledger_entry e ON e.transaction_id = t.id AND e.currency = s.currency
          JOIN ledger_account a ON a.id = e.account_id AND a.purpose = 'psp_clearing'
          WHERE t.object_id = s.source_id)::bigint AS ours
      FROM source s)
    SELECT m.id, m.type, m.net_minor AS "netMinor", m.currency, m.source_id AS "sourceId", m.description,
      m.occurred_at AS "occurredAt", m.state, sums.theirs, sums.ours
    FROM movement m JOIN sums ON sums.source_id = m.source_id AND sums.currency = m.currency
    WHERE m.state IN ('waiting', 'break') ORDER BY m.occurred_at, m.id`;

/**
 * Settles open movements with the ledger: what agrees is matched (and its task, if it had one, closed); what the ledger does
 * not know after a short grace becomes a break with a task. Nothing is booked here.
 * @returns how many were matched
 */
export async function matchMovements(database: Database): Promise<number> {
  return database.transact(async (tx) => {
    const at = await now(tx);
    const open = await openMovements(tx);
    const agree = open.filter((movement) => movement.ours === movement.theirs);
    const cleared = agree.filter(({ state }) => state === "break").slice(0, TASKS_AT_ONCE);
    const matched = [...agree.filter(({ state }) => state === "waiting"), ...cleared];
    const count = await tx.$executeRaw`
      UPDATE movement SET state = 'matched' WHERE id = ANY(${matched.map(({ id }) => id)}::text[]) AND state IN ('waiting', 'break')`;
    for (const { id } of cleared)
      await completeTask(tx, movementTask(id), "The ledger knows it now: both sides agree.");
    const strange = open
      .filter(
        (movement) =>
          movement.ours !== movement.theirs &&
          movement.state === "waiting" &&
          at.getTime() - movement.occurredAt.getTime() >= GRACE_MS,
      )
      .slice(0, TASKS_AT_ONCE);
    await tx.$executeRaw`
      UPDATE movement SET state = 'break' WHERE id = ANY(${strange.map(({ id }) => id)}::text[]) AND state = 'waiting'`;
    for (const movement of strange)
      await raiseTask(tx, {
        key: movementTask(movement.id),
        kind: "movement_unknown",
        cause: sentenceOf(movement),
        nextStep: "Look it up at the processor, then classify it: say which account it belongs to.",
        ...(movement.currency === "USD" ? { amount: { minor: movement.netMinor, currency: "USD" as Currency } } : {}),
      });
    return count;
  });
}

const say = (minor: bigint, currency: string): string =>
  currency === "USD" ? formatMoney(usd(minor), { cents: true }) : `${minor} ${currency}`;

/** What a person reads about a movement that does not agree. */
export function sentenceOf(movement: OpenMovement): string {
  const { currency } = movement;
  const what = `The processor moved ${say(movement.netMinor, currency)} (${movement.type}${movement.description === null ? "" : `, “${movement.description}”`}, ${movement.id})`;
  if (movement.ours === null) return `${what}, and our ledger knows nothing of it.`;
  return `${what}: of ${movement.sourceId} it says ${say(movement.theirs, currency)}, our ledger ${say(movement.ours, currency)}.`;
}
