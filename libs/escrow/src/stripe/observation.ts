import type Stripe from "stripe";
import type { Database } from "@freehold/database";
import type { SeenDispute } from "../chargeback.ts";
import type { SeenWarning } from "../warning.ts";

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
    /** The transfer that passed a donation on. */
    passedOnId: string | null;
  } | null;
  refunds: { id: string; amountMinor: bigint; status: string; refundId: string | null }[];
  disputes: SeenDispute[];
  warnings: SeenWarning[];
  reversals: { id: string; payoutId: string; reversalId: string | null; amountMinor: bigint }[];
}

const idOf = (value: string | { id: string } | null | undefined): string | null =>
  value == null ? null : typeof value === "string" ? value : value.id;

/**
 * Reads checkout, charge, fee, refunds, the bank's cases and reversals of a payment. Calls the processor; takes no transaction.
 * @param hint the type of the message that made us look: what it speaks of is read in any case
 */
export async function observe(database: Database, stripe: Stripe, paymentId: string, hint = ""): Promise<Observation> {
  const payment = await database.payment.findUniqueOrThrow({
    where: { id: paymentId },
    include: {
      _count: {
        select: {
          chargebacks: { where: { closedAt: null } },
          // Of these nobody has said yet what became of them; a failed one no longer counts in the charge's own sum.
          refunds: { where: { state: { in: ["planned", "parked"] } } },
        },
      },
    },
  });
  const nothing: Observation = {
    paymentId,
    checkoutId: payment.checkoutId,
    checkout: "none",
    paymentIntentId: null,
    charge: null,
    refunds: [],
    disputes: [],
    warnings: [],
    reversals: [],
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
  const refunded = charge.amount_refunded > 0 || payment._count.refunds > 0 || payment.state === "refunded";
  const disputed = charge.disputed || payment._count.chargebacks > 0 || hint.startsWith("charge.dispute");
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
      passedOnId: idOf(charge.transfer),
    },
    refunds: refunded || hint.includes("refund") ? await refundsOf(stripe, charge.id) : [],
    disputes: disputed ? await disputesOf(stripe, charge.id) : [],
    warnings: hint.startsWith("radar.") ? await warningsOf(stripe, charge.id) : [],
    reversals: hint.startsWith("transfer") ? await reversalsOf(database, stripe, paymentId) : [],
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
  return found.toReversed();
}

async function disputesOf(stripe: Stripe, chargeId: string): Promise<SeenDispute[]> {
  const found: SeenDispute[] = [];
  for await (const dispute of stripe.disputes.list({ charge: chargeId, limit: 100 }))
    found.push({
      id: dispute.id,
      status: dispute.status,
      reason: dispute.reason,
      amountMinor: BigInt(dispute.amount),
      openedAt: new Date(dispute.created * 1000),
      movements: dispute.balance_transactions
        .toSorted((a, b) => a.created - b.created)
        .map((movement) => ({
          id: movement.id,
          amountMinor: BigInt(movement.amount),
          feeMinor: BigInt(movement.fee),
        })),
    });
  return found.toReversed();
}

async function warningsOf(stripe: Stripe, chargeId: string): Promise<SeenWarning[]> {
  const found: SeenWarning[] = [];
  for await (const warning of stripe.radar.earlyFraudWarnings.list({ charge: chargeId, limit: 100 }))
    found.push({ id: warning.id, actionable: warning.actionable, fraudType: warning.fraud_type });
  return found;
}

async function reversalsOf(database: Database, stripe: Stripe, paymentId: string): Promise<Observation["reversals"]> {
  const payouts = await database.payout.findMany({ where: { paymentId, state: "confirmed", objectId: { not: null } } });
  const found: Observation["reversals"] = [];
  for (const payout of payouts.filter((one) => one.nettedMinor < one.amountMinor))
    for await (const reversal of stripe.transfers.listReversals(payout.objectId!, { limit: 100 }))
      found.push({
        id: reversal.id,
        payoutId: payout.id,
        reversalId: reversal.metadata?.["reversal_id"] ?? null,
        amountMinor: BigInt(reversal.amount),
      });
  return found.toReversed();
}
