import type Stripe from "stripe";

/** What one intent asks of the processor, as stored in its row: JSON-safe, never changed afterwards. */
export type IntentRequest =
  | { purpose: "checkout"; params: Stripe.Checkout.SessionCreateParams }
  | { purpose: "refund"; params: Stripe.RefundCreateParams }
  | { purpose: "transfer"; params: Stripe.TransferCreateParams }
  | { purpose: "reversal"; params: ReversalParams }
  | { purpose: "payout"; params: Stripe.PayoutCreateParams };

/** A reversal together with the transfer that it reverses. */
export interface ReversalParams {
  transfer: string;
  reversal: Stripe.TransferCreateReversalParams;
}

export interface CheckoutSubject {
  id: string;
  kind: "pledge" | "donation";
  developmentId: string;
  amountMinor: bigint;
  serviceFeeMinor: bigint;
  currency: string;
  /** What the payer reads on the processor's page. */
  title: string;
  /** Seconds since 1970 at which the page closes. */
  expiresAtS: number;
  successUrl: string;
  cancelUrl: string;
  /** Whether the card's owner has to prove themselves whatever the sum: the bank has taken a payment of theirs back. */
  authenticate: boolean;
  /** The processor's account of the payee: donations only. */
  destination?: string;
}

/** The name on the bank statement after the platform's own: the same on every page that shows it. */
export const statementSuffix = "FREEHOLD";

/** 3-D Secure is asked for from this sum on, minor units (DESIGN 4, card safety). */
const AUTHENTICATE_FROM = 5000n;

const number = (minor: bigint): number => {
  const value = Number(minor);
  if (!Number.isSafeInteger(value)) throw new RangeError(`${minor} does not fit the processor's numbers`);
  return value;
};

/** The amount is ours, computed from the row; nothing the browser sends decides it. */
export function checkoutRequest(subject: CheckoutSubject): Stripe.Checkout.SessionCreateParams {
  const metadata = { payment_id: subject.id, kind: subject.kind };
  const item = (name: string, minor: bigint) => ({
    quantity: 1,
    price_data: {
      currency: subject.currency.toLowerCase(),
      unit_amount: number(minor),
      product_data: { name: name.slice(0, 250) },
    },
  });
  const donation = subject.destination !== undefined;
  return {
    mode: "payment",
    // Cards and their wallets answer at once; what is answered days later cannot be held against a close (B14).
    allowed_payment_method_types: ["card"],
    client_reference_id: subject.id,
    metadata,
    line_items: [item(subject.title, subject.amountMinor), item("Freehold's service fee", subject.serviceFeeMinor)],
    payment_intent_data: {
      metadata,
      statement_descriptor_suffix: statementSuffix,
      ...(donation
        ? { transfer_data: { destination: subject.destination!, amount: number(subject.amountMinor) } }
        : { transfer_group: transferGroup(subject.developmentId) }),
    },
    ...(subject.authenticate || subject.amountMinor >= AUTHENTICATE_FROM
      ? { payment_method_options: { card: { request_three_d_secure: "any" as const } } }
      : {}),
    expires_at: subject.expiresAtS,
    success_url: subject.successUrl,
    cancel_url: subject.cancelUrl,
  };
}

export const transferGroup = (developmentId: string): string => `dev_${developmentId}`;

export const refundRequest = (refund: {
  id: string;
  paymentId: string;
  chargeId: string;
  amountMinor: bigint;
}): Stripe.RefundCreateParams => ({
  charge: refund.chargeId,
  amount: number(refund.amountMinor),
  metadata: { payment_id: refund.paymentId, refund_id: refund.id },
});

/** One transfer per pledge and payee, tied to its charge: Stripe itself refuses more than the charge. */
export const transferRequest = (payout: {
  id: string;
  paymentId: string;
  developmentId: string;
  chargeId: string;
  destination: string;
  amountMinor: bigint;
  currency: string;
}): Stripe.TransferCreateParams => ({
  amount: number(payout.amountMinor),
  currency: payout.currency.toLowerCase(),
  destination: payout.destination,
  source_transaction: payout.chargeId,
  transfer_group: transferGroup(payout.developmentId),
  metadata: { payment_id: payout.paymentId, payout_id: payout.id },
});

/** Takes money back from a payee's account, as far as it lies there. */
export const reversalRequest = (reversal: { id: string; transferId: string; amountMinor: bigint }): ReversalParams => ({
  transfer: reversal.transferId,
  reversal: { amount: number(reversal.amountMinor), metadata: { reversal_id: reversal.id } },
});

/** Own funds to the platform's bank. */
export const payoutRequest = (withdrawal: {
  id: string;
  amountMinor: bigint;
  currency: string;
}): Stripe.PayoutCreateParams => ({
  amount: number(withdrawal.amountMinor),
  currency: withdrawal.currency.toLowerCase(),
  metadata: { withdrawal_id: withdrawal.id },
});
