import { refusal } from "@freehold/contract";
import type { Tx } from "@freehold/database";
import { usd, type Money } from "@freehold/values";
import { type Policy, minorOf, msOf } from "../policy.ts";

/**
 * A party's largest successful contribution: the largest sum, over proposals, of its pledges that were paid out to an
 * unlinked developer and not refunded, charged back or warned of since. Donations do not count. Computed when asked, never stored (003-13).
 */
export async function largestSuccessfulContribution(tx: Tx, partyId: string): Promise<Money> {
  const [row] = await tx.$queryRaw<{ largest: bigint | null }[]>`
    SELECT max(total)::bigint AS largest FROM (
      SELECT sum((SELECT sum(o.amount_minor + o.platform_fee_minor - o.reversed_minor) FROM payout o
          WHERE o.payment_id = m.id AND o.purpose = 'payout' AND o.state = 'confirmed')) AS total
      FROM payment m
      JOIN pledge g ON g.id = m.id
      JOIN development d ON d.id = g.development_id
      WHERE m.payer_id = ${partyId}::uuid AND m.kind = 'pledge' AND m.state = 'paid'
        AND m.fraud_warned_at IS NULL
        AND NOT EXISTS (SELECT 1 FROM chargeback c WHERE c.payment_id = m.id AND c.state IN ('open', 'lost'))
        AND NOT EXISTS (SELECT 1 FROM refund r WHERE r.payment_id = m.id AND r.kind = 'outside')
        AND NOT EXISTS (
          SELECT 1 FROM link l WHERE l.valid_until IS NULL
            AND ((l.party_id = m.payer_id AND l.other_party_id = d.developer_id)
              OR (l.other_party_id = m.payer_id AND l.party_id = d.developer_id)))
      GROUP BY g.proposal_id) AS by_proposal`;
  return usd(row?.largest ?? 0n);
}

/** 003-13: the greater of the cap and twice the party's largest successful contribution. Exactly at the cap is allowed. */
export async function estimateCap(tx: Tx, partyId: string, policy: Policy): Promise<Money> {
  const { minor } = await largestSuccessfulContribution(tx, partyId);
  const cap = minorOf(policy, "estimate_cap");
  return usd(2n * minor > cap ? 2n * minor : cap);
}

/** Whether the party has been here long enough, or has paid something here. */
export async function isEstablished(tx: Tx, partyId: string, policy: Policy): Promise<boolean> {
  const [row] = await tx.$queryRaw<{ established: boolean }[]>`
    SELECT (p.first_seen_at <= clock_now() - ${msOf(policy, "established_after")} * interval '1 millisecond'
      OR EXISTS (SELECT 1 FROM payment m WHERE m.payer_id = p.id AND m.state IN ('given', 'held', 'settling', 'paid'))) AS established
    FROM party p WHERE p.id = ${partyId}::uuid`;
  return row?.established ?? false;
}

/** A developer is new until a settlement of theirs is old enough. */
export async function isNewDeveloper(tx: Tx, partyId: string, policy: Policy): Promise<boolean> {
  const [row] = await tx.$queryRaw<{ known: boolean }[]>`
    SELECT EXISTS (
      SELECT 1 FROM settlement s JOIN development d ON d.id = s.development_id
      WHERE d.developer_id = ${partyId}::uuid AND d.ending = 'settled'
        AND s.completed_at <= clock_now() - ${msOf(policy, "developer_known_after")} * interval '1 millisecond') AS known`;
  return !(row?.known ?? false);
}

/** Card testing (H6): only so many pages in an hour that nobody paid on. Refuses too_many_attempts. */
export async function requireFewAttempts(tx: Tx, partyId: string, policy: Policy): Promise<void> {
  const [row] = await tx.$queryRaw<{ n: number }[]>`
    SELECT count(*)::int AS n FROM payment
    WHERE payer_id = ${partyId}::uuid AND state IN ('opened', 'failed', 'expired') AND created_at > clock_now() - interval '1 hour'`;
  if (row!.n >= policy.unpaid_pages_an_hour)
    throw refusal(
      "too_many_attempts",
      `You opened ${row!.n} payment pages within an hour without paying. Try again later.`,
      {
        within: "1 hour",
      },
    );
}

/** What a party has given to the developers of a proposal so far, minor units. */
export async function donatedBy(tx: Tx, partyId: string, proposalId: string): Promise<bigint> {
  const [row] = await tx.$queryRaw<{ sum: bigint }[]>`
    SELECT COALESCE(sum(m.amount_minor), 0)::bigint AS sum
    FROM payment m JOIN donation g ON g.id = m.id JOIN development d ON d.id = g.development_id
    WHERE d.proposal_id = ${proposalId}::uuid AND m.payer_id = ${partyId}::uuid AND m.state = 'given'`;
  return row!.sum;
}

/**
 * Whether a party holds a stake in a development: its developer or a payee, somebody who paid for it, or the same owner as
 * one of them. Nobody judges a case in which they hold a stake.
 */
export async function stakeIn(tx: Tx, partyId: string, developmentId: string): Promise<boolean> {
  const [row] = await tx.$queryRaw<{ stake: boolean }[]>`
    WITH concerned AS (
      SELECT developer_id AS id FROM development WHERE id = ${developmentId}::uuid
      UNION SELECT party_id FROM payee_line WHERE development_id = ${developmentId}::uuid
      UNION SELECT payer_id FROM payment WHERE development_id = ${developmentId}::uuid AND state NOT IN ('opened', 'failed', 'expired')
      UNION SELECT p.proposer_id FROM proposal p JOIN development d ON d.proposal_id = p.id WHERE d.id = ${developmentId}::uuid)
    SELECT EXISTS (
      SELECT 1 FROM concerned c WHERE c.id = ${partyId}::uuid
      UNION ALL
      SELECT 1 FROM link l JOIN concerned c ON c.id IN (l.party_id, l.other_party_id)
      WHERE l.valid_until IS NULL AND ${partyId}::uuid IN (l.party_id, l.other_party_id)) AS stake`;
  return row!.stake;
}
