import type { Till } from "./till.ts";

/**
 * How the world stands around one development: what our rows say, what was posted, and what lies at the processor. Without
 * ids and times, so that two worlds in which the same happened look the same.
 */
export async function pictureOf(till: Till, developmentId: string): Promise<object> {
  const [row] = await till.market.asOwner<{ picture: Picture }>(PICTURE, [developmentId]);
  const { charges, transfers, ...ours } = row!.picture;
  const dump = await till.stripe.dump("charge", "refund", "transfer", "reversal", "dispute");
  const of = (kind: string, field: string, values: readonly string[]) =>
    (dump[kind] as Record<string, unknown>[]).filter((record) => values.includes(String(record[field])));
  const told = (records: Record<string, unknown>[], ...fields: string[]) =>
    records.map((record) => fields.map((field) => String(record[field])).join(" ")).toSorted();
  return {
    ...ours,
    charges: told(of("charge", "id", charges), "amount", "status"),
    refunds: told(of("refund", "charge", charges), "amount", "status"),
    transfers: told(of("transfer", "source_transaction", charges), "amount", "destination"),
    reversals: told(of("reversal", "transfer", transfers), "amount"),
    disputes: told(of("dispute", "charge", charges), "amount", "status"),
  };
}

type Picture = Record<string, unknown> & { charges: string[]; transfers: string[] };

/** Purposes and task keys end in ids of ours or of the processor's; what is before them is what they are. */
const PICTURE = `
  WITH mine AS (SELECT * FROM payment WHERE development_id = $1::uuid)
  SELECT json_build_object(
    'charges', (SELECT COALESCE(json_agg(charge_id), '[]') FROM mine WHERE charge_id IS NOT NULL),
    'transfers', (SELECT COALESCE(json_agg(o.object_id), '[]') FROM mine m JOIN payout o ON o.payment_id = m.id),
    'payments', (SELECT json_agg(concat_ws(' ', kind, amount_minor, state, 'held', held_minor, CASE WHEN locked THEN 'stopped' END)
      ORDER BY amount_minor, state) FROM mine),
    'refunds', (SELECT json_agg(said ORDER BY said) FROM (SELECT concat_ws(' ', m.amount_minor, r.kind, split_part(r.purpose, ':', 1),
      r.amount_minor, r.absorbed_minor, r.state) AS said FROM mine m JOIN refund r ON r.payment_id = m.id) s),
    'payouts', (SELECT json_agg(said ORDER BY said) FROM (SELECT concat_ws(' ', m.amount_minor, o.payee_id, split_part(o.purpose, ':', 1),
      o.amount_minor, o.platform_fee_minor, o.netted_minor, o.reversed_minor, o.state) AS said
      FROM mine m JOIN payout o ON o.payment_id = m.id) s),
    'taken back', (SELECT json_agg(said ORDER BY said) FROM (SELECT concat_ws(' ', o.amount_minor, v.origin, v.amount_minor, v.state) AS said
      FROM mine m JOIN payout o ON o.payment_id = m.id JOIN transfer_reversal v ON v.payout_id = o.id) s),
    'chargebacks', (SELECT json_agg(said ORDER BY said) FROM (SELECT concat_ws(' ', m.amount_minor, c.state, c.from_hold_minor,
      c.from_refund_minor, c.loss_minor, c.fee_minor) AS said FROM mine m JOIN chargeback c ON c.payment_id = m.id) s),
    'tasks', (SELECT json_agg(said ORDER BY said) FROM (SELECT t.kind || CASE WHEN t.done_at IS NULL THEN ' to do' ELSE ' done' END AS said
      FROM operator_task t JOIN mine m ON m.id = t.subject_id) s),
    'intents', (SELECT json_agg(said ORDER BY said) FROM (SELECT concat_ws(' ', i.purpose, i.state, count(*)) AS said FROM intent i
      WHERE i.development_id = $1::uuid GROUP BY i.purpose, i.state) s),
    'posted', (SELECT json_agg(said ORDER BY said) FROM (SELECT m.amount_minor || ': ' || t.event || ' ' ||
      string_agg(a.purpose || ' ' || e.amount_minor, ', ' ORDER BY a.purpose, e.amount_minor) AS said
      FROM mine m JOIN ledger_transaction t ON t.payment_id = m.id JOIN ledger_entry e ON e.transaction_id = t.id
      JOIN ledger_account a ON a.id = e.account_id GROUP BY m.id, m.amount_minor, t.id, t.event) s)
  ) AS picture`;
