import type { EstimateSummary } from "@freehold/contract";
import type { Tx } from "@freehold/database";
import { type Policy, msOf } from "../policy.ts";

interface Sums {
  establishedSum: bigint;
  establishedPeople: number;
  otherSum: bigint;
  otherPeople: number;
  paidBefore: number;
}

async function sums(tx: Tx, proposalId: string, policy: Policy): Promise<Sums> {
  const [row] = await tx.$queryRaw<Sums[]>`
    WITH e AS (
      SELECT est.amount_minor AS minor,
        EXISTS (SELECT 1 FROM payment m WHERE m.payer_id = est.party_id AND m.state IN ('given', 'held', 'settling', 'paid')) AS paid,
        p.first_seen_at <= clock_now() - ${msOf(policy, "established_after")} * interval '1 millisecond' AS known
      FROM estimate est JOIN party p ON p.id = est.party_id
      WHERE est.proposal_id = ${proposalId}::uuid AND est.superseded_at IS NULL)
    SELECT COALESCE(sum(minor) FILTER (WHERE paid OR known), 0)::bigint AS "establishedSum",
      (count(*) FILTER (WHERE paid OR known))::int AS "establishedPeople",
      COALESCE(sum(minor) FILTER (WHERE NOT (paid OR known)), 0)::bigint AS "otherSum",
      (count(*) FILTER (WHERE NOT (paid OR known)))::int AS "otherPeople",
      (count(*) FILTER (WHERE paid))::int AS "paidBefore"
    FROM e`;
  return row!;
}

/** Estimates as pages show them: established parties and, beside them as what they are, the others. */
export async function estimateSummary(tx: Tx, proposalId: string, policy: Policy): Promise<EstimateSummary> {
  const row = await sums(tx, proposalId, policy);
  const money = (minor: bigint) => ({ minor: minor.toString(), currency: "USD" as const });
  return {
    established: { sum: money(row.establishedSum), people: row.establishedPeople },
    others: { sum: money(row.otherSum), people: row.otherPeople },
    paidBefore: row.paidBefore,
  };
}

/** Writes what the list is ordered by (003-14): the sum of established parties' estimates. */
export async function rankProposal(tx: Tx, proposalId: string, policy: Policy): Promise<void> {
  const { establishedSum } = await sums(tx, proposalId, policy);
  await tx.$executeRaw`
    UPDATE proposal SET rank_minor = ${establishedSum}, ranked_at = clock_now() WHERE id = ${proposalId}::uuid`;
}

/** Ranks the open proposals anew whose rank is oldest: people become established by the passing of time. */
export async function rankOldest(tx: Tx, policy: Policy, limit = 50): Promise<number> {
  const rows = await tx.$queryRaw<{ id: string }[]>`
    SELECT id FROM proposal WHERE stage IN ('open', 'in_development') AND (ranked_at IS NULL OR ranked_at < clock_now() - interval '6 hours')
    ORDER BY ranked_at NULLS FIRST LIMIT ${limit} FOR UPDATE SKIP LOCKED`;
  for (const row of rows) await rankProposal(tx, row.id, policy);
  return rows.length;
}
