import { newId } from "@freehold/values";
import type { Tx } from "@freehold/database";
import type { Leg } from "./postings.ts";

export interface Posting {
  /** Says once and for all what this is: the same key never posts twice, and never something else. */
  key: string;
  event: string;
  /** When it happened in the story (UTC); the database adds when it was recorded. */
  occurredAt: Date;
  paymentId?: string;
  developmentId?: string;
  legs: readonly Leg[];
  /** What caused it: ids only. */
  causation?: Readonly<Record<string, string>>;
}

/**
 * Posts one balanced transaction through the database's own function. Legs of zero are left out.
 * The same key with the same legs is a no-op; with other legs it is an error (a bug, not a refusal).
 */
export async function post(tx: Tx, posting: Posting): Promise<void> {
  const legs = posting.legs
    .filter((leg) => leg.amount !== 0n)
    .map((leg) => ({ ...leg, amount: leg.amount.toString() }));
  await tx.$queryRaw`
    SELECT ledger_post(${newId()}::uuid, ${posting.key}, ${posting.event}, ${posting.occurredAt}::timestamptz,
      ${posting.paymentId ?? null}::uuid, ${posting.developmentId ?? null}::uuid,
      ${JSON.stringify(legs)}::jsonb, ${JSON.stringify(posting.causation ?? {})}::jsonb) AS id`;
}
