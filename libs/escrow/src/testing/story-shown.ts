import type Stripe from "stripe";
import type { Shown } from "./story-model.ts";
import type { Tale } from "./story-tale.ts";

/** How the world shows each pledge of a story: our rows, and the processor's own objects, charge by charge. */
export async function shownOf(tale: Tale, stripe: Stripe): Promise<Map<string, Shown>> {
  const { database } = tale.till;
  const rows = await database.payment.findMany({
    where: { developmentId: tale.developmentId },
    include: { refunds: true, payouts: true, chargebacks: true },
  });
  const sums = await tale.till.market.asOwner<{ id: string; loss: string; kept: string }>(
    `SELECT t.payment_id AS id,
       COALESCE(sum(e.amount_minor) FILTER (WHERE a.purpose IN ('refund_loss', 'dispute_loss', 'receivable')), 0)::text AS loss,
       COALESCE(sum(e.amount_minor) FILTER (WHERE a.purpose IN ('psp_clearing', 'stripe_fee', 'dispute_fee')), 0)::text AS kept
     FROM ledger_transaction t JOIN ledger_entry e ON e.transaction_id = t.id JOIN ledger_account a ON a.id = e.account_id
     WHERE t.development_id = $1 GROUP BY t.payment_id`,
    [tale.developmentId],
  );
  const transferred = await transferredBy(tale, stripe);
  const shown = new Map<string, Shown>();
  for (const row of rows) {
    const charge = row.chargeId;
    shown.set(row.id, {
      state: row.state,
      held: row.heldMinor,
      returned: charge === null ? 0n : await returnedTo(stripe, charge),
      taken: charge === null || row.chargebacks.length === 0 ? 0n : await takenBy(stripe, charge),
      transferred: transferred.get(charge ?? "") ?? 0n,
      paidOut: row.payouts
        .filter((payout) => payout.purpose === "payout" && payout.state === "confirmed")
        .map((payout) => ({
          payeeId: payout.payeeId,
          amount: payout.amountMinor,
          platformFee: payout.platformFeeMinor,
        })),
      loss: BigInt(sums.find((one) => one.id === row.id)?.loss ?? 0),
      kept: BigInt(sums.find((one) => one.id === row.id)?.kept ?? 0),
      owed: row.refunds
        .filter((refund) => refund.state === "owed" || refund.state === "repaid")
        .reduce((sum, refund) => sum + refund.amountMinor - refund.absorbedMinor, 0n),
    });
  }
  return shown;
}

async function transferredBy(tale: Tale, stripe: Stripe): Promise<Map<string, bigint>> {
  const sums = new Map<string, bigint>();
  if (tale.model.batch?.kind !== "settle") return sums;
  for await (const transfer of stripe.transfers.list({ transfer_group: `dev_${tale.developmentId}`, limit: 100 })) {
    const charge = String(transfer.source_transaction);
    sums.set(charge, (sums.get(charge) ?? 0n) + BigInt(transfer.amount - transfer.amount_reversed));
  }
  return sums;
}

async function returnedTo(stripe: Stripe, charge: string): Promise<bigint> {
  let sum = 0n;
  for await (const refund of stripe.refunds.list({ charge, limit: 100 }))
    if (refund.status !== "failed" && refund.status !== "canceled") sum += BigInt(refund.amount);
  return sum;
}

async function takenBy(stripe: Stripe, charge: string): Promise<bigint> {
  let sum = 0n;
  for await (const dispute of stripe.disputes.list({ charge, limit: 100 }))
    for (const movement of dispute.balance_transactions) sum -= BigInt(movement.amount);
  return sum;
}

/** I12 and the promise of DESIGN 4: pledges that lay in the hold 75 days after their charge, however short. */
export async function heldTooLong(tale: Tale): Promise<string[]> {
  const rows = await tale.till.market.asOwner<{ id: string; until: string }>(
    `SELECT p.id, s.until::text AS until FROM payment p JOIN LATERAL (
       SELECT to_state, at, COALESCE(lead(at) OVER (ORDER BY sequence), clock_now()) AS until FROM history
       WHERE subject_type = 'payment' AND subject_id = p.id) s ON s.to_state = 'held' AND s.until > s.at
     WHERE p.development_id = $1 AND s.until > p.charged_at + interval '75 days'`,
    [tale.developmentId],
  );
  return rows.map((row) => `${row.id} was held until ${row.until}`);
}

/** What became of a story, step by step, for whoever has to find out why it ended wrongly. */
export async function traceOf(tale: Tale): Promise<string> {
  const rows = await tale.till.market.asOwner<{ line: string }>(
    `WITH mine AS (SELECT * FROM payment WHERE development_id = $1),
     things AS (SELECT 'payment' AS machine, id, id::text AS about, '' AS more FROM mine
       UNION ALL SELECT 'refund', r.id, m.id::text, concat_ws(' ', r.purpose, r.amount_minor) FROM mine m JOIN refund r ON r.payment_id = m.id
       UNION ALL SELECT 'payout', o.id, m.id::text, concat_ws(' ', o.purpose, o.amount_minor) FROM mine m JOIN payout o ON o.payment_id = m.id
       UNION ALL SELECT 'chargeback', c.id, m.id::text, c.amount_minor::text FROM mine m JOIN chargeback c ON c.payment_id = m.id
       UNION ALL SELECT 'intent', i.id, i.subject_id::text, concat_ws(' ', i.purpose, 'attempt', i.attempt, i.error) FROM intent i
         WHERE i.development_id = $1)
     SELECT concat_ws(' ', h.at::timestamp(0), t.machine, left(t.id::text, 8) || right(t.id::text, 5), h.from_state, '→', h.to_state, '(' || h.move || ')', t.more,
       'of', right(t.about, 5)) AS line
     FROM things t JOIN history h ON h.subject_type = t.machine AND h.subject_id = t.id ORDER BY h.at, h.sequence`,
    [tale.developmentId],
  );
  const { model } = tale;
  const pledges = model.pledges.map((pledge) =>
    [pledge.id.slice(-5), pledge.amount, pledge.charged, pledge.decided, ...pledge.meddled, ...pledge.stops].join(" "),
  );
  return [...pledges, `batch ${model.batch?.kind}`, ...model.moves, ...rows.map((row) => row.line)].join("\n");
}
