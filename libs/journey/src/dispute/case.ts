import type { Tx } from "@freehold/database";
import { type Policy } from "../policy.ts";

export interface Weight {
  /** Held money of a development, and what of it belongs to disputers, minor units. */
  held: bigint;
  disputed: bigint;
  disputers: number;
}

export async function weightOf(tx: Tx, caseId: string, developmentId: string): Promise<Weight> {
  const [row] = await tx.$queryRaw<Weight[]>`
    SELECT COALESCE(sum(p.held_minor), 0)::bigint AS held,
      COALESCE(sum(p.held_minor) FILTER (WHERE d.id IS NOT NULL), 0)::bigint AS disputed,
      (count(DISTINCT d.party_id))::int AS disputers
    FROM payment p LEFT JOIN dispute d ON d.party_id = p.payer_id AND d.case_id = ${caseId}::uuid
    WHERE p.development_id = ${developmentId}::uuid AND p.kind = 'pledge' AND p.state = 'held'`;
  return row!;
}

/**
 * A dispute always stops the disputer's own pledge. It stops the others only while disputers hold a tenth of the held
 * money, are three or more, or staff admitted it (DESIGN 4).
 */
export function isBlocking(weight: Weight, admitted: boolean | null, policy: Policy): boolean {
  if (admitted !== null) return admitted;
  return (
    weight.disputers >= policy.dispute_blocking_backers ||
    weight.disputed * 10_000n >= weight.held * BigInt(policy.dispute_blocking_share)
  );
}
