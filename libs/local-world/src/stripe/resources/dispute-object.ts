import { declined, invalid } from "../refusal.ts";
import type { ChargeRecord, DisputeRecord, WarningRecord } from "../records.ts";
import type { Answer } from "../route.ts";
import type { World } from "../world.ts";
import { renderTxn } from "./balance-transaction.ts";

/** The kinds of evidence a dispute takes. */
export const EVIDENCE = [
  "access_activity_log",
  "billing_address",
  "cancellation_policy",
  "cancellation_policy_disclosure",
  "cancellation_rebuttal",
  "customer_communication",
  "customer_email_address",
  "customer_name",
  "customer_purchase_ip",
  "customer_signature",
  "duplicate_charge_documentation",
  "duplicate_charge_explanation",
  "duplicate_charge_id",
  "product_description",
  "receipt",
  "refund_policy",
  "refund_policy_disclosure",
  "refund_refusal_explanation",
  "service_date",
  "service_documentation",
  "shipping_address",
  "shipping_carrier",
  "shipping_date",
  "shipping_documentation",
  "shipping_tracking_number",
  "uncategorized_file",
  "uncategorized_text",
];

export const isOpen = (d: DisputeRecord): boolean => d.status === "needs_response" || d.status === "under_review";
export const isInquiry = (d: DisputeRecord): boolean => d.status.startsWith("warning_");
/** The bank took the money and has not given it back. */
export const chargedBack = (d: DisputeRecord): boolean => d.status === "lost";

export function renderDispute(world: World, dispute: DisputeRecord): Answer {
  const evidence: Answer = { enhanced_evidence: {} };
  for (const name of EVIDENCE) evidence[name] = dispute.evidence[name] ?? null;
  const charge = world.store.get("charge", dispute.charge)!;
  return {
    id: dispute.id,
    object: "dispute",
    amount: dispute.amount,
    balance_transactions: dispute.balance_transactions.map((id) => renderTxn(world, world.store.get("txn", id)!)),
    charge: dispute.charge,
    created: dispute.created,
    currency: dispute.currency,
    enhanced_eligibility_types: [],
    evidence,
    evidence_details: {
      due_by: dispute.created + 9 * 86_400,
      enhanced_eligibility: {},
      has_evidence: Object.keys(dispute.evidence).length > 0,
      past_due: false,
      submission_count: dispute.submissions,
      submission_method: dispute.submissions > 0 ? "manual" : "not_submitted",
    },
    intended_submission_method: null,
    is_charge_refundable: isInquiry(dispute) && charge.refunded < charge.amount,
    livemode: false,
    metadata: dispute.metadata,
    payment_intent: dispute.payment_intent,
    payment_method_details: {
      card: {
        brand: charge.card.brand,
        case_type: isInquiry(dispute) ? "inquiry" : "chargeback",
        network: charge.card.brand,
        network_reason_code: "10",
      },
      type: "card",
    },
    reason: dispute.reason,
    status: dispute.status,
  };
}

export function renderWarning(world: World, warning: WarningRecord): Answer {
  const charge = world.store.get("charge", warning.charge)!;
  return {
    id: warning.id,
    object: "radar.early_fraud_warning",
    actionable: charge.dispute === null && charge.refunded < charge.amount,
    charge: warning.charge,
    created: warning.created,
    fraud_type: warning.fraud_type,
    livemode: false,
    payment_intent: warning.payment_intent,
  };
}

/** The bank reverses a charge: it takes the amount and a fee at once. An inquiry takes nothing yet. */
export function openDispute(
  world: World,
  charge: ChargeRecord,
  how: { reason?: string; amount?: number; inquiry?: boolean } = {},
): DisputeRecord {
  if (charge.status !== "succeeded") throw invalid(`Charge ${charge.id} did not succeed.`);
  if (charge.dispute !== null) throw invalid(`Charge ${charge.id} is already disputed.`);
  const dispute: DisputeRecord = {
    id: world.id("dp_1", 23),
    created: world.now,
    amount: how.amount ?? charge.amount,
    currency: charge.currency,
    charge: charge.id,
    payment_intent: charge.payment_intent,
    reason: how.reason ?? "general",
    status: how.inquiry ? "warning_needs_response" : "needs_response",
    fee: world.settings.dispute_fee,
    metadata: {},
    evidence: {},
    submissions: 0,
    balance_transactions: [],
  };
  charge.dispute = dispute.id;
  world.store.save("charge", charge);
  if (!how.inquiry) withdraw(world, dispute);
  world.store.save("dispute", dispute);
  world.emit("charge.dispute.created", renderDispute(world, dispute));
  if (!how.inquiry) world.emit("charge.dispute.funds_withdrawn", renderDispute(world, dispute));
  return dispute;
}

function withdraw(world: World, dispute: DisputeRecord): void {
  const txn = world.balances.book(world.id("txn_1", 23), world.now, {
    type: "adjustment",
    category: "dispute",
    amount: -dispute.amount,
    fee: dispute.fee,
    fee_description: "Dispute fee",
    currency: dispute.currency,
    source: dispute.id,
    description: `Chargeback withdrawal for ${dispute.charge}`,
  });
  dispute.balance_transactions.push(txn.id);
}

/** The bank decides. Won: the money comes back, and the fee too where the schedule says so. */
export function closeDispute(world: World, dispute: DisputeRecord, outcome: "won" | "lost"): DisputeRecord {
  if (isInquiry(dispute)) {
    dispute.status = "warning_closed";
  } else {
    if (!isOpen(dispute)) throw declined(null, `Dispute ${dispute.id} is already ${dispute.status}.`);
    dispute.status = outcome;
    if (outcome === "won") {
      const txn = world.balances.book(world.id("txn_1", 23), world.now, {
        type: "adjustment",
        category: "dispute_reversal",
        amount: dispute.amount,
        fee: world.settings.dispute_fee_returned ? -dispute.fee : 0,
        fee_description: "Dispute fee returned",
        currency: dispute.currency,
        source: dispute.id,
        description: `Chargeback reversal for ${dispute.charge}`,
      });
      dispute.balance_transactions.push(txn.id);
    }
  }
  world.store.save("dispute", dispute);
  world.emit("charge.dispute.closed", renderDispute(world, dispute));
  if (outcome === "won" && dispute.status === "won")
    world.emit("charge.dispute.funds_reinstated", renderDispute(world, dispute));
  return dispute;
}

/** The card network warns of fraud; no money moves. */
export function raiseWarning(world: World, charge: ChargeRecord, fraud_type: string): WarningRecord {
  charge.stripe_report = "fraudulent";
  world.store.save("charge", charge);
  const warning: WarningRecord = {
    id: world.id("issfr_1", 23),
    created: world.now,
    charge: charge.id,
    payment_intent: charge.payment_intent,
    fraud_type,
  };
  world.store.save("warning", warning);
  world.emit("radar.early_fraud_warning.created", renderWarning(world, warning));
  return warning;
}
