import { checkCurrency, checkPositive } from "../currency.ts";
import { expand, metadata, moment, oneOf, paging, required, text, whole } from "../params.ts";
import { declined } from "../refusal.ts";
import type { Metadata, PayoutRecord } from "../records.ts";
import { found, merged, page, within, type Answer, type Route } from "../route.ts";
import type { World } from "../world.ts";

const PAYOUTS = "/v1/payouts";
const TRANSIT_SECONDS = 2 * 86_400;

export function renderPayout(payout: PayoutRecord): Answer {
  return {
    id: payout.id,
    object: "payout",
    amount: payout.amount,
    application_fee: null,
    application_fee_amount: null,
    arrival_date: payout.arrival_date,
    automatic: payout.automatic,
    balance_transaction: payout.balance_transaction,
    created: payout.created,
    currency: payout.currency,
    description: payout.description,
    destination: `ba_1${payout.id.slice(-23)}`,
    failure_balance_transaction: payout.failure_balance_transaction,
    failure_code: payout.failure_code,
    failure_message: payout.failure_code === null ? null : "The bank account has been closed.",
    livemode: false,
    metadata: payout.metadata,
    method: "standard",
    original_payout: null,
    payout_method: null,
    reconciliation_status: payout.automatic ? "in_progress" : "not_applicable",
    reversed_by: null,
    source_type: "card",
    statement_descriptor: payout.statement_descriptor,
    status: payout.status,
    trace_id: null,
    type: "bank_account",
  };
}

/** Sends money from a balance to its owner's bank. */
export function sendPayout(
  world: World,
  order: {
    amount: number;
    currency: string;
    account: string | null;
    automatic: boolean;
    description?: string | null;
    statement_descriptor?: string | null;
    metadata?: Metadata;
  },
): PayoutRecord {
  if (world.balances.available(order.account, order.currency) < order.amount) {
    throw declined(
      "balance_insufficient",
      "You have insufficient funds in your Stripe account for this transfer. Your card balance is too low.",
    );
  }
  const id = world.id("po_1", 23);
  const payout: PayoutRecord = {
    id,
    created: world.now,
    amount: order.amount,
    currency: order.currency,
    account: order.account,
    arrival_date: world.now + TRANSIT_SECONDS,
    automatic: order.automatic,
    description: order.description ?? (order.automatic ? "STRIPE PAYOUT" : null),
    statement_descriptor: order.statement_descriptor ?? null,
    metadata: order.metadata ?? {},
    status: "pending",
    balance_transaction: world.balances.book(world.id("txn_1", 23), world.now, {
      type: "payout",
      amount: -order.amount,
      currency: order.currency,
      source: id,
      account: order.account,
      description: "STRIPE PAYOUT",
    }).id,
    failure_balance_transaction: null,
    failure_code: null,
  };
  world.store.save("payout", payout);
  world.timers.add(payout.arrival_date, { what: "payout.arrives", id });
  world.emit("payout.created", renderPayout(payout), null, payout.account);
  return payout;
}

/** Ends a payout: paid, or given back to the balance. */
export function endPayout(world: World, payout: PayoutRecord, status: "paid" | "failed" | "canceled"): PayoutRecord {
  if (
    payout.status !== "pending" &&
    payout.status !== "in_transit" &&
    !(status === "failed" && payout.status === "paid")
  ) {
    throw declined(null, `Payout ${payout.id} is already ${payout.status}.`);
  }
  payout.status = status;
  if (status !== "paid") {
    payout.failure_balance_transaction = world.balances.book(world.id("txn_1", 23), world.now, {
      type: status === "failed" ? "payout_failure" : "payout_cancel",
      amount: payout.amount,
      currency: payout.currency,
      source: payout.id,
      account: payout.account,
      description: "STRIPE PAYOUT RETURNED",
    }).id;
    if (status === "failed") payout.failure_code = "account_closed";
  }
  world.store.save("payout", payout);
  world.emit(`payout.${status}`, renderPayout(payout), null, payout.account);
  return payout;
}

/** Where the schedule is daily, whatever is available leaves when the clock has passed a day. */
export function payOutByItself(world: World): void {
  const { settings } = world;
  const day = Math.floor(world.now / 86_400);
  if (settings.payout_interval === "manual" || day <= settings.paid_out_day) return;
  world.settings = { ...settings, paid_out_day: day };
  for (const [currency, amount] of world.balances.availableOf(null))
    if (amount > 0) sendPayout(world, { amount, currency, account: null, automatic: true });
}

const order = {
  ...expand,
  amount: required(whole()),
  currency: required(text(3)),
  description: text(),
  metadata: metadata(),
  statement_descriptor: text(22),
};

export const payoutRoutes: Route[] = [
  {
    method: "POST",
    path: PAYOUTS,
    type: "PayoutCreateParams",
    params: { ...order, method: oneOf("standard"), source_type: oneOf("card") },
    answer: (world, _ids, params) => {
      const currency = checkCurrency(params["currency"] as string);
      checkPositive(params["amount"] as number);
      return renderPayout(
        sendPayout(world, {
          amount: params["amount"] as number,
          currency,
          account: world.caller?.account ?? null,
          automatic: false,
          description: (params["description"] as string | undefined) ?? null,
          statement_descriptor: (params["statement_descriptor"] as string | undefined) ?? null,
          metadata: merged({}, params["metadata"]),
        }),
      );
    },
  },
  {
    method: "GET",
    path: PAYOUTS,
    type: "PayoutListParams",
    params: {
      ...paging,
      created: moment(),
      arrival_date: moment(),
      destination: text(),
      status: oneOf("pending", "paid", "failed", "canceled", "in_transit"),
    },
    answer: (world, _ids, params) => {
      const owner = world.caller?.account ?? null;
      return page(world, "payout", world.store.row("payout", "account", String(owner)), {
        noun: "payout",
        url: PAYOUTS,
        params,
        keep: (p) =>
          within(p.arrival_date, params["arrival_date"]) &&
          (params["status"] === undefined || p.status === params["status"]),
        render: renderPayout,
      });
    },
  },
  {
    method: "GET",
    path: `${PAYOUTS}/:payout`,
    type: "PayoutRetrieveParams",
    params: expand,
    answer: (world, ids) => renderPayout(found(world, "payout", "payout", ids["payout"]!)),
  },
  {
    method: "POST",
    path: `${PAYOUTS}/:payout/cancel`,
    type: "PayoutCancelParams",
    params: expand,
    answer: (world, ids) =>
      renderPayout(endPayout(world, found(world, "payout", "payout", ids["payout"]!), "canceled")),
  },
];
