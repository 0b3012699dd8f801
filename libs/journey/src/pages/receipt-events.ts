import type { Currency } from "@freehold/values";
import { formatMoney } from "@freehold/values";
import type { PaymentRow } from "./payments.ts";

export interface ReceiptEvent {
  at: Date;
  sentence: string;
}

export interface RefundRow {
  kind: string;
  reason: string;
  amount: bigint;
  serviceFee: bigint;
  absorbed: bigint;
  createdAt: Date;
  confirmedAt: Date | null;
  owedAt: Date | null;
  repaidAt: Date | null;
}

export interface PayoutRow {
  name: string;
  amount: bigint;
  platformFee: bigint;
  state: string;
  createdAt: Date;
  confirmedAt: Date | null;
}

export interface ReversalRow {
  name: string;
  amount: bigint;
  confirmedAt: Date;
}

export interface ChargebackRow {
  state: string;
  amount: bigint;
  openedAt: Date;
  closedAt: Date | null;
}

export interface Happened {
  row: PaymentRow;
  stateSince: Date;
  refunds: readonly RefundRow[];
  payouts: readonly PayoutRow[];
  reversals: readonly ReversalRow[];
  chargebacks: readonly ChargebackRow[];
}

/** Why money goes back, by the vault's reason. */
const causes: Readonly<Record<string, (developer: string) => string>> = {
  take_back: () => "because you took your pledge back",
  declined: (developer) => `because ${developer} decided not to release`,
  silent: (developer) => `because ${developer} did not decide in time`,
  release_failed: () => "because the release did not pass its checks",
  ruled_refund: () => "because the case was ruled for the backers",
  stopped: () => "because staff stopped the development",
  out_of_time: () => "because the time for holding it ran out",
  preview_down: () => "because the preview was down for too long",
  disputed: () => "because your dispute was not answered by the latest day",
  questioned_too_long: () => "because your bank's question was still open on the latest day",
  fraud_warned: () => "because the card network warned of fraud",
  payee_unpayable: () => "because a payee could not be paid by the latest day",
  won_back_late: () => "because your bank gave back to us what it had taken",
  nothing_held: () => "because nothing else was held for it any more",
  came_too_late: () => "because it was paid after the preview had closed",
};

/** Everything that happened to one payment, oldest first, in sentences for the person who paid. */
export function receiptEvents(happened: Happened): ReceiptEvent[] {
  const { row } = happened;
  const say = (minor: bigint) => formatMoney({ minor, currency: row.currency as Currency }, { cents: true });
  const events: ReceiptEvent[] = [
    { at: row.createdAt, sentence: `The payment page was opened, for ${say(row.amount + row.serviceFee)}.` },
  ];
  const tell = (at: Date | null, sentence: string) => at !== null && events.push({ at, sentence });

  if (row.state === "expired" || row.state === "failed")
    tell(happened.stateSince, "The payment page closed without a payment; nothing was charged.");
  tell(row.chargedAt, chargedSentence(row, say));
  for (const refund of happened.refunds) {
    tell(refund.createdAt, plannedSentence(row, refund, say));
    if (refund.amount > refund.absorbed)
      tell(refund.confirmedAt, `${say(refund.amount - refund.absorbed)} went back to your card.`);
    tell(
      refund.owedAt,
      "Your bank sent the refund back to us. The money is yours and lies with us; staff have a task to find another way.",
    );
    tell(refund.repaidAt, "The money that your bank had sent back was returned to you in another way.");
  }
  tell(happened.payouts[0]?.createdAt ?? null, authorisedSentence(row, happened.payouts, say));
  for (const payout of happened.payouts)
    tell(payout.confirmedAt, `${say(payout.amount)} was paid out to ${payout.name}.`);
  for (const { name, amount, confirmedAt } of happened.reversals)
    tell(confirmedAt, `${say(amount)} came back from ${name}.`);
  for (const chargeback of happened.chargebacks) {
    tell(
      chargeback.openedAt,
      chargeback.state === "inquiry"
        ? "Your bank asked about this payment; no money moved."
        : `Your bank took ${say(chargeback.amount)} of this payment back. Until it has decided, the payment stays where it is.`,
    );
    if (chargeback.state !== "inquiry" && chargeback.state !== "open")
      tell(
        chargeback.closedAt,
        chargeback.state === "lost"
          ? "Your bank decided that its reversal stands: the money is with you."
          : "Your bank withdrew its reversal; the money is where it was before.",
      );
  }
  // Sorting is stable: what happened within one second, as the processor counts, stays in the order above.
  const second = ({ at }: ReceiptEvent) => Math.floor(at.getTime() / 1000);
  return events.toSorted((a, b) => second(a) - second(b));
}

function chargedSentence(row: PaymentRow, say: (minor: bigint) => string): string {
  const paid = `You paid ${say(row.amount + row.serviceFee)}`;
  const fee = `${say(row.serviceFee)} is our service fee`;
  const card = "The payment processor has your card's number; we never see it.";
  return row.kind === "donation"
    ? `${paid}: ${say(row.amount)} went to ${row.developer} at once, and ${fee}. ${card}`
    : `${paid}: ${say(row.amount)} is held for the feature, and ${fee}. ${card}`;
}

function plannedSentence(row: PaymentRow, refund: RefundRow, say: (minor: bigint) => string): string {
  const because = causes[refund.reason]?.(row.developer) ?? `(${refund.reason.replaceAll("_", " ")})`;
  if (refund.absorbed > 0n && refund.absorbed === refund.amount)
    return `${say(refund.amount)} was to go back ${because}; your bank has returned it already.`;
  const begun = `${say(refund.amount)} began its way back to your card ${because}`;
  if (refund.kind === "outside") return `${say(refund.amount)} was returned by hand at the payment processor.`;
  if (refund.serviceFee > 0n)
    return `${begun}. That is all of it: for this cause the service fee of ${say(refund.serviceFee)} comes back, too.`;
  if (refund.kind === "pledge")
    return `${begun}. The service fee of ${say(row.serviceFee)} does not come back for this cause, as the page said before you paid.`;
  return `${begun}.`;
}

function authorisedSentence(row: PaymentRow, payouts: readonly PayoutRow[], say: (minor: bigint) => string): string {
  const fee = payouts.reduce((sum, payout) => sum + payout.platformFee, 0n);
  const parts = payouts.map((payout) => `${say(payout.amount)} for ${payout.name}`);
  return `The release stood: your pledge was divided into ${[...parts, `${say(fee)} for Freehold`].join(", ")}.`;
}
