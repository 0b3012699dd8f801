import { Injectable } from "@nestjs/common";
import { refusal } from "@freehold/contract";
import { type Database, enqueue, now, type Tx } from "@freehold/database";
import { after, HOUR_MS, sayMoment, within } from "@freehold/values";
import { setDeadline } from "../deadline.ts";
import { Refunding } from "../decision/refunding.ts";
import { lockDevelopment, requireRunning } from "../development/development.ts";
import { byVerifier } from "../history/record.ts";
import { notify, proposalPath } from "../notice/notify.ts";
import { msOf } from "../policy.ts";
import { ReleaseService } from "../release/release.service.ts";
import { keepReport, whyOf } from "../release/report.ts";
import { policyVersion } from "../space/policy.ts";
import { requireStage } from "../stage.ts";
import { requireBacker } from "./backer.ts";

/** A release that fails at the window's end has this long to be made good. */
const CURE_MS = 72 * HOUR_MS;

@Injectable()
export class VerificationService {
  constructor(
    private readonly releases: ReleaseService,
    private readonly refunding: Refunding,
  ) {}

  /**
   * "As I tried it": a backer's word for the release. When every backer has said so, the window ends at its seventh day.
   * Refusals, in this order: release_not_found, wrong_stage, window_closed, not_a_backer, already_disputed, already_confirmed.
   */
  async confirm(tx: Tx, partyId: string, releaseId: string): Promise<void> {
    const { development, verification } = await this.openWindow(tx, releaseId);
    await requireBacker(tx, partyId, development.id);
    if ((await tx.dispute.count({ where: { releaseId, partyId } })) > 0) throw refusal("already_disputed");
    const { count } = await tx.confirmation.createMany({
      data: [{ releaseId, partyId, at: await now(tx) }],
      skipDuplicates: true,
    });
    if (count === 0) throw refusal("already_confirmed");
    const [row] = await tx.$queryRaw<{ missing: number }[]>`
      SELECT count(DISTINCT payer_id)::int AS missing FROM payment p
      WHERE p.development_id = ${development.id}::uuid AND p.kind = 'pledge' AND p.state = 'held'
        AND NOT EXISTS (SELECT 1 FROM confirmation c WHERE c.release_id = ${releaseId}::uuid AND c.party_id = p.payer_id)`;
    if (row!.missing > 0) return;
    const policy = await policyVersion(tx, development.policyVersionId);
    const seventh = after(verification.opensAt, msOf(policy, "window_all_confirmed"));
    if (seventh >= verification.endsAt) return;
    await tx.verification.update({ where: { releaseId }, data: { endsAt: seventh } });
    await setDeadline(tx, "window_ends", development.id, seventh);
  }

  /** The open window of a release with its locked story. Refusals: release_not_found, wrong_stage, window_closed. */
  async openWindow(tx: Tx, releaseId: string) {
    const found = await tx.release.findUnique({ where: { id: releaseId } });
    if (found === null) throw refusal("release_not_found");
    const { development, proposal } = await lockDevelopment(tx, found.developmentId);
    requireStage(proposal.stage, ["in_verification"], "Answering a release");
    requireRunning(development, proposal);
    const verification = await tx.verification.findUnique({ where: { releaseId } });
    const at = await now(tx);
    if (verification === null || !within(at, verification.opensAt, verification.endsAt)) throw refusal("window_closed");
    return { release: found, development, proposal, verification };
  }

  /** Looks again while the window is open, and keeps what was seen. A failure is told to the developer at once. */
  async recheck(database: Database, releaseId: string): Promise<void> {
    const release = await this.#verified(database, releaseId);
    if (release === null) return;
    const report = await this.releases.verify(database, release, "recheck");
    await database.transact(async (tx) => {
      const at = await now(tx);
      await keepReport(tx, releaseId, "recheck", report, at);
      if (report.verdict.kind !== "fail") return;
      await notify(tx, [release.development.developerId], {
        key: `release:${releaseId}:gone:${report.verdict.code}`,
        kind: "release_withdrawn",
        sentence: `Your release no longer passes the checks: ${whyOf(report)} Nobody is paid while that is so.`,
        path: proposalPath(release.development.proposalId),
      });
    });
  }

  /**
   * The window has ended: the final, fresh check. Its report is what a settlement needs; a failure has 72 hours to be made
   * good, within the latest day; after that everything goes back.
   * @returns whether the deadline is kept; false means: look again soon
   */
  async finish(database: Database, developmentId: string): Promise<boolean> {
    const passed = await database.release.findFirst({
      where: { developmentId, state: "passed" },
      select: { id: true },
    });
    const release = passed === null ? null : await this.#verified(database, passed.id);
    if (release === null) return true;
    const report = await this.releases.verify(database, release, "final");
    return database.transact(async (tx) => {
      const { development, proposal } = await lockDevelopment(tx, developmentId);
      if (proposal.stage !== "in_verification") return true;
      const at = await now(tx);
      const verification = await tx.verification.findUniqueOrThrow({ where: { releaseId: release.id } });
      if (at < verification.endsAt) return true;
      // A failure that was made good is over: the cure counts from the first failure since the last pass.
      const lastPass = await tx.verificationReport.findFirst({
        where: { releaseId: release.id, phase: "final", verdict: "pass" },
        orderBy: { at: "desc" },
      });
      const failedBefore = await tx.verificationReport.findFirst({
        where: {
          releaseId: release.id,
          phase: "final",
          verdict: "fail",
          ...(lastPass === null ? {} : { at: { gt: lastPass.at } }),
        },
        orderBy: { at: "asc" },
      });
      await keepReport(tx, release.id, "final", report, at);
      const { verdict } = report;
      if (verdict.kind === "pass") {
        await tx.verification.update({ where: { releaseId: release.id }, data: { endedAt: at } });
        await enqueue(tx, "settlement.advance", { developmentId });
        return true;
      }
      if (verdict.kind !== "fail") return false;
      const cureUntil = after(failedBefore?.at ?? at, CURE_MS);
      if (at >= cureUntil || (development.decideBy !== null && at >= development.decideBy)) {
        await this.refunding.refundEveryone(tx, development, {
          move: "fail_verification",
          by: byVerifier,
          ending: "release_failed",
          sentence: `“${proposal.title}” no longer passes the checks: ${whyOf(report)} Everything is on its way back.`,
          note: whyOf(report),
        });
        return true;
      }
      await setDeadline(tx, "window_ends", developmentId, after(at, HOUR_MS));
      await notify(tx, [development.developerId], {
        key: `release:${release.id}:final:${verdict.code}`,
        kind: "release_withdrawn",
        sentence: `The final check of “${proposal.title}” failed: ${whyOf(report)} Make it good by ${sayMoment(cureUntil)}.`,
        path: proposalPath(proposal.id),
      });
      return true;
    });
  }

  /** Releases whose window is open and which nobody looked at for six hours. */
  async toRecheck(database: Database): Promise<string[]> {
    const rows = await database.$queryRaw<{ id: string }[]>`
      SELECT v.release_id AS id FROM verification v
      JOIN release r ON r.id = v.release_id JOIN development d ON d.id = r.development_id JOIN proposal p ON p.id = d.proposal_id
      WHERE v.ended_at IS NULL AND p.stage = 'in_verification' AND p.current_development_id = d.id AND v.ends_at > clock_now()
        AND NOT EXISTS (SELECT 1 FROM verification_report x WHERE x.release_id = r.id AND x.at > clock_now() - interval '6 hours')
      LIMIT 50`;
    return rows.map((row) => row.id);
  }

  #verified(database: Database, releaseId: string) {
    return database.release.findFirst({
      where: { id: releaseId, state: "passed", development: { proposal: { stage: "in_verification" } } },
      include: { development: { include: { repository: true } } },
    });
  }
}
