import type { ChargeRecord, RefundRecord } from "../records.ts";
import type { Answer } from "../route.ts";
import type { World } from "../world.ts";
import { refundFate } from "./charge.ts";
import { tellWarnings } from "./warning-object.ts";

export function renderRefund(refund: RefundRecord): Answer {
  return {
    id: refund.id,
    object: "refund",
    amount: refund.amount,
    balance_transaction: refund.balance_transaction,
    charge: refund.charge,
    created: refund.created,
    currency: refund.currency,
    customer: null,
    customer_account: null,
    destination_details: refund.charge.startsWith("py_")
      ? { type: "us_bank_transfer", us_bank_transfer: { reference: null, reference_status: "pending" } }
      : {
          card:
            refund.status === "succeeded"
              ? { reference_status: "pending", reference_type: "acquirer_reference_number", type: "refund" }
              : { type: "pending" },
          type: "card",
        },
    ...(refund.failure_balance_transaction === null
      ? {}
      : { failure_balance_transaction: refund.failure_balance_transaction }),
    ...(refund.failure_reason === null ? {} : { failure_reason: refund.failure_reason }),
    metadata: refund.metadata,
    payment_intent: refund.payment_intent,
    payment_method: refund.payment_method,
    ...(refund.pending_reason === null ? {} : { pending_reason: refund.pending_reason }),
    reason: refund.reason,
    receipt_number: null,
    source_transfer_reversal: null,
    status: refund.status,
    transfer_reversal: refund.transfer_reversal,
  };
}

/** Takes the money from the balance. From here on it is the bank's turn, which some test cards make slow or fail. */
export function debit(world: World, refund: RefundRecord, charge: ChargeRecord): void {
  refund.balance_transaction = world.balances.book(world.id("txn_3", 23), world.now, {
    type: "refund",
    amount: -refund.amount,
    currency: refund.currency,
    source: refund.id,
    description: `REFUND FOR CHARGE (${charge.id})`,
  }).id;
  const fate = refundFate(charge);
  refund.status = fate === "pends" ? "pending" : "succeeded";
  refund.pending_reason = fate === "pends" ? "processing" : null;
  if (fate !== undefined) {
    refund.answer = {
      at: world.now + world.settings.refund_answer_seconds,
      outcome: fate === "fails" ? "failed" : "succeeded",
    };
    world.timers.add(refund.answer.at, { what: "refund.answered", id: refund.id });
  }
}

/** Serves refunds that waited for money, oldest first, as far as the balance reaches. */
export function serveWaitingRefunds(world: World): void {
  while (world.waitingRefunds.length > 0) {
    const refund = world.store.get("refund", world.waitingRefunds[0]!);
    if (refund !== undefined && refund.status === "pending") {
      if (world.balances.available(null, refund.currency) < refund.amount) return;
      debit(world, refund, world.store.get("charge", refund.charge)!);
      world.store.save("refund", refund);
      world.emit("refund.updated", renderRefund(refund), { status: "pending" });
    }
    world.waitingRefunds.shift();
  }
}

/** The bank's answer: a refund that was pending succeeds, or one that had succeeded fails and the money comes back. */
export function answerRefund(
  world: World,
  refund: RefundRecord,
  outcome: "succeeded" | "failed",
  why = "expired_or_canceled_card",
): void {
  refund.answer = null;
  const before = refund.status;
  refund.status = outcome;
  refund.pending_reason = null;
  if (outcome === "failed") giveBack(world, refund, why);
  world.store.save("refund", refund);
  world.emit("refund.updated", renderRefund(refund), { status: before });
  if (outcome === "failed") world.emit("refund.failed", renderRefund(refund), { status: before });
}

function giveBack(world: World, refund: RefundRecord, reason: string): void {
  refund.failure_reason = reason;
  if (refund.balance_transaction !== null) {
    refund.failure_balance_transaction = world.balances.book(world.id("txn_3", 23), world.now, {
      type: "refund_failure",
      amount: refund.amount,
      currency: refund.currency,
      source: refund.id,
      description: `REFUND FAILURE FOR CHARGE (${refund.charge})`,
    }).id;
  }
  const charge = world.store.get("charge", refund.charge)!;
  charge.refunded -= refund.amount;
  world.store.save("charge", charge);
  tellWarnings(world, charge);
}

/** The bank took the money of a charge itself: what was still on its way back by a refund does not go a second time. */
export function failPendingRefunds(world: World, charge: string): void {
  for (const refund of world.store.by("refund", "charge", charge))
    if (refund.status === "pending") answerRefund(world, refund, "failed", "charge_for_pending_refund_disputed");
}
