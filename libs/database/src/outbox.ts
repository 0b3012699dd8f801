import { jobs, type JobName, type JobPayload } from "@freehold/contract";
import type { Database, Tx } from "./database.ts";

/** Hands work forward to the worker, in the transaction that causes it. The payload holds ids only. */
export async function enqueue<Name extends JobName>(tx: Tx, job: Name, payload: JobPayload<Name>): Promise<void> {
  await tx.outbox.create({ data: { job, payload: jobs[job].parse(payload) } });
}

export interface OutboxRow {
  id: bigint;
  job: string;
  payload: unknown;
}

/**
 * Passes waiting rows on and removes them, oldest first. Rows that another relay holds are left to it. A crash between
 * passing on and removing passes a row on again: its id is the job's id, and every handler bears repetition.
 * @returns how many rows were passed on
 */
export async function relayOutbox(
  database: Database,
  pass: (rows: OutboxRow[]) => Promise<void>,
  batch = 200,
): Promise<number> {
  return database.$transaction(async (tx) => {
    const rows = await tx.$queryRaw<OutboxRow[]>`
      SELECT id, job, payload FROM outbox WHERE available_at <= now()
      ORDER BY available_at, id LIMIT ${batch} FOR UPDATE SKIP LOCKED`;
    if (rows.length === 0) return 0;
    await pass(rows);
    await tx.outbox.deleteMany({ where: { id: { in: rows.map((row) => row.id) } } });
    return rows.length;
  });
}
