import { refusal } from "@freehold/contract";
import type { Tx } from "@freehold/database";

/** Refuses not_a_backer unless the party has money in the hold of this development. @returns how much, minor units */
export async function requireBacker(tx: Tx, partyId: string, developmentId: string): Promise<bigint> {
  const [row] = await tx.$queryRaw<{ sum: bigint }[]>`
    SELECT COALESCE(sum(held_minor), 0)::bigint AS sum FROM payment
    WHERE development_id = ${developmentId}::uuid AND payer_id = ${partyId}::uuid AND kind = 'pledge' AND state = 'held'`;
  if (row!.sum === 0n) throw refusal("not_a_backer");
  return row!.sum;
}
