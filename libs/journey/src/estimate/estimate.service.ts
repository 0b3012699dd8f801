import { Injectable } from "@nestjs/common";
import { refusal } from "@freehold/contract";
import { now, type Tx } from "@freehold/database";
import { formatMoney, newId, usd } from "@freehold/values";
import { lockProposal } from "../history/record.ts";
import { lockParty } from "../party/party.service.ts";
import { donatedBy, estimateCap, isEstablished } from "../party/support.ts";
import { minorOf } from "../policy.ts";
import { rankProposal } from "../proposal/ranking.ts";
import { policyInForce } from "../space/policy.ts";
import { estimateStages, requireStage } from "../stage.ts";
import { requireSmallest, requireWithinCap } from "./estimate.ts";

@Injectable()
export class EstimateService {
  /**
   * 003-11, 003-12: what the party would pay; no money moves. One per party and proposal; a new number replaces the old.
   * Refusals, in this order: proposal_not_found, wrong_stage, own_money, currency_not_accepted, amount_too_small,
   * estimate_above_cap, open_estimates_above_limit.
   */
  async estimate(
    tx: Tx,
    partyId: string,
    proposalId: string,
    amount: { minor: string; currency: string },
  ): Promise<{ id: string }> {
    const minor = BigInt(amount.minor);
    const proposal = await lockProposal(tx, proposalId);
    if (proposal === null) throw refusal("proposal_not_found");
    requireStage(proposal.stage, estimateStages, "Estimating");
    if (proposal.currentDevelopmentId !== null) {
      const { developerId } = await tx.development.findUniqueOrThrow({ where: { id: proposal.currentDevelopmentId } });
      if (developerId === partyId)
        throw refusal("own_money", "You are building this; your own number would tell the others nothing.");
    }
    await lockParty(tx, partyId);
    const { id: policyVersionId, policy } = await policyInForce(tx);
    requireSmallest(policy, { minor, currency: amount.currency }, "An estimate");
    const cap = await estimateCap(tx, partyId, policy);
    requireWithinCap(minor, cap.minor, await donatedBy(tx, partyId, proposalId));
    if (!(await isEstablished(tx, partyId, policy))) {
      const limit = minorOf(policy, "newcomer_open_estimates");
      const [row] = await tx.$queryRaw<{ sum: bigint }[]>`
        SELECT COALESCE(sum(e.amount_minor), 0)::bigint AS sum FROM estimate e JOIN proposal p ON p.id = e.proposal_id
        WHERE e.party_id = ${partyId}::uuid AND e.superseded_at IS NULL AND e.proposal_id <> ${proposalId}::uuid
          AND p.stage IN ('open', 'in_development')`;
      if (row!.sum + minor > limit)
        throw refusal(
          "open_estimates_above_limit",
          `Newcomers' open estimates together are at most ${formatMoney(usd(limit))}; after a week here the limit is gone.`,
          { limit: limit.toString() },
        );
    }
    return this.replace(tx, { partyId, proposalId, minor, policyVersionId, source: "estimate" });
  }

  /** Writes the new number in place of the old one; the cap was checked by whoever calls. */
  async replace(
    tx: Tx,
    it: {
      partyId: string;
      proposalId: string;
      minor: bigint;
      policyVersionId: string;
      source: "estimate" | "donation";
    },
  ): Promise<{ id: string }> {
    const at = await now(tx);
    const [revision] = await tx.proposalRevision.findMany({
      where: { proposalId: it.proposalId },
      orderBy: { number: "desc" },
      take: 1,
      select: { id: true },
    });
    await tx.estimate.updateMany({
      where: { proposalId: it.proposalId, partyId: it.partyId, supersededAt: null },
      data: { supersededAt: at },
    });
    const id = newId();
    await tx.estimate.create({
      data: {
        id,
        proposalId: it.proposalId,
        partyId: it.partyId,
        revisionId: revision!.id,
        amountMinor: it.minor,
        currency: "USD",
        source: it.source,
        policyVersionId: it.policyVersionId,
        createdAt: at,
      },
    });
    const { policy } = await policyInForce(tx);
    await rankProposal(tx, it.proposalId, policy);
    return { id };
  }

  /** Takes the party's number back. Refusals: proposal_not_found, wrong_stage, estimate_not_found. */
  async withdraw(tx: Tx, partyId: string, proposalId: string): Promise<void> {
    const proposal = await lockProposal(tx, proposalId);
    if (proposal === null) throw refusal("proposal_not_found");
    requireStage(proposal.stage, estimateStages, "Withdrawing an estimate");
    const { count } = await tx.estimate.updateMany({
      where: { proposalId, partyId, supersededAt: null },
      data: { supersededAt: await now(tx) },
    });
    if (count === 0) throw refusal("estimate_not_found");
    const { policy } = await policyInForce(tx);
    await rankProposal(tx, proposalId, policy);
  }
}
