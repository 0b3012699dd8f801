import { checkPositive, shown } from "../currency.ts";
import { expand, flag, metadata, moment, oneOf, paging, text, whole } from "../params.ts";
import { declined, invalid, missing } from "../refusal.ts";
import type { ChargeRecord, RefundRecord } from "../records.ts";
import { found, merged, page, type Answer, type Params, type Route } from "../route.ts";
import type { World } from "../world.ts";
import { renderCharge } from "./charge.ts";
import { disputesOf } from "./dispute-object.ts";
import { debit, renderRefund } from "./refund-object.ts";
import { reverse } from "./transfer-object.ts";
import { tellWarnings } from "./warning-object.ts";

const URL = "/v1/refunds";

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
  const { undecided, lost } = disputesOf(world, charge);
  const left = Math.max(0, charge.amount - charge.refunded - lost);
  const disputed = declined("charge_disputed", `Charge ${charge.id} has been charged back; cannot issue a refund.`);
  if (undecided || (lost > 0 && left === 0)) throw disputed;
  if (left === 0) throw declined("charge_already_refunded", `Charge ${charge.id} has already been refunded.`);
  const amount = (params["amount"] as number | undefined) ?? left;
  checkPositive(amount);
  if (amount > left) {
    if (lost > 0) throw disputed;
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
  tellWarnings(world, charge);
  return renderRefund(refund);
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
      return page(world, "refund", row, {
        noun: "refund",
        url: URL,
        params,
        keep: (r) => intent === undefined || r.payment_intent === intent,
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
