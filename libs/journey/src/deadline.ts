import { newId } from "@freehold/values";
import { Prisma, type Tx } from "@freehold/database";

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
  /** Whose story it belongs to: a case's deadline has the case as its subject. */
  developmentId: string;
  dueAt: Date;
}

const columns = Prisma.sql`
  d.id, d.kind, d.subject_id AS "subjectId", d.due_at AS "dueAt", COALESCE(c.development_id, d.subject_id) AS "developmentId"
  FROM deadline d LEFT JOIN "case" c ON c.id = d.subject_id
  WHERE d.done_at IS NULL AND d.due_at <= clock_now() AND d.next_try_at <= now()`;

/** What is due by story time among kinds whose work stays in the database, oldest first. */
export function dueInward(tx: Tx, outward: readonly string[], limit = 100): Promise<DueDeadline[]> {
  return tx.$queryRaw<DueDeadline[]>`
    SELECT ${columns} AND d.kind <> ALL(${[...outward]}) ORDER BY d.due_at, d.id LIMIT ${limit}`;
}

/**
 * What is due by story time among kinds whose work calls the outside world. What waited longest for a try comes first, so
 * that those which are tried again and again are not always before the others.
 */
export function dueOutward(tx: Tx, outward: readonly string[], limit = 100): Promise<DueDeadline[]> {
  return tx.$queryRaw<DueDeadline[]>`
    SELECT ${columns} AND d.kind = ANY(${[...outward]}) ORDER BY d.next_try_at, d.due_at, d.id LIMIT ${limit}`;
}

/** Takes one deadline in this transaction; false when it is done, moved away, or in another process's hands. */
export async function takeDeadline(tx: Tx, id: string): Promise<boolean> {
  const rows = await tx.$queryRaw<unknown[]>`
    SELECT 1 FROM deadline WHERE id = ${id}::uuid AND done_at IS NULL AND due_at <= clock_now() FOR UPDATE SKIP LOCKED`;
  return rows.length > 0;
}

/** Marks a deadline as kept. */
export async function keepDeadline(tx: Tx, id: string): Promise<void> {
  await tx.$executeRaw`UPDATE deadline SET done_at = clock_now() WHERE id = ${id}::uuid`;
}
