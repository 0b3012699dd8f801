import type { Market } from "./market.ts";

interface Charge {
  id: string;
  amount: number;
  status: string;
}
interface Refund {
  id: string;
  charge: string;
  amount: number;
  status: string;
  metadata: Record<string, string>;
}
interface Transfer {
  id: string;
  amount: number;
  source_transaction: string | null;
  metadata: Record<string, string>;
}

interface Reversal {
  transfer: string;
  amount: number;
}

/**
 * What lies at the processor is what the books say (I7), no charge gave more than it took but for a loss that is booked (I4,
 * I5), and nothing that we meant once happened twice (I6).
 */
export async function atProcessorAgainstBooks(market: Market): Promise<string[]> {
  const dump = await market.stripe.control.dump("charge", "refund", "transfer", "reversal");
  const refunds = (dump["refund"] as Refund[]).filter((one) => one.status !== "failed" && one.status !== "canceled");
  const transfers = dump["transfer"] as Transfer[];
  const back = new Map<string, number>();
  for (const { transfer, amount } of dump["reversal"] as Reversal[])
    back.set(transfer, (back.get(transfer) ?? 0) + amount);
  const net = transfers.map((one) => ({ ...one, amount: one.amount - (back.get(one.id) ?? 0) }));
  return [
    ...(await total(market)),
    ...(await overdrawn(market, dump["charge"] as Charge[], refunds, net)),
    ...twice(refunds, "refund_id", "refunded"),
    ...twice(transfers, "payout_id", "transferred"),
  ];
}

async function total(market: Market): Promise<string[]> {
  const atProcessor = await market.vault.ownFunds.atProcessor();
  const { clearing, owed } = await market.vault.ownFunds.booked();
  const [stop] = await market.asOwner<{ open: boolean }>(
    "SELECT EXISTS (SELECT 1 FROM transfer_stop WHERE lifted_at IS NULL) AS open",
  );
  return [
    ...(atProcessor === clearing ? [] : [`the processor holds ${atProcessor}, the books say ${clearing}`]),
    ...(atProcessor >= owed || stop!.open
      ? []
      : [`the processor holds ${atProcessor}, we owe ${owed}, and transfers go on`]),
  ];
}

async function overdrawn(
  market: Market,
  charges: Charge[],
  refunds: Refund[],
  transfers: Transfer[],
): Promise<string[]> {
  const given = new Map<string, bigint>();
  const add = (charge: string | null, amount: number) => {
    if (charge !== null) given.set(charge, (given.get(charge) ?? 0n) + BigInt(amount));
  };
  for (const refund of refunds) add(refund.charge, refund.amount);
  for (const transfer of transfers) add(transfer.source_transaction, transfer.amount);
  const over = charges.filter((charge) => (given.get(charge.id) ?? 0n) > BigInt(charge.amount));
  if (over.length === 0) return [];
  const losses = await market.asOwner<{ charge: string; loss: string }>(
    `SELECT p.charge_id AS charge, COALESCE(sum(e.amount_minor), 0)::text AS loss
     FROM payment p JOIN ledger_transaction t ON t.payment_id = p.id JOIN ledger_entry e ON e.transaction_id = t.id
     JOIN ledger_account a ON a.id = e.account_id
     WHERE p.charge_id = ANY($1) AND a.purpose IN ('refund_loss', 'dispute_loss', 'receivable') GROUP BY p.charge_id`,
    [over.map((charge) => charge.id)],
  );
  const loss = new Map(losses.map((row) => [row.charge, BigInt(row.loss)]));
  return over
    .filter((charge) => given.get(charge.id)! - BigInt(charge.amount) > (loss.get(charge.id) ?? 0n))
    .map((charge) => `${charge.id} of ${charge.amount} gave ${given.get(charge.id)}, and no loss is booked for it`);
}

function twice(objects: { id: string; metadata: Record<string, string> }[], key: string, what: string): string[] {
  const seen = new Map<string, string[]>();
  for (const { id, metadata } of objects) {
    const ours = metadata[key];
    if (ours !== undefined) seen.set(ours, [...(seen.get(ours) ?? []), id]);
  }
  return [...seen]
    .filter(([, ids]) => ids.length > 1)
    .map(([ours, ids]) => `${what} twice: ${ours} as ${ids.join(", ")}`);
}

const secret = /sk_(?:live|test)_[A-Za-z0-9]{8,}|whsec_[A-Za-z0-9]+|_secret_[A-Za-z0-9]+|\b4[0-9]{15}\b/;

/** What was kept of a call holds no key, no client secret and no card number. */
export function secretsIn(entries: readonly unknown[]): string[] {
  return entries
    .map((entry) => secret.exec(JSON.stringify(entry))?.[0])
    .filter((found) => found !== undefined)
    .map((found) => `a secret was kept: ${found.slice(0, 10)}…`);
}
