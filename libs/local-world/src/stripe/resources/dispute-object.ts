import { declined, invalid } from "../refusal.ts";
import type { ChargeRecord, DisputeRecord } from "../records.ts";
import type { Answer } from "../route.ts";
import type { World } from "../world.ts";
import { renderTxn } from "./balance-transaction.ts";
import { failPendingRefunds } from "./refund-object.ts";
import { tellWarnings } from "./warning-object.ts";

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

/** Evidence may be given. */
export const isOpen = (d: DisputeRecord): boolean =>
  ["needs_response", "under_review", "warning_needs_response", "warning_under_review"].includes(d.status);
const isInquiry = (d: DisputeRecord): boolean => d.status.startsWith("warning_");

/** Under these statuses the bank has the money; under `won`, `prevented` and inquiries it has not. Any other moves none. */
const TAKES = new Set(["needs_response", "under_review", "lost"]);
const gives = (status: string): boolean => status === "won" || status === "prevented" || status.startsWith("warning_");
const CLOSED = new Set(["won", "lost", "warning_closed"]);

/** What the bank has taken for this dispute and not given back, fees apart. */
export function takenBy(world: World, dispute: DisputeRecord): number {
  return -movedBy(world, dispute).amount;
}

function movedBy(world: World, dispute: DisputeRecord): { amount: number; fee: number } {
  const txns = dispute.balance_transactions.map((id) => world.store.get("txn", id)!);
  return {
    amount: txns.reduce((sum, txn) => sum + txn.amount, 0),
    fee: txns.reduce((sum, txn) => sum + txn.fee, 0),
  };
}

/** How the bank's disputes of a charge bear on refunding it: `undecided` bars refunds, `lost` lowers their ceiling. */
export function disputesOf(world: World, charge: ChargeRecord): { undecided: boolean; lost: number } {
  let undecided = false;
  let lost = 0;
  for (const dispute of world.store.by("dispute", "charge", charge.id)) {
    const taken = takenBy(world, dispute);
    if (dispute.status === "lost") lost += taken;
    else if (taken > 0) undecided = true;
  }
  return { undecided, lost };
}

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

export interface DisputeOpening {
  reason?: string;
  /** Minor units; what is not disputed yet unless given. */
  amount?: number;
  /** The bank only asks; it takes nothing. */
  inquiry?: boolean;
  /** The status it begins with, by name; `prevented` takes nothing. */
  status?: string;
}

/** The bank reverses a charge or part of it: it takes the amount and a fee at once. A charge may be disputed in parts. */
export function openDispute(world: World, charge: ChargeRecord, how: DisputeOpening = {}): DisputeRecord {
  if (charge.status !== "succeeded") throw invalid(`Charge ${charge.id} did not succeed.`);
  if (charge.bank_debit) throw invalid(`Charge ${charge.id} was not paid by card.`);
  const before = world.store.by("dispute", "charge", charge.id).reduce((sum, one) => sum + one.amount, 0);
  const amount = how.amount ?? charge.amount - before;
  if (amount < 1) throw invalid(`Charge ${charge.id} is already disputed in full; name an amount to dispute more.`);
  const dispute: DisputeRecord = {
    id: world.id("dp_1", 23),
    created: world.now,
    amount,
    currency: charge.currency,
    charge: charge.id,
    payment_intent: charge.payment_intent,
    reason: how.reason ?? "general",
    status: how.status ?? (how.inquiry ? "warning_needs_response" : "needs_response"),
    fee: world.settings.dispute_fee,
    metadata: {},
    evidence: {},
    submissions: 0,
    balance_transactions: [],
  };
  charge.dispute = dispute.id;
  world.store.save("charge", charge);
  const takes = !gives(dispute.status);
  if (takes) withdraw(world, dispute);
  world.store.save("dispute", dispute);
  world.emit("charge.dispute.created", renderDispute(world, dispute));
  if (takes) fundsWithdrawn(world, dispute);
  tellWarnings(world, charge);
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

function fundsWithdrawn(world: World, dispute: DisputeRecord): void {
  world.emit("charge.dispute.funds_withdrawn", renderDispute(world, dispute));
  failPendingRefunds(world, dispute.charge);
}

function reinstate(world: World, dispute: DisputeRecord, amount: number, fee: number): void {
  const txn = world.balances.book(world.id("txn_1", 23), world.now, {
    type: "adjustment",
    category: "dispute_reversal",
    amount,
    fee: -fee,
    fee_description: "Dispute fee returned",
    currency: dispute.currency,
    source: dispute.id,
    description: `Chargeback reversal for ${dispute.charge}`,
  });
  dispute.balance_transactions.push(txn.id);
}

/**
 * Gives a dispute any status by name, also one nobody knows. `needs_response`, `under_review` and `lost` take the money
 * if it was not taken (an inquiry that becomes a dispute), `won`, `prevented` and `warning_*` give it back if it was (a
 * late win), any other moves none. `returned` minor units come back with a loss.
 */
export function setStatus(world: World, dispute: DisputeRecord, status: string, returned = 0): DisputeRecord {
  const before = dispute.status;
  const { amount, fee } = movedBy(world, dispute);
  const taken = -amount;
  if (returned < 0 || returned > dispute.amount)
    throw invalid(`${returned} is more than dispute ${dispute.id} is about.`);
  dispute.status = status;
  const withdrawn = TAKES.has(status) && taken === 0;
  if (withdrawn) withdraw(world, dispute);
  const back = gives(status) ? taken : returned;
  if (back > 0) {
    const whole = status === "prevented" || (status === "won" && world.settings.dispute_fee_returned);
    reinstate(world, dispute, back, whole ? fee : 0);
  }
  world.store.save("dispute", dispute);
  world.emit(
    CLOSED.has(status) ? "charge.dispute.closed" : "charge.dispute.updated",
    renderDispute(world, dispute),
    before === status ? null : { status: before },
  );
  if (withdrawn) fundsWithdrawn(world, dispute);
  if (back > 0) world.emit("charge.dispute.funds_reinstated", renderDispute(world, dispute));
  return dispute;
}

/** The bank decides; an inquiry is only closed. A lost dispute may still be won later. */
export function closeDispute(
  world: World,
  dispute: DisputeRecord,
  outcome: "won" | "lost",
  returned?: number,
): DisputeRecord {
  if (isInquiry(dispute)) {
    if (dispute.status === "warning_closed") throw declined(null, `Dispute ${dispute.id} is already closed.`);
    return setStatus(world, dispute, "warning_closed");
  }
  if (dispute.status === outcome || dispute.status === "won")
    throw declined(null, `Dispute ${dispute.id} is already ${dispute.status}.`);
  return setStatus(world, dispute, outcome, returned);
}
