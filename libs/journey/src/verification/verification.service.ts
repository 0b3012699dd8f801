import { Injectable } from "@nestjs/common";
import { refusal } from "@freehold/contract";
import { now, type Tx } from "@freehold/database";
import { after, within } from "@freehold/values";
import { setDeadline } from "../deadline.ts";
import { lockDevelopment, requireRunning } from "../development/development.ts";
import { msOf } from "../policy.ts";
import { policyVersion } from "../space/policy.ts";
import { requireStage } from "../stage.ts";
import { requireBacker } from "./backer.ts";

/** What backers do while the window is open. */
@Injectable()
export class VerificationService {
  /**
   * "As I tried it": a backer's word for the release. When every backer has said so, the window ends at its seventh day.
   * Refusals, in this order: release_not_found, wrong_stage, window_closed, not_a_backer, already_disputed, already_confirmed.
   */
  async confirm(tx: Tx, partyId: string, releaseId: string): Promise<void> {
    const { development, verification } = await this.openWindow(tx, releaseId);
    await requireBacker(tx, partyId, development.id);
    if ((await tx.dispute.count({ where: { releaseId, partyId } })) > 0) throw refusal("already_disputed");
    const at = await now(tx);
    const { count } = await tx.confirmation.createMany({ data: [{ releaseId, partyId, at }], skipDuplicates: true });
    // Since it came back they may say so again.
    const before = { releaseId, partyId, at: { lt: verification.publicSince } };
    if (count === 0 && (await tx.confirmation.updateMany({ where: before, data: { at } })).count === 0)
      throw refusal("already_confirmed");
    const [row] = await tx.$queryRaw<{ missing: number }[]>`
      SELECT count(DISTINCT payer_id)::int AS missing FROM payment p
      WHERE p.development_id = ${development.id}::uuid AND p.kind = 'pledge' AND p.state = 'held'
        AND NOT EXISTS (SELECT 1 FROM confirmation c
          WHERE c.release_id = ${releaseId}::uuid AND c.party_id = p.payer_id AND c.at >= ${verification.publicSince})`;
    if (row!.missing > 0) return;
    const policy = await policyVersion(tx, development.policyVersionId);
    // Of the time for which it has been public without a break: a word from before says nothing about what came back.
    const seventh = after(verification.publicSince, msOf(policy, "window_all_confirmed"));
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
}
