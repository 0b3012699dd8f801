import type { Database } from "@freehold/database";

/** Machine time, milliseconds. */
export interface LeaseTerms {
  /** How long a lease holds without being renewed: after a worker was killed, another one takes over this much later. */
  holdsMs: number;
  renewEveryMs: number;
  /** How soon work that is not done comes again. */
  againMs: number;
}

const terms: LeaseTerms = { holdsMs: 60_000, renewEveryMs: 20_000, againMs: 20_000 };

/**
 * Does the outward work of one due deadline while no other worker does the same: however long the work takes, the lease is
 * renewed as long as this process lives. Who lost the lease (a process that stood still, a deadline that was moved) does
 * not touch it again: the moment until which it was leased says whose it is.
 * @param work answers whether the deadline is kept; when it is not, or when it throws, it comes again soon
 * @returns what the work said; false when the deadline is done, moved away, or another worker's
 */
export async function underLease(
  database: Database,
  id: string,
  work: () => Promise<boolean>,
  { holdsMs, renewEveryMs, againMs }: LeaseTerms = terms,
): Promise<boolean> {
  const [taken] = await database.$queryRaw<{ until: string }[]>`
    UPDATE deadline SET next_try_at = now() + ${holdsMs} * interval '1 millisecond'
    WHERE id = ${id}::uuid AND done_at IS NULL AND due_at <= clock_now() AND next_try_at <= now()
    RETURNING next_try_at::text AS until`;
  if (taken === undefined) return false;
  let { until } = taken;
  const setTo = async (ms: number) => {
    const [held] = await database.$queryRaw<{ until: string }[]>`
      UPDATE deadline SET next_try_at = now() + ${ms} * interval '1 millisecond'
      WHERE id = ${id}::uuid AND done_at IS NULL AND next_try_at = ${until}::timestamptz
      RETURNING next_try_at::text AS until`;
    until = held?.until ?? until;
  };
  // One that could not be renewed is tried again at the next turn: it holds for three of them.
  let renewing: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    renewing = renewing.then(() => setTo(holdsMs)).catch(() => undefined);
  }, renewEveryMs);
  let kept = false;
  try {
    kept = await work();
    return kept;
  } finally {
    clearInterval(timer);
    await renewing;
    // Failing here changes nothing: the lease runs out by itself.
    if (!kept) await setTo(againMs).catch(() => undefined);
  }
}
