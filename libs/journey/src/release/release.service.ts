import { Inject, Injectable } from "@nestjs/common";
import { refusal } from "@freehold/contract";
import { type Database, enqueue, now, type Tx } from "@freehold/database";
import { copyIn, type ForgeVerifier, type Report } from "@freehold/forge-verify";
import { Vault } from "@freehold/escrow";
import { after, DAY_MS, earlier, HOUR_MS, newId, sayMoment } from "@freehold/values";
import { endDeadlines, setDeadline } from "../deadline.ts";
import { Refunding } from "../decision/refunding.ts";
import { lockDevelopment, requireDeveloper, requireRunning } from "../development/development.ts";
import { byClock, byVerifier, moveProposal } from "../history/record.ts";
import { backersOf, notify, proposalPath } from "../notice/notify.ts";
import { msOf } from "../policy.ts";
import { policyVersion } from "../space/policy.ts";
import { requireStage } from "../stage.ts";
import { VERIFIER } from "../world.ts";
import { lookAtBranch } from "./branch-seen.ts";
import { requireCommit, requireReveal } from "./release.ts";
import { askAPerson, Reports, whyOf } from "./report.ts";
import { releaseToVerify } from "./what-to-verify.ts";

/** A release that was never judged, because another one took its place: it does not count as a failure. */
const SUPERSEDED = "superseded";

/** Between the window's end and the latest day there must be room for the final check and the transfers. */
const ROOM_MS = 12 * HOUR_MS;

@Injectable()
export class ReleaseService {
  constructor(
    private readonly vault: Vault,
    private readonly refunding: Refunding,
    private readonly reports: Reports,
    @Inject(VERIFIER) private readonly verifier: ForgeVerifier,
  ) {}

  /**
   * 003-37: the developer names the commit on the pinned branch; the checks follow by a job.
   * Refusals, in this order: development_not_found, not_developer, wrong_stage, release_being_checked, release_too_late,
   * branch_invalid, commit_invalid, seal_not_opened.
   */
  async submit(
    tx: Tx,
    partyId: string,
    developmentId: string,
    body: { commit: string; branch: string; nonce?: string | undefined },
  ): Promise<{ id: string }> {
    const { development, proposal } = await lockDevelopment(tx, developmentId);
    requireDeveloper(development, partyId);
    requireStage(proposal.stage, ["releasing"], "Submitting a release");
    requireRunning(development, proposal);
    const earlierOnes = await tx.release.findMany({ where: { developmentId }, orderBy: { attempt: "desc" } });
    if (earlierOnes.some((one) => one.state === "submitted")) throw refusal("release_being_checked");
    const at = await now(tx);
    const due = await tx.deadline.findUnique({
      where: { kind_subjectId: { kind: "release_due", subjectId: developmentId } },
    });
    if (due === null || due.doneAt !== null || at >= due.dueAt) throw refusal("release_too_late");
    if (body.branch !== development.branch)
      throw refusal(
        "branch_invalid",
        `The release has to be on the branch pinned when the preview opened: ${development.branch}.`,
      );
    requireCommit(body.commit);
    requireReveal(development.preview?.commitment ?? null, body.nonce);
    // A question that a person has not answered yet is over when the developer names something else.
    const asked = { developmentId, state: "needs_human" };
    await tx.operatorTask.updateMany({
      where: { subjectId: { in: earlierOnes.map((one) => one.id) }, kind: "verification_needs_human", doneAt: null },
      data: { doneAt: at, note: "The developer has named another commit." },
    });
    await tx.release.updateMany({
      where: asked,
      data: {
        state: "failed",
        failureCode: SUPERSEDED,
        failureSentence: "The developer named another commit before a person had looked at this one.",
      },
    });
    const id = newId();
    await tx.release.create({
      data: {
        id,
        developmentId,
        attempt: (earlierOnes[0]?.attempt ?? 0) + 1,
        branch: body.branch,
        commit: body.commit,
        nonce: body.nonce ?? null,
        submittedAt: at,
      },
    });
    await enqueue(tx, "release.check", { releaseId: id });
    return { id };
  }

  /** Runs the checks of a release: no transaction while the forge is asked. Repeating it is harmless. */
  async check(database: Database, releaseId: string): Promise<void> {
    const input = await releaseToVerify(database, releaseId, "release");
    if (input === null || input.state !== "submitted") return;
    await database.$executeRaw`UPDATE release SET checked_at = clock_now() WHERE id = ${releaseId}::uuid`;
    const report = await this.verifier.verifyRelease(input.release);
    await database.transact((tx) => this.#apply(tx, releaseId, report));
  }

  /** What is public on the branch when the developer chooses to release. Asks the forge; takes no transaction. */
  lookAtBranch(database: Database, developmentId: string): Promise<void> {
    return lookAtBranch(this.verifier, database, developmentId);
  }

  async #apply(tx: Tx, releaseId: string, report: Report): Promise<void> {
    const found = await tx.release.findUniqueOrThrow({ where: { id: releaseId } });
    const { development, proposal } = await lockDevelopment(tx, found.developmentId);
    const release = await tx.release.findUniqueOrThrow({ where: { id: releaseId } });
    if (
      release.state !== "submitted" ||
      proposal.stage !== "releasing" ||
      proposal.currentDevelopmentId !== development.id
    )
      return;
    const at = await now(tx);
    await this.reports.keep(tx, releaseId, report, at);
    const { verdict } = report;
    if (verdict.kind === "inconclusive") return;
    if (verdict.kind === "needs_human") {
      await tx.release.update({
        where: { id: releaseId },
        data: { state: "needs_human", checkedAt: at, failureCode: verdict.reason, failureSentence: whyOf(report) },
      });
      await askAPerson(tx, releaseId, proposal.title, report, verdict.reason, at);
      return;
    }
    if (verdict.kind === "fail") {
      await tx.release.update({
        where: { id: releaseId },
        data: {
          state: "failed",
          checkedAt: at,
          failureCode: verdict.code,
          failureSentence: whyOf(report),
          licence: report.licence ?? null,
        },
      });
      const failures = await tx.release.count({
        where: { developmentId: development.id, state: "failed", failureCode: { not: SUPERSEDED } },
      });
      await this.#failed(tx, development, proposal.title, failures, verdict.cure !== null, whyOf(report), at);
      return;
    }
    const copy = copyIn(report);
    await tx.release.update({
      where: { id: releaseId },
      data: {
        state: "passed",
        checkedAt: at,
        failureCode: null,
        failureSentence: null,
        licence: report.licence ?? null,
        bundleSha256: copy?.bundle.sha256 ?? null,
        bundleBytes: copy === null ? null : BigInt(copy.bundle.bytes),
        swhRevision: copy?.revision ?? null,
        swhDirectory: copy?.directory ?? null,
      },
    });
    const latest = after(development.decideBy ?? after(at, 60 * DAY_MS), -ROOM_MS);
    const endsAt = earlier(after(at, development.preview!.windowDays * DAY_MS), latest);
    await tx.verification.create({
      data: {
        id: newId(),
        releaseId,
        opensAt: at,
        endsAt,
        lastGoodAt: at,
        publicSince: at,
        nextLookAt: after(at, 5 * HOUR_MS),
      },
    });
    await moveProposal(tx, proposal.id, "pass_release", byVerifier, {
      policyVersionId: development.policyVersionId,
      detail: {
        releaseId,
        commit: release.commit,
        licence: report.licence ?? null,
        digest: report.digest,
        windowUntil: endsAt.toISOString(),
      },
    });
    await endDeadlines(tx, development.id, ["release_due", "release_total"], at);
    await setDeadline(tx, "window_ends", development.id, endsAt);
    await notify(tx, await backersOf(tx, development.id), {
      key: `release:${releaseId}:public`,
      kind: "released",
      sentence: `The code of “${proposal.title}” is public under ${report.licence ?? "an open licence"}. Take a copy, and tell us by ${sayMoment(endsAt)} if it is not what you tried.`,
      path: proposalPath(proposal.id),
    });
    await notify(tx, [development.developerId], {
      key: `release:${releaseId}:passed`,
      kind: "release_passed",
      sentence: `Your release of “${proposal.title}” passed the checks; the window is open until ${sayMoment(endsAt)}.`,
      path: proposalPath(proposal.id),
    });
  }

  /** One cure of 72 hours, within the seven days in all; after that everything goes back. */
  async #failed(
    tx: Tx,
    development: { id: string; proposalId: string; developerId: string; policyVersionId: string },
    title: string,
    failures: number,
    curable: boolean,
    why: string,
    at: Date,
  ): Promise<void> {
    const policy = await policyVersion(tx, development.policyVersionId);
    const total = await tx.deadline.findUnique({
      where: { kind_subjectId: { kind: "release_total", subjectId: development.id } },
    });
    const cureUntil = earlier(after(at, msOf(policy, "release_within")), total?.dueAt ?? at);
    if (failures >= 2 || !curable || cureUntil <= at) {
      await this.#giveBack(tx, development, title, why);
      return;
    }
    await setDeadline(tx, "release_due", development.id, cureUntil);
    await notify(tx, [development.developerId], {
      key: `development:${development.id}:cure:${failures}`,
      kind: "release_failed",
      sentence: `The release of “${title}” was not accepted: ${why} You can cure it until ${sayMoment(cureUntil)}, once.`,
      path: proposalPath(development.proposalId),
    });
  }

  async #giveBack(tx: Tx, development: { id: string; proposalId: string }, title: string, why: string): Promise<void> {
    await this.refunding.refundEveryone(tx, development, {
      move: "fail_release",
      by: byVerifier,
      ending: "release_failed",
      sentence: `The release of “${title}” did not pass the checks: ${why} Everything is on its way back, the service fee included.`,
      note: why,
    });
  }

  /** The time to submit, or to cure, has passed: the clock's work. A release that is being checked is waited for. */
  async runOut(tx: Tx, developmentId: string, total: boolean): Promise<boolean> {
    const { development, proposal } = await lockDevelopment(tx, developmentId);
    if (proposal.stage !== "releasing" || proposal.currentDevelopmentId !== developmentId) return true;
    // What waits for a person was submitted in time, too.
    const waiting = await tx.release.findFirst({
      where: { developmentId, state: { in: ["submitted", "needs_human"] } },
    });
    if (waiting !== null && !total) return false;
    await this.refunding.refundEveryone(tx, development, {
      move: "fail_release",
      by: byClock,
      ending: "release_failed",
      sentence: `No release of “${proposal.title}” passed the checks in time. Everything is on its way back, the service fee included.`,
    });
    return true;
  }

  /** Releases that wait for their check: their job was lost, or the forge was away and may be asked again by now. */
  async unchecked(database: Database): Promise<string[]> {
    const rows = await database.$queryRaw<{ id: string }[]>`
      SELECT r.id FROM release r JOIN development d ON d.id = r.development_id JOIN proposal p ON p.id = d.proposal_id
      WHERE r.state = 'submitted' AND d.ending IS NULL AND p.stage = 'releasing'
        AND (r.checked_at IS NULL OR r.checked_at < clock_now() - interval '5 minutes')
        AND NOT EXISTS (SELECT 1 FROM verification_report x
          WHERE x.release_id = r.id AND (x.report #>> '{verdict,retryAt}')::timestamptz > clock_now())
      ORDER BY r.submitted_at LIMIT 50`;
    return rows.map((row) => row.id);
  }
}
