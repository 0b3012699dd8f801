import { finishOnboarding, payCheckout, startStripeSimulator } from "@freehold/local-world";
import type Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Provider, providers, refusalOf } from "./provider.ts";

const start = () => startStripeSimulator({ now: () => new Date(), tickMs: 0, validate: true, journalFile: null });

describe.each(providers({ start, payCheckout, finishOnboarding }))("calling, at $name", ({ open }) => {
  let provider: Provider;
  let stripe: Stripe;
  let charge: Stripe.Charge;
  beforeAll(async () => {
    provider = await open();
    ({ stripe } = provider);
    await provider.pay(20_000, "pm_card_bypassPending");
    charge = (await provider.pay(5000, "pm_card_bypassPending")).latest_charge;
  });
  afterAll(() => provider.close());

  const run = Date.now();
  const raw = (path: string, params: Record<string, unknown>) => refusalOf(stripe.rawRequest("POST", path, params));

  test("the same key and parameters give the same answer again and do nothing more", async () => {
    const idempotencyKey = `refund_${run}`;
    const order = { charge: charge.id, amount: 100, metadata: { refund_id: "r1" } };
    const first = await stripe.refunds.create(order, { idempotencyKey });
    const again = await stripe.refunds.create(order, { idempotencyKey });
    expect(again.id).toBe(first.id);
    expect(again.lastResponse.headers["idempotent-replayed"]).toBe("true");
    expect((await stripe.charges.retrieve(charge.id)).amount_refunded).toBe(100);
    const other = await refusalOf(stripe.refunds.create({ ...order, amount: 101 }, { idempotencyKey }));
    expect(other).toMatchObject({ type: "StripeIdempotencyError", statusCode: 400 });
    const elsewhere = await refusalOf(stripe.charges.update(charge.id, { description: "x" }, { idempotencyKey }));
    expect(elsewhere).toMatchObject({ type: "StripeIdempotencyError", statusCode: 400 });
  });

  test("a decline is saved under its key and given again: one attempt, not two", async () => {
    const ask = () =>
      refusalOf(
        stripe.paymentIntents.create(
          {
            amount: 2500,
            currency: "usd",
            confirm: true,
            payment_method: "pm_card_chargeDeclined",
            automatic_payment_methods: { enabled: true, allow_redirects: "never" },
          },
          { idempotencyKey: `decline_${run}` },
        ),
      );
    const first = await ask();
    const again = await ask();
    expect(first.payment_intent?.id).toMatch(/^pi_/);
    expect([again.statusCode, again.payment_intent?.id]).toEqual([402, first.payment_intent?.id]);
    expect(again.headers?.["idempotent-replayed"]).toBe("true");
  });

  test("a request that was refused as malformed is not saved: its key can be used for the right one", async () => {
    const idempotencyKey = `malformed_${run}`;
    await refusalOf(stripe.rawRequest("POST", "/v1/refunds", { charge: charge.id, nonsense: "1" }, { idempotencyKey }));
    expect((await stripe.refunds.create({ charge: charge.id, amount: 50 }, { idempotencyKey })).amount).toBe(50);
  });

  test.each([
    ["an unknown name", "/v1/refunds", { nonsense: "1" }, "parameter_unknown", "nonsense"],
    ["an unknown name in a session", "/v1/checkout/sessions", { nonsense: "1" }, "parameter_unknown", "nonsense"],
    [
      "the removed payment_method_types",
      "/v1/payment_intents",
      { amount: 500, currency: "usd", payment_method_types: ["card"] },
      "parameter_unknown",
      "payment_method_types",
    ],
    ["no destination", "/v1/transfers", { amount: 100, currency: "usd" }, "parameter_missing", "destination"],
    [
      "an amount in words",
      "/v1/payment_intents",
      { amount: "ten", currency: "usd" },
      "parameter_invalid_integer",
      "amount",
    ],
    [
      "an amount with decimals",
      "/v1/payment_intents",
      { amount: "10.5", currency: "usd" },
      "parameter_invalid_integer",
      "amount",
    ],
  ])("a request with %s is refused and names the parameter", async (_what, path, params, code, param) => {
    expect(await raw(path, params)).toMatchObject({
      type: "StripeInvalidRequestError",
      rawType: "invalid_request_error",
      statusCode: 400,
      code,
      param,
      requestId: expect.stringMatching(/^req_/) as string,
    });
  });

  test("what does not exist is a 404 in the path and named as a parameter", async () => {
    expect(await refusalOf(stripe.charges.retrieve("ch_none"))).toMatchObject({
      statusCode: 404,
      code: "resource_missing",
    });
    expect(await refusalOf(stripe.refunds.create({ charge: "ch_none" }))).toMatchObject({
      code: "resource_missing",
      param: "charge",
    });
  });

  test("a wrong key is refused before anything else", async () => {
    expect(await refusalOf(stripe.balance.retrieve({}, { apiKey: "not_a_key" }))).toMatchObject({
      type: "StripeAuthenticationError",
      statusCode: 401,
    });
  });

  test("a list is paged from the newest to the oldest, without gaps or repeats", async () => {
    const transfer_group = `page_${run}`;
    const ids: string[] = [];
    for (const amount of [500, 600, 700]) {
      const payment = await provider.pay(amount, "pm_card_visa", { transfer_group });
      ids.unshift(payment.latest_charge.id);
    }
    const first = await stripe.charges.list({ transfer_group, limit: 2 });
    expect([first.has_more, first.data.map((one) => one.id)]).toEqual([true, ids.slice(0, 2)]);
    const rest = await stripe.charges.list({ transfer_group, limit: 2, starting_after: ids[1]! });
    expect([rest.has_more, rest.data.map((one) => one.id)]).toEqual([false, ids.slice(2)]);
    const back = await stripe.charges.list({ transfer_group, limit: 2, ending_before: ids[2]! });
    expect(back.data.map((one) => one.id)).toEqual(ids.slice(0, 2));
    expect(await refusalOf(stripe.charges.list({ starting_after: "ch_none" }))).toMatchObject({
      code: "resource_missing",
      param: "starting_after",
    });
  });

  test("metadata is kept as it was given, and changed name by name", async () => {
    await stripe.charges.update(charge.id, { metadata: { a: "1", b: "2" } });
    const changed = await stripe.charges.update(charge.id, { metadata: { a: "", c: "3" } });
    expect(changed.metadata).toEqual({ b: "2", c: "3" });
  });
});
