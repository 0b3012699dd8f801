import type { Tx } from "@freehold/database";
import type { Policy } from "../policy.ts";
import { type Seen, standingOf, type Standing } from "./preview-watch.ts";

/** What visitors met from a moment on, oldest first: every failing visit, and each first one that found it up again. */
export function visitsSince(tx: Tx, previewId: string, since: Date): Promise<Seen[]> {
  return tx.$queryRaw<Seen[]>`
    SELECT at, up FROM (
      SELECT id, at, up, lag(up) OVER (ORDER BY at, id) AS before FROM preview_visit
      WHERE preview_id = ${previewId}::uuid AND at >= ${since}) AS visit
    WHERE NOT up OR before IS NOT TRUE ORDER BY at, id`;
}

/** How a preview stands now: while it is open over its whole time, afterwards since it closed. */
export async function standingNow(
  tx: Tx,
  preview: { id: string; openedAt: Date; closedAt: Date | null },
  at: Date,
  policy: Policy,
): Promise<Standing> {
  return standingOf(await visitsSince(tx, preview.id, preview.closedAt ?? preview.openedAt), at, policy);
}
