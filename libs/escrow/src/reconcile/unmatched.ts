import { formatMoney, usd } from "@freehold/values";
import type { Database } from "@freehold/database";
import { completeTask, raiseTask } from "../tasks.ts";

/** Entries gone through in one step, so that no question takes long however old the books are. */
const STEP = 20_000;

interface Difference {
  objectId: string | null;
  transactionId: string;
  event: string;
  ours: bigint;
  theirs: bigint | null;
}

const taskKey = ({ objectId, transactionId, ours }: Difference) =>
  `ledger_unmatched:${objectId ?? transactionId}:${ours}`;

/**
 * The other direction: every posting on psp_clearing older than an hour must have moved as much at the processor, by the
 * movements of the same object. What differs is a finding with a task, until it agrees. Objects of which a movement is
 * still open are left to `matchMovements`.
 */
export async function unmatchedPostings(database: Database): Promise<{ id: string; sentence: string }[]> {
  const found = new Map<string, Difference>();
  for (let from: bigint | null = 0n; from !== null;) {
    const [end]: { id: bigint | null }[] = await database.$queryRaw`
      SELECT max(id) AS id FROM (
        SELECT e.id FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id AND a.purpose = 'psp_clearing'
        WHERE e.id > ${from}::bigint ORDER BY e.id LIMIT ${STEP}) AS step`;
    const to: bigint | null = end?.id ?? null;
    if (to !== null) for (const one of await differences(database, from, to)) found.set(taskKey(one), one);
    from = to;
  }
  await keepTasks(database, found);
  return [...found.values()].map((one) => ({ id: one.objectId ?? one.transactionId, sentence: sentenceOf(one) }));
}

const differences = (database: Database, from: bigint, to: bigint): Promise<Difference[]> =>
  database.$queryRaw<Difference[]>`
    WITH posted AS (
      SELECT t.object_id, CASE WHEN t.object_id IS NULL THEN t.id END AS alone, min(t.id::text) AS id, min(t.event) AS event
      FROM ledger_entry e
      JOIN ledger_account a ON a.id = e.account_id AND a.purpose = 'psp_clearing'
      JOIN ledger_transaction t ON t.id = e.transaction_id
      WHERE e.id > ${from}::bigint AND e.id <= ${to}::bigint
      GROUP BY t.object_id, alone),
    both_sides AS (
      SELECT p.*, o.sum AS ours, o.latest, m.sum AS theirs, COALESCE(m.open, false) AS open
      FROM posted p
      CROSS JOIN LATERAL (
        SELECT sum(e.amount_minor)::bigint AS sum, max(t.recorded_at) AS latest
        FROM ledger_transaction t
        JOIN ledger_entry e ON e.transaction_id = t.id
        JOIN ledger_account a ON a.id = e.account_id AND a.purpose = 'psp_clearing'
        WHERE t.object_id = p.object_id OR t.id = p.alone) o
      CROSS JOIN LATERAL (
        SELECT sum(net_minor)::bigint AS sum, bool_or(state IN ('waiting', 'break')) AS open
        FROM movement WHERE source_id = p.object_id) m)
    SELECT object_id AS "objectId", id AS "transactionId", event, ours, theirs FROM both_sides
    WHERE NOT open AND ours <> COALESCE(theirs, 0) AND latest < clock_now() - interval '1 hour'`;

/** A task for each finding, and none for what has come right. */
async function keepTasks(database: Database, found: ReadonlyMap<string, Difference>): Promise<void> {
  await database.transact(async (tx) => {
    const open = await tx.operatorTask.findMany({
      where: { kind: "ledger_unmatched", doneAt: null },
      select: { key: true },
    });
    for (const { key } of open)
      if (!found.has(key)) await completeTask(tx, key, "The processor's account and the ledger agree now.");
    for (const [key, one] of found)
      await raiseTask(tx, {
        key,
        kind: "ledger_unmatched",
        cause: sentenceOf(one),
        nextStep:
          "Look the object up at the processor; correct what the ledger says by a new posting, never by a change.",
        amount: usd(one.ours - (one.theirs ?? 0n)),
      });
  });
}

function sentenceOf({ objectId, transactionId, event, ours, theirs }: Difference): string {
  const say = (minor: bigint) => formatMoney(usd(minor), { cents: true });
  if (objectId === null)
    return `Our ledger says that ${say(ours)} moved at the processor (${event}, ${transactionId}), but not by which object.`;
  return theirs === null
    ? `Our ledger says that ${say(ours)} moved at the processor by ${objectId} (${event}); the processor shows no such movement.`
    : `Of ${objectId} our ledger says ${say(ours)} (${event}), the processor ${say(theirs)}.`;
}
