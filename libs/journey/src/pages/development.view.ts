import type { DevelopmentView, PreviewKind, ReleaseView } from "@freehold/contract";
import type { Tx } from "@freehold/database";
import type { Baseline } from "@freehold/forge-verify";
import { after } from "@freehold/values";
import { isBlocking, weightOf } from "../dispute/case.ts";
import { peopleById, personById } from "../party/party.service.ts";
import { msOf } from "../policy.ts";
import { policyVersion } from "../space/policy.ts";
import { moneyView } from "./money-view.ts";
import { looksOf, watchViewOf } from "./release.queries.ts";
import { keptFile, uptimeOf } from "./uptime.view.ts";

const iso = (at: Date | null | undefined): string | null => at?.toISOString() ?? null;

/** A development as its proposal's page shows it: everything about the attempt, nothing about the visitor. */
export async function developmentView(tx: Tx, developmentId: string): Promise<DevelopmentView> {
  const row = await tx.development.findUniqueOrThrow({
    where: { id: developmentId },
    include: {
      repository: true,
      payees: { orderBy: { basisPoints: "desc" } },
      preview: true,
      decision: true,
      settlement: true,
      releases: { orderBy: { attempt: "asc" } },
    },
  });
  const people = await peopleById(
    tx,
    row.payees.map((line) => line.partyId),
  );
  const [sums] = await tx.$queryRaw<
    {
      donated: bigint;
      donors: number;
      held: bigint;
      backers: number;
      items: number;
      done: number;
      paid: bigint;
      refunded: bigint;
      fee: bigint;
      feeIfReleased: bigint;
    }[]
  >`
    SELECT COALESCE(sum(m.amount_minor) FILTER (WHERE m.state = 'given'), 0)::bigint AS donated,
      (count(DISTINCT m.payer_id) FILTER (WHERE m.state = 'given'))::int AS donors,
      COALESCE(sum(m.held_minor) FILTER (WHERE m.kind = 'pledge'), 0)::bigint AS held,
      (count(DISTINCT m.payer_id) FILTER (WHERE m.kind = 'pledge' AND m.state IN ('held', 'settling', 'paid')))::int AS backers,
      (count(*) FILTER (WHERE m.kind = 'pledge' AND (m.state IN ('settling', 'paid') OR m.returned)))::int AS items,
      (count(*) FILTER (WHERE m.kind = 'pledge' AND (m.state = 'paid' OR (m.state IN ('refunded', 'charged_back') AND m.returned))))::int AS done,
      COALESCE(sum(m.held_minor * m.platform_fee_basis_points / 10000) FILTER (WHERE m.kind = 'pledge' AND m.state = 'held'), 0)::bigint AS "feeIfReleased",
      (SELECT COALESCE(sum(o.amount_minor), 0) FROM payout o JOIN payment x ON x.id = o.payment_id
        WHERE x.development_id = ${developmentId}::uuid AND o.state = 'confirmed')::bigint AS paid,
      (SELECT COALESCE(sum(o.platform_fee_minor), 0) FROM payout o JOIN payment x ON x.id = o.payment_id
        WHERE x.development_id = ${developmentId}::uuid AND o.state <> 'stopped')::bigint AS fee,
      (SELECT COALESCE(sum(r.amount_minor - r.absorbed_minor), 0) FROM refund r JOIN payment x ON x.id = r.payment_id
        WHERE x.development_id = ${developmentId}::uuid AND r.state IN ('confirmed', 'repaid'))::bigint AS refunded
    FROM (SELECT p.*, EXISTS (SELECT 1 FROM refund r JOIN settlement s ON s.development_id = p.development_id
        WHERE r.payment_id = p.id AND r.created_at >= s.authorised_at) AS returned FROM payment p) AS m
    WHERE m.development_id = ${developmentId}::uuid`;
  const dues = await tx.deadline.findMany({
    where: { subjectId: developmentId, kind: { in: ["decision_due", "release_due", "window_ends"] } },
  });
  const due = (kind: string) => iso(dues.find((one) => one.kind === kind && one.doneAt === null)?.dueAt);
  const account = await tx.payoutAccount.findUnique({ where: { partyId: row.developerId } });
  return {
    id: row.id,
    developer: await personById(tx, row.developerId),
    startedAt: row.startedAt.toISOString(),
    expectedPreviewAt: row.expectedPreviewAt.toISOString(),
    reservedUntil: row.reservedUntil.toISOString(),
    goal: row.goalMinor === null ? null : moneyView(row.goalMinor),
    destination: {
      kind: row.destination as "own" | "project",
      forge: row.repository.forge as "github" | "tangled",
      slug: row.repository.slug,
      webUrl: row.repository.webUrl,
      cloneUrl: row.repository.cloneUrl,
      branch: row.branch,
    },
    baselineTakenAt: iso(row.baselineTakenAt),
    baselineCommit: baselineCommit(row.baseline as Baseline | null, row.branch),
    payees: row.payees.map((line) => ({
      person: people.get(line.partyId)!,
      basisPoints: line.basisPoints,
      reason: line.reason,
    })),
    payable: account?.state === "payable",
    donated: moneyView(sums!.donated),
    donors: sums!.donors,
    preview:
      row.preview === null
        ? null
        : {
            id: row.preview.id,
            kind: row.preview.kind as PreviewKind,
            url: row.preview.url,
            kept: keptFile(row.preview),
            howToReach: row.preview.howToReach,
            points: row.preview.points as string[],
            openedAt: row.preview.openedAt.toISOString(),
            closesAt: row.preview.closesAt.toISOString(),
            windowDays: row.preview.windowDays,
            sealed: row.preview.commitment !== null,
            movedMs: Number(row.preview.movedMs),
            uptime: await uptimeOf(tx, row.preview),
          },
    held: moneyView(sums!.held),
    backers: sums!.backers,
    ifReleased: { platformFee: moneyView(sums!.feeIfReleased), toPayees: moneyView(sums!.held - sums!.feeIfReleased) },
    namedBackers: await namedBackers(tx, developmentId),
    latestDay: iso(row.decideBy),
    decisionBy: due("decision_due") ?? iso(await plannedDecision(tx, row)),
    releaseBy: due("release_due"),
    decision:
      row.decision === null
        ? null
        : {
            kind: row.decision.kind as "decline" | "release" | "silence",
            note: row.decision.note,
            at: row.decision.at.toISOString(),
          },
    releases: await releaseViews(tx, row.releases),
    finalCheckAt: due("window_ends"),
    endedAt: iso(row.endedAt),
    ending: row.ending as DevelopmentView["ending"],
    settlement:
      row.settlement === null
        ? null
        : {
            kind: row.settlement.kind as "payout" | "refund",
            reason: row.settlement.reason,
            authorisedAt: row.settlement.authorisedAt.toISOString(),
            items: sums!.items,
            done: sums!.done,
            paid: moneyView(sums!.paid),
            refunded: moneyView(sums!.refunded),
            platformFee: moneyView(sums!.fee),
          },
    case: await caseSummary(tx, developmentId, row.policyVersionId),
  };
}

/** The commit that was public on the release's branch, or on the default one, when the development started. */
function baselineCommit(baseline: Baseline | null, branch: string | null): string | null {
  if (baseline === null) return null;
  const { refs, head } = baseline;
  return refs[`refs/heads/${branch ?? head}`] ?? refs[`refs/heads/${head}`] ?? null;
}

/** While the preview is open: by when the developer will have decided, if it closes as announced. */
async function plannedDecision(
  tx: Tx,
  row: { policyVersionId: string; preview: { closesAt: Date; closedAt: Date | null } | null },
): Promise<Date | null> {
  if (row.preview === null || row.preview.closedAt !== null) return null;
  const policy = await policyVersion(tx, row.policyVersionId);
  return after(row.preview.closesAt, msOf(policy, "decision_within"));
}

/** Backers whose pledge was paid out and who asked to be named. */
async function namedBackers(tx: Tx, developmentId: string): Promise<string[]> {
  const rows = await tx.$queryRaw<{ name: string }[]>`
    SELECT DISTINCT p.name FROM pledge g JOIN payment m ON m.id = g.id JOIN party p ON p.id = g.party_id
    WHERE g.development_id = ${developmentId}::uuid AND g.named AND m.state = 'paid' ORDER BY p.name LIMIT 500`;
  return rows.map((row) => row.name);
}

async function releaseViews(tx: Tx, rows: Parameters<typeof releaseView>[1][]): Promise<ReleaseView[]> {
  const views: ReleaseView[] = [];
  for (const row of rows) views.push(await releaseView(tx, row));
  return views;
}

async function releaseView(
  tx: Tx,
  release: {
    id: string;
    attempt: number;
    branch: string;
    commit: string;
    submittedAt: Date;
    state: string;
    failureCode: string | null;
    failureSentence: string | null;
    licence: string | null;
    checkedAt: Date | null;
  },
): Promise<ReleaseView> {
  const verification = await tx.verification.findUnique({ where: { releaseId: release.id } });
  const report = await tx.verificationReport.findFirst({
    where: { releaseId: release.id, verdict: { not: "inconclusive" }, phase: { not: "glance" } },
    orderBy: { at: "desc" },
  });
  const confirmations = await tx.confirmation.findMany({
    where: { releaseId: release.id },
    select: { partyId: true },
    take: 1000,
  });
  const disputes = await tx.dispute.findMany({ where: { releaseId: release.id }, select: { id: true }, take: 1000 });
  const checks =
    (report?.report as { checks?: { name: string; outcome: string; sentence: string }[] } | undefined)?.checks ?? [];
  return {
    id: release.id,
    attempt: release.attempt,
    branch: release.branch,
    commit: release.commit,
    submittedAt: release.submittedAt.toISOString(),
    state: release.state as ReleaseView["state"],
    failure:
      release.failureCode === null
        ? null
        : { code: release.failureCode, sentence: release.failureSentence ?? release.failureCode },
    licence: release.licence,
    checks: checks.map(({ name, outcome, sentence }) => ({ name, outcome, sentence })),
    checkedAt: iso(report?.at ?? release.checkedAt),
    window:
      verification === null
        ? null
        : { from: verification.opensAt.toISOString(), until: verification.endsAt.toISOString() },
    watch: verification === null ? null : watchViewOf(verification),
    looks: (await looksOf(tx, release.id, undefined, 5)).looks,
    confirmations: confirmations.length,
    disputes: disputes.length,
  };
}

async function caseSummary(tx: Tx, developmentId: string, policyVersionId: string): Promise<DevelopmentView["case"]> {
  const row = await tx.case.findFirst({ where: { developmentId }, orderBy: { openedAt: "desc" } });
  if (row === null) return null;
  const policy = await policyVersion(tx, policyVersionId);
  return {
    id: row.id,
    openedAt: row.openedAt.toISOString(),
    blocking: row.closedAt === null && isBlocking(await weightOf(tx, row.id, developmentId), row.admitted, policy),
    state: row.ruling === null ? "open" : "ruled",
    ruling: row.ruling,
    reasons: row.reasons,
    ruledAt: iso(row.ruledAt),
    takesEffectAt: iso(row.takesEffectAt),
  };
}
