import type { KeptFile, UptimeView } from "@freehold/contract";
import { now, Prisma, type Tx } from "@freehold/database";
import { after, DAY_MS, HOUR_MS } from "@freehold/values";
import { type Availability, UNSEEN_MS, upShare } from "../preview/preview-watch.ts";

interface PreviewRow {
  id: string;
  openedAt: Date;
  nextVisitAt: Date | null;
}

/** The longest time that a page looks back over; previews and windows together are no longer. */
const LONGEST_MS = 35 * DAY_MS;

/** Up to this age in parts of six hours, after that in days. */
const FINE_UNTIL_MS = 7 * DAY_MS;

export function keptFile(preview: {
  keptSha256: string | null;
  keptBytes: bigint | null;
  keptName: string | null;
}): KeptFile | null {
  const { keptSha256: sha256, keptBytes, keptName } = preview;
  return sha256 === null ? null : { name: keptName ?? "preview", bytes: Number(keptBytes), sha256 };
}

/**
 * How a preview was found since it opened, while it is watched; null afterwards. A visit speaks for the time until the next
 * one. What two visits lie too far apart for was not seen; a failing visit between two that went well was a lost packet.
 */
export async function uptimeOf(tx: Tx, preview: PreviewRow): Promise<UptimeView | null> {
  if (preview.nextVisitAt === null) return null;
  const until = await now(tx);
  const earliest = after(until, -LONGEST_MS);
  const from = preview.openedAt > earliest ? preview.openedAt : earliest;
  const cellMs = until.getTime() - from.getTime() <= FINE_UNTIL_MS ? 6 * HOUR_MS : DAY_MS;
  const sums = await tx.$queryRaw<{ cell: number; upMs: bigint; downMs: bigint; downSince: Date | null }[]>`
    WITH ${spans(preview.id, from, until)}
    SELECT floor(extract(epoch FROM at - ${from}::timestamptz) * 1000 / ${cellMs})::int AS cell,
      COALESCE(sum(ms) FILTER (WHERE NOT down), 0)::bigint AS "upMs",
      COALESCE(sum(ms) FILTER (WHERE down), 0)::bigint AS "downMs",
      max(since) FILTER (WHERE down AND next IS NULL) AS "downSince"
    FROM span GROUP BY 1 ORDER BY 1`;
  const last = await tx.previewVisit.findFirst({ where: { previewId: preview.id }, orderBy: { at: "desc" } });
  const byCell = new Map(sums.map((row) => [row.cell, row]));
  const count = Math.max(1, Math.ceil((until.getTime() - from.getTime()) / cellMs));
  const cells = Array.from({ length: count }, (_, index) => {
    const begins = after(from, index * cellMs);
    const ends = after(begins, cellMs);
    return {
      from: begins.toISOString(),
      until: (ends < until ? ends : until).toISOString(),
      upMs: Number(byCell.get(index)?.upMs ?? 0n),
      downMs: Number(byCell.get(index)?.downMs ?? 0n),
    };
  });
  const upMs = cells.reduce((ms, cell) => ms + cell.upMs, 0);
  const downMs = cells.reduce((ms, cell) => ms + cell.downMs, 0);
  const downSince = sums.find((row) => row.downSince !== null)?.downSince ?? null;
  return {
    from: from.toISOString(),
    until: until.toISOString(),
    cells,
    upMs,
    downMs,
    upBasisPoints: upShare(upMs, downMs),
    downSince: downSince?.toISOString() ?? null,
    lastVisit:
      last === null ? null : { at: last.at.toISOString(), up: last.up, status: last.status, tookMs: last.tookMs },
  };
}

/** How a preview was found while objections to a release were possible. */
export async function availabilityIn(tx: Tx, previewId: string, releaseId: string): Promise<Availability> {
  const window = await tx.verification.findFirst({ where: { releaseId }, orderBy: { opensAt: "asc" } });
  if (window === null) return { upMs: 0, downMs: 0, longestMs: 0 };
  const at = await now(tx);
  const until = at < window.endsAt ? at : window.endsAt;
  const [row] = await tx.$queryRaw<{ upMs: bigint; downMs: bigint; longestMs: bigint }[]>`
    WITH ${spans(previewId, window.opensAt, until)},
    stretch AS (SELECT sum(ms) AS ms FROM span WHERE down GROUP BY since)
    SELECT COALESCE(sum(ms) FILTER (WHERE NOT down), 0)::bigint AS "upMs",
      COALESCE(sum(ms) FILTER (WHERE down), 0)::bigint AS "downMs",
      (SELECT COALESCE(max(ms), 0) FROM stretch)::bigint AS "longestMs" FROM span`;
  return { upMs: Number(row!.upMs), downMs: Number(row!.downMs), longestMs: Number(row!.longestMs) };
}

/** Each visit with what it speaks for, by the same rules as `downStretches`: ms, whether down, and since when. */
const spans = (previewId: string, from: Date, until: Date) => Prisma.sql`
    visit AS (
      SELECT at, up, lag(at) OVER story AS before, lag(up) OVER story AS before_up,
        lead(at) OVER story AS next, lead(up) OVER story AS next_up
      FROM preview_visit WHERE preview_id = ${previewId}::uuid AND at >= ${from} AND at < ${until}
      WINDOW story AS (ORDER BY at, id)),
    judged AS (
      SELECT at, next, COALESCE(next, ${until}::timestamptz) - at AS lasted,
        NOT up AND COALESCE(NOT next_up AND next - at <= ${unseen}, false) AS begun,
        NOT up AND COALESCE(NOT before_up AND at - before <= ${unseen}, false) AS continued
      FROM visit),
    span AS (
      SELECT at, next, begun OR continued AS down,
        CASE WHEN lasted <= ${unseen} THEN (extract(epoch FROM lasted) * 1000)::bigint ELSE 0 END AS ms,
        max(at) FILTER (WHERE begun AND NOT continued) OVER (ORDER BY at) AS since
      FROM judged)`;

const unseen = Prisma.sql`${UNSEEN_MS} * interval '1 millisecond'`;
