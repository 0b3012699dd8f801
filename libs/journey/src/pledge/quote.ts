import { refusal } from "@freehold/contract";
import { now, type Tx } from "@freehold/database";
import { after } from "@freehold/values";
import { requireSmallest } from "../estimate/estimate.ts";
import { minorOf, msOf, serviceFee } from "../policy.ts";
import { policyInForce } from "../space/policy.ts";

/** The policy under which a pledge made now would stand, and what it would mean. No row is written. */
export async function quotePledge(tx: Tx, developmentId: string, minor: bigint) {
  const development = await tx.development.findUnique({ where: { id: developmentId }, include: { preview: true } });
  if (development === null) throw refusal("development_not_found");
  const at = await now(tx);
  if (development.preview === null || development.endedAt !== null || at >= development.preview.closesAt)
    throw refusal("preview_closed");
  const { policy } = await policyInForce(tx);
  requireSmallest(policy, { minor, currency: "USD" }, "A pledge");
  if (minor > minorOf(policy, "largest_pledge")) throw refusal("amount_too_large");
  const fee = serviceFee(policy, minor);
  const platformFee = (minor * BigInt(policy.platform_fee)) / 10_000n;
  return {
    fee,
    platformFee,
    closesAt: development.preview.closesAt,
    latestDay: development.decideBy ?? after(at, msOf(policy, "decide_by")),
    developerId: development.developerId,
  };
}
