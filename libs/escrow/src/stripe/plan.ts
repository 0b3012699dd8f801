import { newId } from "@freehold/values";
import { now, type Tx } from "@freehold/database";
import type { IntentRequest } from "./requests.ts";

/** What we mean to ask of the processor. One intent per purpose, subject and attempt. */
export interface NewIntent {
  request: IntentRequest;
  subjectId: string;
  /** Without the attempt, which is added: a new attempt has a key of its own. */
  key: string;
  developmentId: string | null;
  attempt?: number;
  /** Machine time before which it is not sent. */
  dueAt?: Date;
}

/** Writes down what we mean to do, in the transaction that decides it. @returns the intent's id */
export async function plan(tx: Tx, intent: NewIntent): Promise<string> {
  const [id] = await planAll(tx, [intent]);
  return id!;
}

/** Many at once, in one statement. @returns their ids, in the order given */
export async function planAll(tx: Tx, intents: readonly NewIntent[]): Promise<string[]> {
  if (intents.length === 0) return [];
  const createdAt = await now(tx);
  const rows = intents.map((intent) => ({
    id: newId(),
    purpose: intent.request.purpose,
    subjectId: intent.subjectId,
    developmentId: intent.developmentId,
    attempt: intent.attempt ?? 1,
    key: `${intent.key}_${intent.attempt ?? 1}`,
    request: intent.request.params as object,
    createdAt,
    ...(intent.dueAt === undefined ? {} : { dueAt: intent.dueAt }),
  }));
  await tx.intent.createMany({ data: rows });
  return rows.map((row) => row.id);
}

/** The number of the next attempt at something. */
export async function nextAttempt(tx: Tx, purpose: IntentRequest["purpose"], subjectId: string): Promise<number> {
  const last = await tx.intent.findFirst({
    where: { purpose, subjectId },
    orderBy: { attempt: "desc" },
    select: { attempt: true },
  });
  return (last?.attempt ?? 0) + 1;
}

/**
 * Ends every attempt that was never sent.
 * @returns whether nothing can have happened: no attempt is out, none was carried out
 */
export async function callOff(
  tx: Tx,
  purpose: IntentRequest["purpose"],
  subjectIds: readonly string[],
  why: string,
): Promise<boolean> {
  const rows = await tx.$queryRaw<{ id: string; state: string }[]>`
    SELECT id, state FROM intent WHERE purpose = ${purpose} AND subject_id = ANY(${[...subjectIds]}::uuid[])
    ORDER BY id FOR UPDATE`;
  if (rows.some((row) => row.state !== "PLANNED" && row.state !== "REJECTED")) return false;
  await tx.intent.updateMany({
    where: { id: { in: rows.filter((row) => row.state === "PLANNED").map((row) => row.id) } },
    data: { state: "REJECTED", error: why, settledAt: await now(tx) },
  });
  return true;
}
