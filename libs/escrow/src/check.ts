import { newId } from "@freehold/values";
import { type Database, now } from "@freehold/database";
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
 * Proves the books from the rows alone (I1–I3, I5, I7, I8, I11): every transaction sums to zero, balances equal their
 * entries, each pledge's money is in exactly one place and agrees with its state, what we owe lies at the processor,
 * nothing is paid and returned, no state changed without a row of history, and no money waits for ever.
 * @param developmentId only what belongs to this development, instead of everything
 */
export async function proveBooks(database: Database, developmentId?: string): Promise<BooksProof> {
  return database.$transaction(
    async (tx) => {
      const proofs = developmentId === undefined ? [...proofsOfRows, ...proofsOfAll] : proofsOfRows;
      const findings: string[] = [];
      for (const proof of proofs) {
        const sql = proof.replaceAll("IN_SCOPE", developmentId === undefined ? "true" : "development_id = $1::uuid");
        const rows = await tx.$queryRawUnsafe<Finding[]>(sql, ...(developmentId === undefined ? [] : [developmentId]));
        findings.push(...rows.map((row) => `${row.what}: ${row.subject}`));
      }
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

/** I1 */
const unbalanced = `
  WITH entries AS (
    SELECT t.id, e.currency, e.amount_minor FROM ledger_transaction t LEFT JOIN ledger_entry e ON e.transaction_id = t.id WHERE IN_SCOPE)
  SELECT 'transaction does not sum to zero' AS what, id::text AS subject FROM entries GROUP BY id, currency HAVING sum(amount_minor) <> 0
  UNION ALL
  SELECT 'transaction without two entries', id::text FROM entries GROUP BY id HAVING count(amount_minor) < 2`;

/** I2: the accounts of payees belong to no development; they are proved with everything. */
const wrongBalances = `
  WITH mine AS (SELECT *, owner_id AS development_id FROM ledger_account)
  SELECT 'balance differs from its entries' AS what, a.code AS subject
  FROM mine a LEFT JOIN ledger_entry e ON e.account_id = a.id
  WHERE a.materialised AND IN_SCOPE GROUP BY a.id, a.code, a.balance HAVING a.balance <> COALESCE(sum(e.amount_minor), 0)`;

/**
 * I3, I5. What the ledger says of each payment, account by account, is what its rows say; and of each pledge that was charged
 * P = held + returned from the hold + paid out gross + taken by the bank from the hold.
 */
const misplaced = `
  WITH mine AS (SELECT * FROM payment WHERE IN_SCOPE),
  booked AS (
    SELECT t.payment_id AS id,
      COALESCE(-sum(e.amount_minor) FILTER (WHERE a.purpose = 'holding'), 0) AS held,
      COALESCE(-sum(e.amount_minor) FILTER (WHERE a.purpose = 'refund_payable'), 0) AS payable,
      COALESCE(-sum(e.amount_minor) FILTER (WHERE a.purpose = 'refund_owed'), 0) AS owed,
      COALESCE(-sum(e.amount_minor) FILTER (WHERE a.purpose = 'payee'), 0) AS to_payees,
      COALESCE(-sum(e.amount_minor) FILTER (WHERE a.purpose = 'donation_payable'), 0) AS donation
    FROM mine m JOIN ledger_transaction t ON t.payment_id = m.id
    JOIN ledger_entry e ON e.transaction_id = t.id JOIN ledger_account a ON a.id = e.account_id
    GROUP BY t.payment_id),
  returned AS (
    SELECT r.payment_id AS id, sum(r.from_hold_minor) AS from_hold,
      COALESCE(sum(r.amount_minor - r.absorbed_minor) FILTER (WHERE r.state IN ('planned', 'parked')), 0) AS waiting,
      COALESCE(sum(r.amount_minor - r.absorbed_minor) FILTER (WHERE r.state = 'owed'), 0) AS owed
    FROM mine m JOIN refund r ON r.payment_id = m.id GROUP BY r.payment_id),
  sent AS (
    SELECT o.payment_id AS id,
      COALESCE(sum(o.amount_minor + o.platform_fee_minor) FILTER (WHERE o.purpose = 'payout' AND o.state <> 'stopped'), 0) AS gross,
      COALESCE(sum(o.amount_minor - o.netted_minor) FILTER (WHERE o.purpose = 'payout' AND o.state = 'planned'), 0) AS planned,
      COALESCE(sum(o.amount_minor) FILTER (WHERE o.purpose <> 'payout' AND o.state = 'confirmed'), 0) AS again
    FROM mine m JOIN payout o ON o.payment_id = m.id GROUP BY o.payment_id),
  reversed AS (
    SELECT o.payment_id AS id, sum(v.amount_minor) AS outside
    FROM mine m JOIN payout o ON o.payment_id = m.id JOIN transfer_reversal v ON v.payout_id = o.id
    WHERE v.origin = 'outside' AND v.state = 'confirmed' GROUP BY o.payment_id),
  taken AS (
    SELECT c.payment_id AS id, sum(c.from_hold_minor) AS from_hold FROM mine m JOIN chargeback c ON c.payment_id = m.id GROUP BY c.payment_id)
  SELECT 'money is not where the rows say' AS what, m.id::text || ' (' || m.state || ')' AS subject
  FROM mine m LEFT JOIN booked b ON b.id = m.id LEFT JOIN returned r ON r.id = m.id LEFT JOIN sent s ON s.id = m.id
  LEFT JOIN reversed v ON v.id = m.id LEFT JOIN taken k ON k.id = m.id
  WHERE COALESCE(b.held, 0) <> m.held_minor
    OR COALESCE(b.payable, 0) <> COALESCE(r.waiting, 0)
    OR COALESCE(b.owed, 0) <> COALESCE(r.owed, 0)
    OR COALESCE(b.to_payees, 0) <> COALESCE(s.planned, 0) + COALESCE(v.outside, 0) - COALESCE(s.again, 0)
    OR COALESCE(b.donation, 0) <> 0
    OR (m.kind = 'pledge' AND m.state NOT IN ('opened', 'failed', 'expired')
      AND m.amount_minor <> m.held_minor + COALESCE(r.from_hold, 0) + COALESCE(s.gross, 0) + COALESCE(k.from_hold, 0))`;

const statesThatDisagree = `
  WITH mine AS (SELECT * FROM payment WHERE IN_SCOPE)
  SELECT 'confirmed refund without its object' AS what, r.id::text AS subject
  FROM mine m JOIN refund r ON r.payment_id = m.id WHERE r.state IN ('confirmed', 'owed') AND r.object_id IS NULL
  UNION ALL
  SELECT 'confirmed payout without its transfer', o.id::text
  FROM mine m JOIN payout o ON o.payment_id = m.id WHERE o.state = 'confirmed' AND o.object_id IS NULL
  UNION ALL
  SELECT 'paid and returned', m.id::text
  FROM mine m WHERE EXISTS (SELECT 1 FROM payout o WHERE o.payment_id = m.id AND o.state <> 'stopped')
    AND EXISTS (SELECT 1 FROM refund r WHERE r.payment_id = m.id AND r.purpose = 'return' AND r.state <> 'absorbed')
  UNION ALL
  SELECT 'stopped without a cause, or free with one', m.id::text
  FROM mine m WHERE m.locked <> EXISTS (SELECT 1 FROM payment_stop s WHERE s.payment_id = m.id AND s.lifted_at IS NULL)
  UNION ALL
  SELECT 'settlement complete while money waits', s.development_id::text
  FROM settlement s JOIN mine m ON m.development_id = s.development_id
  WHERE s.completed_at IS NOT NULL AND m.state IN ('held', 'refunding', 'settling') AND NOT m.locked AND m.state_since < s.completed_at
    AND NOT EXISTS (SELECT 1 FROM refund r WHERE r.payment_id = m.id AND r.state = 'parked')
  UNION ALL
  SELECT 'held for 75 days', m.id::text FROM mine m WHERE m.state = 'held' AND m.charged_at < clock_now() - interval '75 days'`;

/** I8: the last row of history of everything that has a state names the state it is in. */
const historyThatDisagrees = `
  WITH mine AS (SELECT id, state FROM payment WHERE IN_SCOPE),
  things AS (
    SELECT 'payment' AS machine, id, state FROM mine
    UNION ALL SELECT 'refund', r.id, r.state FROM mine m JOIN refund r ON r.payment_id = m.id
    UNION ALL SELECT 'payout', o.id, o.state FROM mine m JOIN payout o ON o.payment_id = m.id
    UNION ALL SELECT 'chargeback', c.id, c.state FROM mine m JOIN chargeback c ON c.payment_id = m.id
    UNION ALL SELECT 'intent', id, state FROM intent WHERE IN_SCOPE)
  SELECT 'a state changed without history' AS what, t.machine || ' ' || t.id AS subject
  FROM things t LEFT JOIN LATERAL (
    SELECT to_state FROM history h WHERE h.subject_type = t.machine AND h.subject_id = t.id ORDER BY sequence DESC LIMIT 1) h ON true
  WHERE h.to_state IS DISTINCT FROM t.state`;

/** I11: whatever was sent is asked about until it is known. */
const forgottenIntents = `
  SELECT 'sent, and nobody has asked for a day what became of it' AS what, id::text AS subject
  FROM intent WHERE IN_SCOPE AND state IN ('SENT', 'UNKNOWN') AND due_at < now() - interval '1 day'`;

/** I7 */
const liabilitiesUncovered = `
  WITH sums AS (
    SELECT a.currency,
      COALESCE(sum(e.amount_minor) FILTER (WHERE a.purpose = 'psp_clearing'), 0) AS clearing,
      COALESCE(-sum(e.amount_minor) FILTER (WHERE a.purpose IN (${liabilityPurposes.map((one) => `'${one}'`).join(", ")})), 0) AS owed
    FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id GROUP BY a.currency)
  SELECT 'what we owe is more than what lies at the processor' AS what, currency || ': ' || owed || ' > ' || clearing AS subject
  FROM sums WHERE owed > clearing AND NOT EXISTS (SELECT 1 FROM transfer_stop WHERE cause IN ('insolvent', 'unplanned_payout') AND lifted_at IS NULL)`;

const doneTwice = `
  SELECT 'done twice' AS what, purpose || ' ' || subject_id AS subject
  FROM intent WHERE IN_SCOPE AND state = 'CONFIRMED' AND purpose <> 'refund' GROUP BY purpose, subject_id HAVING count(*) > 1`;

const proofsOfRows = [
  unbalanced,
  wrongBalances,
  misplaced,
  statesThatDisagree,
  historyThatDisagrees,
  forgottenIntents,
  doneTwice,
];
const wrongCheckpoints = `
  SELECT 'checkpoint differs from its entries' AS what, a.code || ' up to ' || c.entry_id AS subject
  FROM ledger_account a
  CROSS JOIN LATERAL (SELECT entry_id, balance FROM balance_checkpoint WHERE account_id = a.id ORDER BY entry_id DESC LIMIT 1) c
  WHERE c.balance <> (SELECT COALESCE(sum(e.amount_minor), 0) FROM ledger_entry e WHERE e.account_id = a.id AND e.id <= c.entry_id)`;

const proofsOfAll = [liabilitiesUncovered, wrongCheckpoints];
