import { newId } from "@freehold/values";
import type { Tx } from "@freehold/database";

/** Every kind of deadline. A row says when; the sweep of the worker finds what is due; the room's verb re-checks everything. */
export const deadlineKinds = [
  "reservation_lapses",
  "preview_closes",
  "decision_due",
  "release_due",
  "release_total",
  "window_ends",
  "case_admission",
  "ruling_takes_effect",
  "decide_by",
] as const;
export type DeadlineKind = (typeof deadlineKinds)[number];

/** Sets or moves the one deadline of a kind for a subject. UTC, story time. */
export async function setDeadline(tx: Tx, kind: DeadlineKind, subjectId: string, dueAt: Date): Promise<void> {
  await tx.deadline.upsert({
    where: { kind_subjectId: { kind, subjectId } },
    create: { id: newId(), kind, subjectId, dueAt },
    update: { dueAt, doneAt: null, nextTryAt: new Date() },
  });
}

/** Ends deadlines of a subject: what they wait for can no longer happen. */
export async function endDeadlines(tx: Tx, subjectId: string, kinds: readonly DeadlineKind[], at: Date): Promise<void> {
  await tx.deadline.updateMany({ where: { subjectId, kind: { in: [...kinds] }, doneAt: null }, data: { doneAt: at } });
}

export interface DueDeadline {
  id: string;
  kind: DeadlineKind;
  subjectId: string;
}

/** What is due by story time, oldest first. */
export function dueDeadlines(tx: Tx, limit = 100): Promise<DueDeadline[]> {
  return tx.$queryRaw<DueDeadline[]>`
    SELECT id, kind, subject_id AS "subjectId" FROM deadline
    WHERE done_at IS NULL AND due_at <= clock_now() AND next_try_at <= now() ORDER BY due_at, id LIMIT ${limit}`;
}

/** Takes one deadline in this transaction; false when it is done, moved away, or in another process's hands. */
export async function takeDeadline(tx: Tx, id: string): Promise<boolean> {
  const rows = await tx.$queryRaw<unknown[]>`
    SELECT 1 FROM deadline WHERE id = ${id}::uuid AND done_at IS NULL AND due_at <= clock_now() FOR UPDATE SKIP LOCKED`;
  return rows.length > 0;
}

/**
 * Leases one deadline whose work calls the outside world, so that no other worker does the same meanwhile and a failing
 * one comes again later. Machine time. @returns whether it is ours
 */
export async function leaseDeadline(tx: Tx, id: string, forMs: number): Promise<boolean> {
  const leased = await tx.$executeRaw`
    UPDATE deadline SET next_try_at = now() + ${forMs} * interval '1 millisecond'
    WHERE id = ${id}::uuid AND done_at IS NULL AND due_at <= clock_now() AND next_try_at <= now()`;
  return leased > 0;
}

/** Marks a deadline as kept. */
export async function keepDeadline(tx: Tx, id: string): Promise<void> {
  await tx.$executeRaw`UPDATE deadline SET done_at = clock_now() WHERE id = ${id}::uuid`;
}
