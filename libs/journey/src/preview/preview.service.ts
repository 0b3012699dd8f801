import { Injectable } from "@nestjs/common";
import { type OpenPreview, refusal } from "@freehold/contract";
import { now, type Tx } from "@freehold/database";
import { after, DAY_MS, newId, sayMoment } from "@freehold/values";
import { endDeadlines, setDeadline } from "../deadline.ts";
import { lockDevelopment, requireDeveloper, requireRunning } from "../development/development.ts";
import { moveProposal } from "../history/record.ts";
import { concernedWith, notify, proposalPath } from "../notice/notify.ts";
import { policyVersion } from "../space/policy.ts";
import { requireStage } from "../stage.ts";
import { requireBranch, requireSpan } from "./preview.ts";

@Injectable()
export class PreviewService {
  /**
   * 003-23 to 003-25: the developer opens the preview: where, how to reach it, what it should do, for how long. What it
   * should do, how to reach it, the branch and the payees freeze now. That every payee can be paid was asked just before.
   * Refusals, in this order: development_not_found, not_developer, wrong_stage, baseline_missing, preview_length_invalid,
   * branch_invalid, payee_not_payable.
   */
  async open(tx: Tx, partyId: string, developmentId: string, body: OpenPreview): Promise<{ id: string }> {
    const { development, proposal } = await lockDevelopment(tx, developmentId);
    requireDeveloper(development, partyId);
    requireStage(proposal.stage, ["in_development"], "Opening a preview");
    requireRunning(development, proposal);
    if (development.baselineTakenAt === null)
      throw refusal(
        "baseline_missing",
        "We have not recorded the repository's state at the start yet; this happens by itself within minutes.",
      );
    const policy = await policyVersion(tx, development.policyVersionId);
    requireSpan(policy, body.days, body.windowDays);
    requireBranch(body.branch);
    for (const line of development.payees) {
      const account = await tx.payoutAccount.findUnique({ where: { partyId: line.partyId } });
      if (account?.state !== "payable")
        throw refusal("payee_not_payable", "Set up how you are paid first; then open the preview.");
    }
    const at = await now(tx);
    const id = newId();
    const closesAt = after(at, body.days * DAY_MS);
    await tx.preview.create({
      data: {
        id,
        developmentId,
        url: body.url,
        howToReach: body.howToReach,
        points: body.points,
        openedAt: at,
        closesAt,
        windowDays: body.windowDays,
        commitment: body.commitment ?? null,
      },
    });
    await tx.development.update({ where: { id: developmentId }, data: { branch: body.branch } });
    await tx.payeeLine.updateMany({ where: { developmentId }, data: { frozenAt: at } });
    await moveProposal(
      tx,
      proposal.id,
      "open_preview",
      { partyId, as: "developer" },
      {
        policyVersionId: development.policyVersionId,
        detail: { developmentId, closesAt: closesAt.toISOString() },
      },
    );
    await endDeadlines(tx, developmentId, ["reservation_lapses"], at);
    await setDeadline(tx, "preview_closes", developmentId, closesAt);
    await notify(tx, await concernedWith(tx, proposal.id), {
      key: `preview:${id}:opened`,
      kind: "preview_opened",
      sentence: `“${proposal.title}” is ready to try, until ${sayMoment(closesAt)}.`,
      path: proposalPath(proposal.id),
    });
    return { id };
  }
}
