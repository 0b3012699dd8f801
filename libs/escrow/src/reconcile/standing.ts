import type Stripe from "stripe";
import type { Tx } from "@freehold/database";
import { liabilityPurposes, type PlatformPurpose, platformPurposes } from "../ledger/postings.ts";

type Reader = Pick<Tx, "$queryRaw">;

/** What the books say lies at the processor, and what of it we owe to others, USD minor units. */
export interface Booked {
  clearing: bigint;
  owed: bigint;
  held: bigint;
}

/**
 * The books' sums at one moment. Nothing reads all entries: platform-wide accounts go on from their latest checkpoint, what
 * we owe is kept as balances.
 */
export async function booked(from: Reader): Promise<Booked> {
  const [row] = await from.$queryRaw<Booked[]>`
    SELECT (SELECT COALESCE(sum(COALESCE(c.balance, 0) + n.since), 0)
        FROM ledger_account a
        LEFT JOIN LATERAL (SELECT entry_id, balance FROM balance_checkpoint WHERE account_id = a.id ORDER BY entry_id DESC LIMIT 1) c ON true
        CROSS JOIN LATERAL (SELECT COALESCE(sum(e.amount_minor), 0) AS since FROM ledger_entry e
          WHERE e.account_id = a.id AND e.id > COALESCE(c.entry_id, 0)) n
        WHERE a.purpose = 'psp_clearing' AND a.currency = 'USD')::bigint AS clearing,
      COALESCE(-sum(l.balance), 0)::bigint AS owed,
      COALESCE(-sum(l.balance) FILTER (WHERE l.purpose = 'holding'), 0)::bigint AS held
    FROM ledger_account l
    WHERE l.materialised AND l.balance <> 0 AND l.purpose = ANY(${[...liabilityPurposes]}) AND l.currency = 'USD'`;
  return row!;
}

/** The sums of the platform-wide accounts, USD minor units, debits positive. */
export async function platformSums(from: Reader): Promise<Record<PlatformPurpose, bigint>> {
  const rows = await from.$queryRaw<{ purpose: PlatformPurpose; sum: bigint }[]>`
    SELECT a.purpose, (COALESCE(c.balance, 0) + n.since)::bigint AS sum
    FROM ledger_account a
    LEFT JOIN LATERAL (SELECT entry_id, balance FROM balance_checkpoint WHERE account_id = a.id ORDER BY entry_id DESC LIMIT 1) c ON true
    CROSS JOIN LATERAL (SELECT COALESCE(sum(e.amount_minor), 0) AS since FROM ledger_entry e
      WHERE e.account_id = a.id AND e.id > COALESCE(c.entry_id, 0)) n
    WHERE a.purpose = ANY(${[...platformPurposes]}) AND a.currency = 'USD'`;
  const sums = new Map(rows.map((row) => [row.purpose, row.sum]));
  return Object.fromEntries(platformPurposes.map((purpose) => [purpose, sums.get(purpose) ?? 0n])) as Record<
    PlatformPurpose,
    bigint
  >;
}

/** What the processor itself says it holds for us, available and pending together, USD minor units. */
export async function atProcessor(stripe: Stripe): Promise<bigint> {
  const balance = await stripe.balance.retrieve();
  return [...balance.available, ...balance.pending]
    .filter((part) => part.currency === "usd")
    .reduce((sum, part) => sum + BigInt(part.amount), 0n);
}

/** What calls that are out at this moment may have taken off the balance there, though no entry says so yet. */
export async function underWay(from: Reader): Promise<bigint> {
  const [row] = await from.$queryRaw<{ minor: bigint }[]>`
    SELECT COALESCE(sum((request ->> 'amount')::bigint), 0)::bigint AS minor
    FROM intent WHERE state = 'SENT' AND purpose IN ('refund', 'transfer', 'payout')`;
  return row!.minor;
}
