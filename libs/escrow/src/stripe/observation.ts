import type Stripe from "stripe";
import type { Database } from "@freehold/database";

/** What the processor says about one payment right now. Webhooks are hints; only this is applied. */
export interface Observation {
  paymentId: string;
  checkoutId: string | null;
  checkout: "none" | "open" | "complete" | "expired";
  paymentIntentId: string | null;
  charge: {
    id: string;
    createdAt: Date;
    amountMinor: bigint;
    currency: string;
    succeeded: boolean;
    failed: boolean;
    cardFingerprint: string | null;
    /** The processor's fee, when its balance transaction can be read. */
    feeMinor: bigint | null;
  } | null;
  refunds: { id: string; amountMinor: bigint; status: string; refundId: string | null }[];
}

const idOf = (value: string | { id: string } | null | undefined): string | null =>
  value == null ? null : typeof value === "string" ? value : value.id;

/** Reads checkout, charge, fee and refunds of a payment. Calls the processor; takes no transaction. */
export async function observe(database: Database, stripe: Stripe, paymentId: string): Promise<Observation> {
  const payment = await database.payment.findUniqueOrThrow({ where: { id: paymentId } });
  const nothing: Observation = {
    paymentId,
    checkoutId: payment.checkoutId,
    checkout: "none",
    paymentIntentId: null,
    charge: null,
    refunds: [],
  };
  if (payment.checkoutId === null) return nothing;
  const session = await stripe.checkout.sessions.retrieve(payment.checkoutId, {
    expand: ["payment_intent.latest_charge.balance_transaction"],
  });
  const checkout: Observation["checkout"] =
    session.status === "complete" ? "complete" : session.status === "expired" ? "expired" : "open";
  const intent = session.payment_intent;
  if (intent === null || typeof intent === "string") return { ...nothing, checkout, paymentIntentId: idOf(intent) };
  const charge = intent.latest_charge;
  if (charge === null || typeof charge === "string") return { ...nothing, checkout, paymentIntentId: intent.id };
  const movement = charge.balance_transaction;
  const refunds =
    charge.amount_refunded > 0 || payment.state === "refunding" || payment.state === "refunded"
      ? await refundsOf(stripe, charge.id)
      : [];
  return {
    paymentId,
    checkoutId: payment.checkoutId,
    checkout,
    paymentIntentId: intent.id,
    charge: {
      id: charge.id,
      createdAt: new Date(charge.created * 1000),
      amountMinor: BigInt(charge.amount),
      currency: charge.currency.toUpperCase(),
      succeeded: charge.status === "succeeded" && charge.captured,
      failed: charge.status === "failed",
      cardFingerprint: charge.payment_method_details?.card?.fingerprint ?? null,
      feeMinor: movement !== null && typeof movement === "object" ? BigInt(movement.fee) : null,
    },
    refunds,
  };
}

async function refundsOf(stripe: Stripe, chargeId: string): Promise<Observation["refunds"]> {
  const found: Observation["refunds"] = [];
  for await (const refund of stripe.refunds.list({ charge: chargeId, limit: 100 }))
    found.push({
      id: refund.id,
      amountMinor: BigInt(refund.amount),
      status: refund.status ?? "pending",
      refundId: refund.metadata?.["refund_id"] ?? null,
    });
  return found;
}
