import { checkPositive, shown } from "../currency.ts";
import { expand, flag, metadata, moment, oneOf, paging, text, whole } from "../params.ts";
import { declined, invalid, missing } from "../refusal.ts";
import type { ChargeRecord, RefundRecord } from "../records.ts";
import { found, merged, page, within, type Answer, type Params, type Route } from "../route.ts";
import type { World } from "../world.ts";
import { refundFate, renderCharge } from "./charge.ts";
import { chargedBack, isOpen } from "./dispute-object.ts";
import { reverse } from "./transfer-object.ts";

const URL = "/v1/refunds";

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
    destination_details: {
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

function theCharge(world: World, params: Params): ChargeRecord {
  const id = params["charge"] as string | undefined;
  const intentId = params["payment_intent"] as string | undefined;
  if (id !== undefined && intentId !== undefined)
    throw invalid("Received both charge and payment_intent parameters. Please pass in only one.");
  if (id === undefined && intentId === undefined)
    throw invalid("One of the following params should be provided for this request: payment_intent or charge.");
  if (id !== undefined) {
    const charge = world.store.get("charge", id);
    if (charge === undefined) throw missing("charge", id, "charge", 404);
    return charge;
  }
  const intent = world.store.get("payment_intent", intentId!);
  if (intent === undefined) throw missing("payment_intent", intentId!, "payment_intent", 404);
  const charge = intent.latest_charge === null ? undefined : world.store.get("charge", intent.latest_charge);
  if (intent.status !== "succeeded" || charge === undefined)
    throw invalid(`This PaymentIntent (${intent.id}) does not have a successful charge to refund.`);
  return charge;
}

function create(world: World, _ids: Record<string, string>, params: Params): Answer {
  const charge = theCharge(world, params);
  if (charge.status !== "succeeded")
    throw invalid(`Charge ${charge.id} did not succeed and cannot be refunded.`, { param: "charge" });
  const dispute = charge.dispute === null ? undefined : world.store.get("dispute", charge.dispute);
  if (dispute !== undefined && (chargedBack(dispute) || isOpen(dispute))) {
    throw declined("charge_disputed", `Charge ${charge.id} has been charged back; cannot issue a refund.`);
  }
  const left = charge.amount - charge.refunded;
  if (left === 0) throw declined("charge_already_refunded", `Charge ${charge.id} has already been refunded.`);
  const amount = (params["amount"] as number | undefined) ?? left;
  checkPositive(amount);
  if (amount > left) {
    throw invalid(
      `Refund amount (${shown(amount, charge.currency)}) is greater than unrefunded amount on charge (${shown(left, charge.currency)})`,
      { param: "amount" },
    );
  }
  const refund: RefundRecord = {
    id: world.id("re_3", 23),
    created: world.now,
    amount,
    currency: charge.currency,
    charge: charge.id,
    payment_intent: charge.payment_intent,
    payment_method: charge.payment_method,
    reason: (params["reason"] as string | undefined) ?? null,
    metadata: merged({}, params["metadata"]),
    status: "pending",
    pending_reason: "insufficient_funds",
    balance_transaction: null,
    failure_reason: null,
    failure_balance_transaction: null,
    transfer_reversal: null,
    answer: null,
  };
  if (params["reverse_transfer"] === true) {
    if (charge.transfer === null)
      throw invalid("Cannot reverse transfer on a charge that has no transfer.", { param: "reverse_transfer" });
    const transfer = world.store.get("transfer", charge.transfer)!;
    const share = Math.round((transfer.amount * amount) / charge.amount);
    if (share > 0) refund.transfer_reversal = reverse(world, transfer, share, {}, refund.id).id;
  }
  charge.refunded += amount;
  world.store.save("charge", charge);
  // In order of arrival: a refund that is waiting for money is served before a later one.
  if (world.waitingRefunds.length === 0 && world.balances.available(null, refund.currency) >= amount)
    debit(world, refund, charge);
  else world.waitingRefunds.push(refund.id);
  world.store.save("refund", refund);
  world.emit("refund.created", renderRefund(refund));
  world.emit("charge.refunded", renderCharge(world, charge));
  return renderRefund(refund);
}

/** Takes the money from the balance. From here on it is the bank's turn, which some test cards make slow or fail. */
function debit(world: World, refund: RefundRecord, charge: ChargeRecord): void {
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
export function answerRefund(world: World, refund: RefundRecord, outcome: "succeeded" | "failed"): void {
  refund.answer = null;
  const before = refund.status;
  refund.status = outcome;
  refund.pending_reason = null;
  if (outcome === "failed") giveBack(world, refund, "expired_or_canceled_card");
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
}

export const refundRoutes: Route[] = [
  {
    method: "POST",
    path: URL,
    type: "RefundCreateParams",
    params: {
      ...expand,
      amount: whole(),
      charge: text(),
      payment_intent: text(),
      metadata: metadata(),
      reason: oneOf("duplicate", "fraudulent", "requested_by_customer"),
      reverse_transfer: flag(),
    },
    answer: create,
  },
  {
    method: "GET",
    path: URL,
    type: "RefundListParams",
    params: { ...paging, created: moment(), charge: text(), payment_intent: text() },
    answer: (world, _ids, params) => {
      const charge = params["charge"] as string | undefined;
      const intent = params["payment_intent"] as string | undefined;
      const row =
        charge !== undefined
          ? world.store.row("refund", "charge", charge)
          : intent !== undefined
            ? world.store.row("refund", "payment_intent", intent)
            : world.store.row("refund");
      return page<"refund">(row, {
        noun: "refund",
        url: URL,
        params,
        keep: (r) => within(r.created, params["created"]) && (intent === undefined || r.payment_intent === intent),
        render: renderRefund,
      });
    },
  },
  {
    method: "GET",
    path: `${URL}/:refund`,
    type: "RefundRetrieveParams",
    params: expand,
    answer: (world, ids) => renderRefund(found(world, "refund", "refund", ids["refund"]!)),
  },
  {
    method: "POST",
    path: `${URL}/:refund`,
    type: "RefundUpdateParams",
    params: { ...expand, metadata: metadata() },
    answer: (world, ids, params) => {
      const refund = found(world, "refund", "refund", ids["refund"]!);
      refund.metadata = merged(refund.metadata, params["metadata"]);
      world.store.save("refund", refund);
      world.emit("refund.updated", renderRefund(refund));
      return renderRefund(refund);
    },
  },
];
