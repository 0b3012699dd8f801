import type Stripe from "stripe";
import type { Desk } from "./fixture.ts";
import { payCheckout } from "./pay-checkout.ts";

type Fields = Record<string, unknown>;

/** A valid request for one endpoint, as tests alter it. */
export interface Sample {
  method: "GET" | "POST";
  /** The endpoint's path, with its named parts as in the table of routes. */
  route: string;
  /** The path with ids that exist. */
  path: string;
  fields: Fields;
  /** Which fields may not be left out; dots lead into objects. */
  required: string[];
}

const PAGE = { limit: "3", created: { gte: "1" }, expand: ["data"] };
const METADATA = { a: "1", b: "two" };

/** Things of every kind in a simulator, and a valid request for each endpoint about them. */
export async function samplesOf(desk: Desk): Promise<Sample[]> {
  const { stripe } = desk;
  const { control } = desk.sim;
  await control.topUp(1_000_000);
  const account = await desk.account();
  const other = await desk.account(false);
  const charge = await desk.charge(9000);
  const refund = await stripe.refunds.create({ charge: charge.id, amount: 100 });
  const order = { currency: "usd", destination: account };
  const transfer = await stripe.transfers.create({ ...order, amount: 5000 });
  const reversal = await stripe.transfers.createReversal(transfer.id, { amount: 100 });
  const dispute = await control.openDispute((await desk.charge(3000)).id);
  const warning = await control.raiseWarning(charge.id);
  const payout = await stripe.payouts.create({ amount: 100, currency: "usd" });
  const topup = await control.topUp(100);
  const open = await desk.session(2500);
  const done = await desk.session(2500);
  await payCheckout(done.url!, { number: "4242424242424242" });
  const paid = (await stripe.checkout.sessions.retrieve(done.id)).payment_intent as string;
  const intent = await stripe.paymentIntents.create({ amount: 500, currency: "usd" });
  const ready = await stripe.paymentIntents.create({ amount: 500, currency: "usd" });
  const [event] = (await stripe.events.list({ limit: 1 })).data as Stripe.Event[];
  const [thin] = (await stripe.v2.core.events.list({ object_id: account })).data;
  const get = (route: string, path: string, fields: Fields = {}): Sample => ({
    method: "GET",
    route,
    path,
    fields,
    required: [],
  });
  const post = (route: string, path: string, fields: Fields, ...required: string[]): Sample => ({
    method: "POST",
    route,
    path,
    fields,
    required,
  });
  /** List, retrieve and update of a kind, whose paths all look the same. */
  const kind = (url: string, part: string, id: string, filters: Fields, change?: Fields): Sample[] => [
    get(url, url, { limit: PAGE.limit, created: PAGE.created, ...filters }),
    get(`${url}/:${part}`, `${url}/${id}`, { expand: [] }),
    ...(change === undefined ? [] : [post(`${url}/:${part}`, `${url}/${id}`, change)]),
  ];
  const accountFields = {
    display_name: "Dora",
    contact_email: "dora@example.com",
    dashboard: "express",
    identity: { country: "us", entity_type: "individual" },
    configuration: { recipient: { capabilities: { stripe_balance: { stripe_transfers: { requested: true } } } } },
    defaults: { currency: "usd", responsibilities: { fees_collector: "application", losses_collector: "application" } },
    metadata: METADATA,
    include: ["identity"],
  };
  const transferred = "defaults.responsibilities";
  const requested = "configuration.recipient.capabilities.stripe_balance.stripe_transfers.requested";
  return [
    ...kind(
      "/v1/checkout/sessions",
      "session",
      done.id,
      { status: "complete", payment_intent: paid },
      { metadata: METADATA },
    ),
    get("/v1/checkout/sessions/:session/line_items", `/v1/checkout/sessions/${done.id}/line_items`, { limit: "2" }),
    post(
      "/v1/checkout/sessions",
      "/v1/checkout/sessions",
      {
        mode: "payment",
        success_url: "http://127.0.0.1:1/ok",
        cancel_url: "http://127.0.0.1:1/back",
        client_reference_id: "p1",
        metadata: METADATA,
        line_items: [
          { quantity: "1", price_data: { currency: "usd", unit_amount: "2500", product_data: { name: "Pledge" } } },
        ],
        payment_intent_data: { transfer_group: "dev_1", metadata: METADATA, statement_descriptor_suffix: "PLEDGE" },
        payment_method_options: { card: { request_three_d_secure: "any" } },
        expires_at: String(desk.clock.seconds + 7200),
      },
      "mode",
      "success_url",
      "line_items",
      "line_items.0.price_data.currency",
      "line_items.0.price_data.unit_amount",
      "line_items.0.price_data.product_data",
      "line_items.0.quantity",
    ),
    post("/v1/checkout/sessions/:session/expire", `/v1/checkout/sessions/${open.id}/expire`, {}),
    ...kind("/v1/payment_intents", "intent", intent.id, {}, { metadata: METADATA, description: "A pledge" }),
    post(
      "/v1/payment_intents",
      "/v1/payment_intents",
      {
        amount: "2500",
        currency: "usd",
        confirm: "true",
        payment_method: "pm_card_visa",
        transfer_data: { destination: account, amount: "2000" },
        automatic_payment_methods: { enabled: "true", allow_redirects: "never" },
        metadata: METADATA,
      },
      "amount",
      "currency",
      "transfer_data.destination",
      "automatic_payment_methods.enabled",
    ),
    post("/v1/payment_intents/:intent/confirm", `/v1/payment_intents/${ready.id}/confirm`, {
      payment_method: "pm_card_visa",
    }),
    post("/v1/payment_intents/:intent/cancel", `/v1/payment_intents/${intent.id}/cancel`, {
      cancellation_reason: "abandoned",
    }),
    ...kind("/v1/charges", "charge", charge.id, { transfer_group: "g" }, { description: "text", metadata: METADATA }),
    ...kind("/v1/refunds", "refund", refund.id, { charge: charge.id }, { metadata: METADATA }),
    post(
      "/v1/refunds",
      "/v1/refunds",
      { charge: charge.id, amount: "100", reason: "duplicate", metadata: METADATA },
      "charge",
    ),
    ...kind(
      "/v1/transfers",
      "transfer",
      transfer.id,
      { destination: account },
      { description: "t", metadata: METADATA },
    ),
    post(
      "/v1/transfers",
      "/v1/transfers",
      { ...order, amount: "100", source_transaction: charge.id, transfer_group: "g", metadata: METADATA },
      "currency",
      "destination",
    ),
    post("/v1/transfers/:transfer/reversals", `/v1/transfers/${transfer.id}/reversals`, {
      amount: "10",
      metadata: METADATA,
    }),
    get("/v1/transfers/:transfer/reversals", `/v1/transfers/${transfer.id}/reversals`, { limit: "1" }),
    get("/v1/transfers/:transfer/reversals/:reversal", `/v1/transfers/${transfer.id}/reversals/${reversal.id}`),
    get("/v1/balance", "/v1/balance"),
    get("/v1/balance_transactions", "/v1/balance_transactions", { limit: "3", created: { gte: "1" }, type: "charge" }),
    get("/v1/balance_transactions/:txn", `/v1/balance_transactions/${charge.balance_transaction as string}`),
    get("/v1/balance_settings", "/v1/balance_settings"),
    post("/v1/balance_settings", "/v1/balance_settings", {
      payments: { payouts: { schedule: { interval: "manual" } } },
    }),
    ...kind("/v1/disputes", "dispute", dispute.id, { charge: dispute.charge }),
    post("/v1/disputes/:dispute", `/v1/disputes/${dispute.id}`, {
      evidence: { uncategorized_text: "It was delivered." },
      submit: "true",
      metadata: METADATA,
    }),
    post("/v1/disputes/:dispute/close", `/v1/disputes/${dispute.id}/close`, {}),
    ...kind("/v1/radar/early_fraud_warnings", "warning", warning.id, { charge: charge.id }),
    ...kind("/v1/events", "event", event!.id, { types: ["charge.succeeded", "refund.created"] }),
    get("/v2/core/events", "/v2/core/events", { object_id: account, limit: "2" }),
    get("/v2/core/events/:event", `/v2/core/events/${thin!.id}`),
    ...kind("/v1/payouts", "payout", payout.id, { status: "pending" }),
    post("/v1/payouts", "/v1/payouts", { amount: "100", currency: "usd", metadata: METADATA }, "amount", "currency"),
    post("/v1/payouts/:payout/cancel", `/v1/payouts/${payout.id}/cancel`, {}),
    ...kind("/v1/topups", "topup", topup.id, { status: "succeeded" }),
    post("/v1/topups", "/v1/topups", { amount: "100", currency: "usd", description: "own" }, "amount", "currency"),
    get("/v2/core/accounts", "/v2/core/accounts", { limit: "2" }),
    get("/v2/core/accounts/:account", `/v2/core/accounts/${account}`, { include: ["identity"] }),
    post("/v2/core/accounts", "/v2/core/accounts", accountFields, transferred, requested),
    post("/v2/core/accounts/:account", `/v2/core/accounts/${account}`, { display_name: "Carla", metadata: METADATA }),
    post("/v2/core/accounts/:account/close", `/v2/core/accounts/${other}/close`, {
      applied_configurations: ["recipient"],
    }),
    post(
      "/v2/core/account_links",
      "/v2/core/account_links",
      {
        account,
        use_case: { type: "account_onboarding", account_onboarding: { refresh_url: "http://127.0.0.1:1/again" } },
      },
      "account",
      "use_case",
      "use_case.type",
      "use_case.account_onboarding",
      "use_case.account_onboarding.refresh_url",
    ),
  ];
}
