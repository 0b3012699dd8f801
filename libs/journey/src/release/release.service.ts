import { Inject, Injectable } from "@nestjs/common";
import { refusal } from "@freehold/contract";
import { type Database, enqueue, now, type Tx } from "@freehold/database";
import type { Baseline, ForgeVerifier, Report } from "@freehold/forge-verify";
import { Vault } from "@freehold/escrow";
import { after, DAY_MS, earlier, HOUR_MS, newId, sayMoment } from "@freehold/values";
import { endDeadlines, setDeadline } from "../deadline.ts";
import { Refunding } from "../decision/refunding.ts";
import { lockDevelopment, mirrorKeyOf, requireDeveloper, requireRunning } from "../development/development.ts";
import { byClock, byVerifier, moveProposal } from "../history/record.ts";
import { backersOf, notify, proposalPath } from "../notice/notify.ts";
import { msOf } from "../policy.ts";
import { policyVersion } from "../space/policy.ts";
import { requireStage } from "../stage.ts";
import { VERIFIER } from "../world.ts";
import { requireCommit } from "./release.ts";
import { askAPerson, keepReport, whyOf } from "./report.ts";

/** Between the window's end and the latest day there must be room for the final check and the transfers. */
const ROOM_MS = 12 * HOUR_MS;

@Injectable()
export class ReleaseService {
  constructor(
    private readonly vault: Vault,
    private readonly refunding: Refunding,
    @Inject(VERIFIER) private readonly verifier: ForgeVerifier,
  ) {}

  /**
   * 003-37: the developer names the commit on the pinned branch; the checks follow by a job.
   * Refusals, in this order: development_not_found, not_developer, wrong_stage, release_being_checked, release_too_late,
   * branch_invalid, commit_invalid.
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
    const release = await database.release.findUniqueOrThrow({
      where: { id: releaseId },
      include: { development: { include: { repository: true } } },
    });
    if (release.state !== "submitted" || release.development.baseline === null) return;
    const report = await this.verify(database, release, "release");
    await database.transact((tx) => this.#apply(tx, releaseId, report));
  }

  /** Asks the verifier about a release, whatever the phase. Calls the forge; takes no transaction. */
  async verify(
    database: Database,
    release: {
      branch: string;
      commit: string;
      nonce: string | null;
      development: { id: string; baseline: unknown; repository: { forge: string; stableId: string; slug: string } };
    },
    phase: "release" | "recheck" | "final",
  ): Promise<Report> {
    const { repository, baseline, id } = release.development;
    const preview = await database.preview.findUnique({ where: { developmentId: id } });
    return this.verifier.verifyRelease({
      repository: {
        forge: repository.forge as "github" | "tangled",
        stableId: repository.stableId,
        slug: repository.slug,
      },
      branch: release.branch,
      commit: release.commit,
      baseline: baseline as Baseline,
      mirrorKey: mirrorKeyOf(repository),
      at: await database.now(),
      phase,
      // A sealed preview whose seal is not opened fails: what was shown could be anything.
      ...(preview?.commitment == null ? {} : { seal: { commitment: preview.commitment, nonce: release.nonce ?? "" } }),
    });
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
    await keepReport(tx, releaseId, "release", report, at);
    const { verdict } = report;
    if (verdict.kind === "inconclusive") return;
    if (verdict.kind === "needs_human") {
      await tx.release.update({
        where: { id: releaseId },
        data: { state: "needs_human", checkedAt: at, failureCode: verdict.reason, failureSentence: whyOf(report) },
      });
      await askAPerson(tx, releaseId, proposal.title, whyOf(report), at);
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
      await this.#failed(tx, development, proposal.title, release.attempt, verdict.curable, whyOf(report), at);
      return;
    }
    await tx.release.update({
      where: { id: releaseId },
      data: {
        state: "passed",
        checkedAt: at,
        failureCode: null,
        failureSentence: null,
        licence: report.licence ?? null,
      },
    });
    const latest = after(development.decideBy ?? after(at, 60 * DAY_MS), -ROOM_MS);
    const endsAt = earlier(after(at, development.preview!.windowDays * DAY_MS), latest);
    await tx.verification.create({ data: { id: newId(), releaseId, opensAt: at, endsAt } });
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
    attempt: number,
    curable: boolean,
    why: string,
    at: Date,
  ): Promise<void> {
    const policy = await policyVersion(tx, development.policyVersionId);
    const total = await tx.deadline.findUnique({
      where: { kind_subjectId: { kind: "release_total", subjectId: development.id } },
    });
    const cureUntil = earlier(after(at, msOf(policy, "release_within")), total?.dueAt ?? at);
    if (attempt >= 2 || !curable || cureUntil <= at) {
      await this.#giveBack(tx, development, title, why);
      return;
    }
    await setDeadline(tx, "release_due", development.id, cureUntil);
    await notify(tx, [development.developerId], {
      key: `development:${development.id}:cure:${attempt}`,
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
    const waiting = await tx.release.findFirst({ where: { developmentId, state: "submitted" } });
    if (waiting !== null && !total) return false;
    await this.refunding.refundEveryone(tx, development, {
      move: "fail_release",
      by: byClock,
      ending: "release_failed",
      sentence: `No release of “${proposal.title}” passed the checks in time. Everything is on its way back, the service fee included.`,
    });
    return true;
  }

  /** Releases that wait for their check: their job was lost, or the forge was away. */
  async unchecked(database: Database): Promise<string[]> {
    const rows = await database.release.findMany({
      where: { state: "submitted", development: { ending: null, proposal: { stage: "releasing" } } },
      orderBy: { submittedAt: "asc" },
      take: 50,
      select: { id: true },
    });
    return rows.map((row) => row.id);
  }
}
