import type { Database, Tx } from "@freehold/database";
import type { Report, WindowSeen } from "@freehold/forge-verify";
import { after, DAY_MS, HOUR_MS } from "@freehold/values";
import { msOf, type Policy } from "../policy.ts";
import type { Looked, Watch, WatchTerms } from "./watch.ts";

/** Between the window's end and the latest day there must be room for the final check and the transfers. */
export const ROOM_MS = 12 * HOUR_MS;

type VerificationRow = NonNullable<Awaited<ReturnType<Tx["verification"]["findUnique"]>>>;

export function watchOf(row: VerificationRow): Watch {
  const { suspendedAt, suspendedCode, suspendedSentence } = row;
  return {
    opensAt: row.opensAt,
    endsAt: row.endsAt,
    lastGoodAt: row.lastGoodAt ?? row.opensAt,
    publicSince: row.publicSince,
    suspended:
      suspendedAt === null || suspendedCode === null
        ? null
        : { at: suspendedAt, code: suspendedCode, sentence: suspendedSentence ?? "" },
    failedLooks: row.failedLooks,
    cureUntil: row.cureUntil,
    unobservedMs: Number(row.unobservedMs),
    movedMs: Number(row.movedMs),
    restarts: row.restarts,
  };
}

export const rowOf = ({ watch, nextLookAt }: Looked) => ({
  endsAt: watch.endsAt,
  lastGoodAt: watch.lastGoodAt,
  publicSince: watch.publicSince,
  suspendedAt: watch.suspended?.at ?? null,
  suspendedCode: watch.suspended?.code ?? null,
  suspendedSentence: watch.suspended?.sentence ?? null,
  failedLooks: watch.failedLooks,
  cureUntil: watch.cureUntil,
  unobservedMs: BigInt(watch.unobservedMs),
  movedMs: BigInt(watch.movedMs),
  restarts: watch.restarts,
  nextLookAt,
});

export function termsOf(
  policy: Policy,
  development: { decideBy: Date | null; startedAt: Date; preview: { windowDays: number } | null },
): WatchTerms {
  return {
    windowMs: (development.preview?.windowDays ?? policy.window_default) * DAY_MS,
    cureMs: msOf(policy, "release_within"),
    everyMs: msOf(policy, "look_every"),
    movesAtMostMs: msOf(policy, "window_moves_at_most"),
    absenceMs: msOf(policy, "absence_counts_after"),
    latest: after(development.decideBy ?? after(development.startedAt, 60 * DAY_MS), -ROOM_MS),
  };
}

/** When the last look was, and the machine's time since then. */
export async function previousLook(tx: Tx, releaseId: string): Promise<{ previousAt: Date; machineMs: number }> {
  const [row] = await tx.$queryRaw<{ at: Date; ms: string }[]>`
    SELECT at, round(extract(epoch FROM now() - made_at) * 1000)::int8::text AS ms FROM verification_report
    WHERE release_id = ${releaseId}::uuid ORDER BY at DESC, id DESC LIMIT 1`;
  return { previousAt: row!.at, machineMs: Math.max(0, Number(row!.ms)) };
}

/** The last whole look, whatever it found: a glance is compared with one that was in order, else it is no use. */
export async function lastWholeLook(database: Database, releaseId: string): Promise<Report | null> {
  const row = await database.verificationReport.findFirst({
    where: { releaseId, phase: { not: "glance" } },
    orderBy: [{ at: "desc" }, { id: "desc" }],
    select: { report: true },
  });
  return row === null ? null : (row.report as unknown as Report);
}

/** How the window went, from the moment since which the code has been public without a break. */
export async function windowSeen(database: Database, releaseId: string, until: Date): Promise<WindowSeen> {
  const row = await database.verification.findUniqueOrThrow({ where: { releaseId } });
  const [seen] = await database.$queryRaw<{ looks: number; good: number; gap: string | null }[]>`
    SELECT count(*)::int AS looks, (count(*) FILTER (WHERE verdict = 'pass'))::int AS good,
      round(extract(epoch FROM max(gap)) * 1000)::int8::text AS gap
    FROM (SELECT verdict, COALESCE(lead(at) OVER (ORDER BY at), ${until}) - at AS gap
      FROM verification_report WHERE release_id = ${releaseId}::uuid AND at >= ${row.publicSince}) AS look`;
  const gone =
    row.suspendedAt === null || row.suspendedCode === null
      ? null
      : { code: row.suspendedCode as NonNullable<WindowSeen["gone"]>["code"], since: row.suspendedAt.toISOString() };
  return {
    from: row.publicSince.toISOString(),
    until: until.toISOString(),
    looks: seen?.looks ?? 0,
    good: seen?.good ?? 0,
    unobservedMs: Number(row.unobservedMs),
    movedMs: Number(row.movedMs),
    longestGapMs: Number(seen?.gap ?? 0),
    gone,
  };
}
