import { newId } from "@freehold/values";
import { now, type Tx } from "@freehold/database";

export interface NewNotice {
  /** The same key is told once to each party. */
  key: string;
  kind: string;
  /** Who, what, when, in one sentence. */
  sentence: string;
  /** Where it leads on this site. */
  path: string;
}

/** Tells parties something, once each. */
export async function notify(tx: Tx, partyIds: Iterable<string>, notice: NewNotice): Promise<void> {
  const at = await now(tx);
  const to = [...new Set(partyIds)];
  if (to.length === 0) return;
  await tx.notice.createMany({
    data: to.map((partyId) => ({ id: newId(), partyId, ...notice, createdAt: at })),
    skipDuplicates: true,
  });
}

export const proposalPath = (proposalId: string): string => `/proposals/${proposalId}`;

/** Everybody concerned with a proposal: its proposer, who estimates, donates, pledges, and its current developer. */
export async function concernedWith(tx: Tx, proposalId: string): Promise<string[]> {
  const rows = await tx.$queryRaw<{ id: string }[]>`
    SELECT proposer_id AS id FROM proposal WHERE id = ${proposalId}::uuid
    UNION SELECT party_id FROM estimate WHERE proposal_id = ${proposalId}::uuid AND superseded_at IS NULL
    UNION SELECT d.developer_id FROM development d JOIN proposal p ON p.current_development_id = d.id WHERE p.id = ${proposalId}::uuid
    UNION SELECT g.party_id FROM donation g JOIN payment m ON m.id = g.id JOIN development d ON d.id = g.development_id
      WHERE d.proposal_id = ${proposalId}::uuid AND m.state = 'given'
    UNION SELECT g.party_id FROM pledge g JOIN payment m ON m.id = g.id
      WHERE g.proposal_id = ${proposalId}::uuid AND m.state NOT IN ('opened', 'failed', 'expired')`;
  return rows.map((row) => row.id);
}

/** Parties with money in a development's hold (or on its way out of it). */
export async function backersOf(tx: Tx, developmentId: string): Promise<string[]> {
  const rows = await tx.$queryRaw<{ id: string }[]>`
    SELECT DISTINCT payer_id AS id FROM payment
    WHERE development_id = ${developmentId}::uuid AND kind = 'pledge' AND state IN ('held', 'refunding', 'settling', 'paid', 'refunded')`;
  return rows.map((row) => row.id);
}
