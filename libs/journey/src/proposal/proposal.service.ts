import { Injectable } from "@nestjs/common";
import { type CloseReason, type CreateProposal, refusal } from "@freehold/contract";
import { now, type Tx } from "@freehold/database";
import { newId } from "@freehold/values";
import { lockProposal, moveProposal, record } from "../history/record.ts";
import { projectNamed } from "../project/project.ts";
import { policyInForce } from "../space/policy.ts";
import { requireStaff } from "../space/staff.ts";

@Injectable()
export class ProposalService {
  /** 003-10: anyone, user or developer, may propose a feature, for any platform (003-04). */
  async propose(tx: Tx, partyId: string, body: CreateProposal): Promise<{ id: string }> {
    const project = await projectNamed(tx, body.project);
    const at = await now(tx);
    const policy = await policyInForce(tx);
    const id = newId();
    await tx.proposal.create({
      data: { id, projectId: project.id, proposerId: partyId, title: body.title, createdAt: at, stageSince: at },
    });
    await tx.proposalRevision.create({
      data: {
        id: newId(),
        proposalId: id,
        number: 1,
        title: body.title,
        body: body.body,
        points: body.points,
        authorId: partyId,
        createdAt: at,
      },
    });
    await record(tx, {
      subjectType: "proposal",
      subjectId: id,
      by: { partyId, as: "anyone" },
      move: "propose",
      from: null,
      to: "open",
      policyVersionId: policy.id,
    });
    return { id };
  }

  /**
   * Ends a proposal that is open. Its proposer may withdraw it while nobody else has estimated; staff may close it for any
   * reason, said in public. Refusals: proposal_not_found, not_proposer, wrong_stage, others_have_estimated.
   */
  async close(tx: Tx, partyId: string, proposalId: string, reason: CloseReason, note: string): Promise<void> {
    const proposal = await lockProposal(tx, proposalId);
    if (proposal === null) throw refusal("proposal_not_found");
    const own = proposal.proposerId === partyId && reason === "withdrawn";
    if (!own) {
      if (reason === "withdrawn") throw refusal("not_proposer");
      await requireStaff(tx, partyId);
    }
    if (own && proposal.stage === "open") {
      const others = await tx.estimate.count({ where: { proposalId, supersededAt: null, partyId: { not: partyId } } });
      if (others > 0) throw refusal("others_have_estimated");
    }
    await moveProposal(
      tx,
      proposalId,
      "close",
      { partyId, as: own ? "proposer" : "staff" },
      { reason: `${reason}: ${note}`, closed: { reason, note } },
    );
  }
}
