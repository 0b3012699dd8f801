import { Injectable } from "@nestjs/common";
import { type DisputeGround, refusal, type Ruling } from "@freehold/contract";
import { type Database, enqueue, now, type Tx } from "@freehold/database";
import { after, earlier, HOUR_MS, newId, sayMoment } from "@freehold/values";
import { setDeadline } from "../deadline.ts";
import { Refunding } from "../decision/refunding.ts";
import { heldOf, lockDevelopment } from "../development/development.ts";
import { record } from "../history/record.ts";
import { backersOf, notify, proposalPath } from "../notice/notify.ts";
import { minorOf, msOf } from "../policy.ts";
import { platformSpace, policyVersion } from "../space/policy.ts";
import { requireNoStake, requireStaff } from "../space/staff.ts";
import { requireStage } from "../stage.ts";
import { requireBacker } from "../verification/backer.ts";
import { VerificationService } from "../verification/verification.service.ts";

@Injectable()
export class DisputeService {
  constructor(
    private readonly verifications: VerificationService,
    private readonly refunding: Refunding,
  ) {}

  /**
   * 003-40, 003-41: a backer says that the release is not what they tried. One per backer and release; all form one case.
   * Refusals, in this order: release_not_found, wrong_stage, window_closed, not_a_backer, already_disputed, case_closed.
   */
  async dispute(
    tx: Tx,
    partyId: string,
    releaseId: string,
    body: { ground: DisputeGround; statement: string },
  ): Promise<{ id: string }> {
    const { development, proposal } = await this.verifications.openWindow(tx, releaseId);
    await requireBacker(tx, partyId, development.id);
    if ((await tx.dispute.count({ where: { releaseId, partyId } })) > 0) throw refusal("already_disputed");
    const at = await now(tx);
    const policy = await policyVersion(tx, development.policyVersionId);
    // A dismissed case was an answer to those who were heard, not to whoever objects after it.
    let open = await tx.case.findFirst({
      where: { releaseId, closedAt: null, OR: [{ ruling: null }, { ruling: "refund" }] },
    });
    if (open?.ruling === "refund")
      throw refusal("case_closed", "The case has been ruled for the backers; everything goes back.");
    if (open === null) {
      const { spaceId } = await platformSpace(tx);
      open = await tx.case.create({
        data: { id: newId(), spaceId, releaseId, developmentId: development.id, openedAt: at },
      });
      await tx.panel.create({ data: { id: newId(), caseId: open.id, formedAt: at } });
      await setDeadline(tx, "case_admission", open.id, after(at, msOf(policy, "admission_latest")));
    }
    const id = newId();
    await tx.dispute.create({
      data: { id, caseId: open.id, releaseId, partyId, ground: body.ground, statement: body.statement, at },
    });
    await record(tx, {
      subjectType: "case",
      subjectId: open.id,
      by: { partyId, as: "anyone" },
      move: "dispute",
      from: "open",
      to: "open",
      reason: body.ground,
    });
    await notify(tx, [development.developerId], {
      key: `dispute:${id}`,
      kind: "disputed",
      sentence: `A backer says that “${proposal.title}” is not what they tried. Staff without a stake will answer.`,
      path: proposalPath(proposal.id),
    });
    await notify(tx, await staffOf(tx), {
      key: `case:${open.id}:opened`,
      kind: "case_opened",
      sentence: `A release of “${proposal.title}” is disputed; admit or reject the case by ${sayMoment(after(at, msOf(policy, "admission_within")))}.`,
      path: `/cases/${open.id}`,
    });
    return { id };
  }

  /**
   * Staff without a stake say whether a case is worth hearing, once. Rejecting it is a finding to dismiss it, which needs the
   * same signatures as a ruling. Refusals, in this order: case_not_found, not_staff, has_stake, case_closed, wrong_stage.
   */
  async admit(tx: Tx, partyId: string, caseId: string, admit: boolean, reasons: string): Promise<void> {
    const { open, proposal } = await this.#caseFor(tx, partyId, caseId);
    requireStage(proposal.stage, ["in_verification"], "Admitting or rejecting a case");
    if (!admit) {
      await this.rule(tx, partyId, caseId, "dismiss", reasons);
      const rejected = { admitted: false, admittedAt: await now(tx) };
      await tx.case.updateMany({ where: { id: caseId, ruling: "dismiss" }, data: rejected });
      return;
    }
    if (open.admittedAt !== null) throw refusal("case_closed", "This case has been admitted already.");
    const at = await now(tx);
    await tx.case.update({ where: { id: caseId }, data: { admitted: true, admittedAt: at } });
    await record(tx, {
      subjectType: "case",
      subjectId: caseId,
      by: { partyId, as: "staff" },
      move: "admit",
      from: "open",
      to: "open",
      reason: reasons,
    });
  }

  /**
   * 003-42: the platform's answer, by a panel of one; two signatures when it moves much. It takes effect 48 hours after.
   * Refusals, in this order: case_not_found, not_staff, has_stake, case_closed, wrong_stage.
   */
  async rule(tx: Tx, partyId: string, caseId: string, ruling: Ruling, reasons: string): Promise<void> {
    const { open, development, proposal } = await this.#caseFor(tx, partyId, caseId);
    requireStage(proposal.stage, ["in_verification"], "Ruling a case");
    const at = await now(tx);
    const panel = await tx.panel.findFirstOrThrow({ where: { caseId, dissolvedAt: null } });
    const { count } = await tx.finding.createMany({
      data: [{ id: newId(), panelId: panel.id, partyId, ruling, reasons, at }],
      skipDuplicates: true,
    });
    if (count === 0)
      throw refusal("case_closed", "You have given your answer; a second signature has to come from somebody else.");
    await record(tx, {
      subjectType: "case",
      subjectId: caseId,
      by: { partyId, as: "staff" },
      move: "find",
      from: "open",
      to: "open",
      reason: `${ruling}: ${reasons}`,
    });
    const policy = await policyVersion(tx, development.policyVersionId);
    const { sum } = await heldOf(tx, development.id);
    const needed = sum >= minorOf(policy, "second_signature_from") ? 2 : 1;
    const agreeing = await tx.finding.count({ where: { panelId: panel.id, ruling } });
    if (agreeing >= needed) await this.#stand(tx, open, partyId, ruling, reasons, at);
  }

  async #stand(
    tx: Tx,
    open: { id: string; developmentId: string },
    partyId: string,
    ruling: Ruling,
    reasons: string,
    at: Date,
  ): Promise<void> {
    const { development, proposal } = await lockDevelopment(tx, open.developmentId);
    const policy = await policyVersion(tx, development.policyVersionId);
    // A ruling is in force before the latest day comes, which would otherwise decide without it.
    const latest = after(development.decideBy ?? after(at, msOf(policy, "decide_by")), -HOUR_MS);
    const takesEffectAt = earlier(after(at, msOf(policy, "ruling_effect_after")), latest);
    await tx.case.update({ where: { id: open.id }, data: { ruling, reasons, ruledAt: at, takesEffectAt } });
    await record(tx, {
      subjectType: "case",
      subjectId: open.id,
      by: { partyId, as: "staff" },
      move: "rule",
      from: "open",
      to: "ruled",
      reason: `${ruling}: ${reasons}`,
      policyVersionId: development.policyVersionId,
    });
    await setDeadline(tx, "ruling_takes_effect", open.id, takesEffectAt);
    const says = ruling === "refund" ? "The backers are right: everything goes back" : "The case is dismissed";
    await notify(tx, [...(await backersOf(tx, development.id)), development.developerId], {
      key: `case:${open.id}:ruled`,
      kind: "case_ruled",
      sentence: `“${proposal.title}”: ${says}, from ${sayMoment(takesEffectAt)} on.`,
      path: proposalPath(proposal.id),
    });
  }

  /** A ruling takes effect: the clock's work. */
  async takeEffect(tx: Tx, caseId: string): Promise<void> {
    const { developmentId } = await tx.case.findUniqueOrThrow({ where: { id: caseId } });
    const { development, proposal } = await lockDevelopment(tx, developmentId);
    const open = await tx.case.findUniqueOrThrow({ where: { id: caseId } });
    if (open.closedAt !== null || open.ruling === null) return;
    if (proposal.stage !== "in_verification" || proposal.currentDevelopmentId !== developmentId) return;
    const at = await now(tx);
    await tx.case.update({ where: { id: open.id }, data: { closedAt: at } });
    await tx.panel.updateMany({ where: { caseId: open.id }, data: { dissolvedAt: at } });
    if (open.ruling === "refund") {
      const finding = await tx.finding.findFirst({
        where: { panel: { caseId: open.id }, ruling: "refund" },
        orderBy: { at: "desc" },
      });
      await this.refunding.refundEveryone(tx, development, {
        move: "rule_refund",
        by: { partyId: finding?.partyId ?? null, as: "staff" },
        ending: "ruled_refund",
        sentence: `The case on “${proposal.title}” was ruled for the backers; everything is on its way back, the service fee included.`,
        note: open.reasons ?? undefined,
      });
      return;
    }
    await enqueue(tx, "settlement.advance", { developmentId });
  }

  /** The latest moment of admission has come: what waited only for it goes on. @returns true, the deadline is kept */
  async answerLate(
    database: Database,
    caseId: string,
    advance: (developmentId: string) => Promise<void>,
  ): Promise<boolean> {
    const { developmentId } = await database.case.findUniqueOrThrow({ where: { id: caseId } });
    await advance(developmentId);
    return true;
  }

  /** Staff stop a development before its settlement is authorised. Refusals: development_not_found, not_staff, has_stake, wrong_stage. */
  async stop(tx: Tx, partyId: string, developmentId: string, reason: string): Promise<void> {
    const { development, proposal } = await lockDevelopment(tx, developmentId);
    await requireStaff(tx, partyId);
    await requireNoStake(tx, partyId, developmentId);
    await this.refunding.refundEveryone(tx, development, {
      move: "stop",
      by: { partyId, as: "staff" },
      ending: "stopped",
      sentence: `Staff have stopped “${proposal.title}”: ${reason}`,
      note: reason,
    });
  }

  async #caseFor(tx: Tx, partyId: string, caseId: string) {
    const found = await tx.case.findUnique({ where: { id: caseId } });
    if (found === null) throw refusal("case_not_found");
    const { development, proposal } = await lockDevelopment(tx, found.developmentId);
    await requireStaff(tx, partyId);
    await requireNoStake(tx, partyId, found.developmentId);
    const open = await tx.case.findUniqueOrThrow({ where: { id: caseId } });
    if (open.ruling !== null || open.closedAt !== null || proposal.currentDevelopmentId !== found.developmentId)
      throw refusal("case_closed");
    return { open, development, proposal };
  }
}

async function staffOf(tx: Tx): Promise<string[]> {
  const { spaceId } = await platformSpace(tx);
  const rows = await tx.role.findMany({ where: { spaceId, role: "staff", validUntil: null }, take: 100 });
  return rows.map((row) => row.partyId);
}
