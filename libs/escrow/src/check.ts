import { newId } from "@freehold/values";
import { type Database, now, type Tx } from "@freehold/database";
import { liabilityPurposes } from "./ledger/postings.ts";

export interface BooksProof {
  at: Date;
  balanced: boolean;
  /** One sentence for each thing that does not agree; empty when the books are proved. */
  findings: string[];
}

interface Finding {
  what: string;
  subject: string;
}

/**
 * Proves the books from the rows alone: every transaction sums to zero, balances equal their entries, each pledge's money
 * is in exactly one place and agrees with its state, what we owe lies at the processor, nothing is paid and returned,
 * and no development is finished while money of it waits.
 */
export async function proveBooks(database: Database): Promise<BooksProof> {
  return database.$transaction(
    async (tx) => {
      const rows = [
        ...(await unbalanced(tx)),
        ...(await wrongBalances(tx)),
        ...(await misplacedPledges(tx)),
        ...(await statesThatDisagree(tx)),
        ...(await liabilitiesUncovered(tx)),
      ];
      const findings = rows.map((row) => `${row.what}: ${row.subject}`);
      return { at: await now(tx), balanced: findings.length === 0, findings };
    },
    { isolationLevel: "RepeatableRead", timeout: 60_000 },
  );
}

/** Proves the books and keeps the proof, for the page and for the alarm. */
export async function proveAndKeep(database: Database): Promise<BooksProof> {
  const proof = await proveBooks(database);
  await database.booksProof.create({
    data: { id: newId(), at: proof.at, balanced: proof.balanced, findings: proof.findings },
  });
  return proof;
}

const unbalanced = (tx: Tx) => tx.$queryRaw<Finding[]>`
  SELECT 'transaction does not sum to zero' AS what, transaction_id::text AS subject
  FROM ledger_entry GROUP BY transaction_id, currency HAVING sum(amount_minor) <> 0
  UNION ALL
  SELECT 'transaction without two entries', t.id::text
  FROM ledger_transaction t LEFT JOIN ledger_entry e ON e.transaction_id = t.id GROUP BY t.id HAVING count(e.id) < 2`;

const wrongBalances = (tx: Tx) => tx.$queryRaw<Finding[]>`
  SELECT 'balance differs from its entries' AS what, a.code AS subject
  FROM ledger_account a LEFT JOIN ledger_entry e ON e.account_id = a.id
  WHERE a.materialised GROUP BY a.id HAVING a.balance <> COALESCE(sum(e.amount_minor), 0)`;

/** Per pledge: P (+ s for a whole refund) = held + refund_payable + refund_owed + refunded + paid gross. */
const misplacedPledges = (tx: Tx) => tx.$queryRaw<Finding[]>`
  WITH of_payment AS (
    SELECT p.id, p.kind, p.state, p.amount_minor, p.service_fee_minor,
      COALESCE(-sum(e.amount_minor) FILTER (WHERE a.purpose = 'holding'), 0) AS held,
      COALESCE(-sum(e.amount_minor) FILTER (WHERE a.purpose = 'refund_payable'), 0) AS payable,
      COALESCE(-sum(e.amount_minor) FILTER (WHERE a.purpose = 'refund_owed'), 0) AS owed,
      COALESCE(-sum(e.amount_minor) FILTER (WHERE a.purpose = 'payee'), 0) AS to_payees,
      COALESCE(-sum(e.amount_minor) FILTER (WHERE a.purpose = 'donation_payable'), 0) AS donation
    FROM payment p
    LEFT JOIN ledger_transaction t ON t.payment_id = p.id
    LEFT JOIN ledger_entry e ON e.transaction_id = t.id
    LEFT JOIN ledger_account a ON a.id = e.account_id
    GROUP BY p.id)
  SELECT 'money is not where the state says' AS what, o.id::text || ' (' || o.state || ')' AS subject
  FROM of_payment o LEFT JOIN refund r ON r.payment_id = o.id
  WHERE NOT CASE
    WHEN o.state = 'held' THEN o.held = o.amount_minor AND o.payable = 0 AND o.to_payees = 0
    WHEN o.state = 'refunding' THEN o.held = 0 AND o.payable = r.amount_minor AND o.to_payees = 0
    WHEN o.state = 'refunded' THEN o.held = 0 AND o.payable = 0 AND o.to_payees = 0
      AND o.owed = CASE WHEN r.state = 'owed' THEN r.amount_minor ELSE 0 END
    WHEN o.state = 'settling' THEN o.held = 0 AND o.payable = 0 AND r.id IS NULL
      AND o.to_payees = (SELECT COALESCE(sum(x.amount_minor), 0) FROM payout x WHERE x.payment_id = o.id AND x.state = 'planned')
    WHEN o.state = 'paid' THEN o.held = 0 AND o.payable = 0 AND o.to_payees = 0 AND r.id IS NULL
    ELSE o.held = 0 AND o.payable = 0 AND o.owed = 0 AND o.to_payees = 0 AND o.donation = 0
  END`;

const statesThatDisagree = (tx: Tx) => tx.$queryRaw<Finding[]>`
  SELECT 'confirmed refund without its object' AS what, id::text AS subject FROM refund WHERE state IN ('confirmed', 'owed') AND object_id IS NULL
  UNION ALL
  SELECT 'confirmed payout without its transfer', id::text FROM payout WHERE state = 'confirmed' AND object_id IS NULL
  UNION ALL
  SELECT 'paid and returned', p.payment_id::text FROM payout p JOIN refund r ON r.payment_id = p.payment_id
  UNION ALL
  SELECT 'payouts and platform fee do not add up to the pledge', m.id::text
  FROM payment m JOIN payout p ON p.payment_id = m.id
  GROUP BY m.id HAVING sum(p.amount_minor) + m.amount_minor * m.platform_fee_basis_points / 10000 <> m.amount_minor
  UNION ALL
  SELECT 'settlement complete while money waits', s.development_id::text
  FROM settlement s JOIN payment p ON p.development_id = s.development_id
  WHERE s.completed_at IS NOT NULL AND p.state IN ('held', 'refunding', 'settling') AND NOT p.locked
    AND NOT EXISTS (SELECT 1 FROM refund r WHERE r.payment_id = p.id AND r.state = 'parked')
  UNION ALL
  SELECT 'held for 75 days', p.id::text FROM payment p
  WHERE p.state = 'held' AND NOT p.locked AND p.charged_at < clock_now() - interval '75 days'`;

const liabilitiesUncovered = (tx: Tx) => tx.$queryRaw<Finding[]>`
  WITH sums AS (
    SELECT a.currency,
      COALESCE(sum(e.amount_minor) FILTER (WHERE a.purpose = 'psp_clearing'), 0) AS clearing,
      COALESCE(-sum(e.amount_minor) FILTER (WHERE a.purpose = ANY(${[...liabilityPurposes]})), 0) AS owed
    FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id GROUP BY a.currency)
  SELECT 'what we owe is more than what lies at the processor' AS what, currency || ': ' || owed || ' > ' || clearing AS subject
  FROM sums WHERE owed > clearing`;
