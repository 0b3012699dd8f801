import type Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Desk, refusalOf } from "../fixture.ts";

let desk: Desk;
beforeAll(async () => {
  desk = await Desk.open();
});
afterAll(() => desk.close());

const order = { amount: 2500, currency: "usd", confirm: true } as const;

test("a payment intent is paid at once with a test card by name", async () => {
  const intent = await desk.stripe.paymentIntents.create({
    ...order,
    payment_method: "pm_card_visa",
    expand: ["latest_charge"],
  });
  expect(intent).toMatchObject({
    status: "succeeded",
    amount_received: 2500,
    latest_charge: { status: "succeeded", amount: 2500 },
  });
});

test("a declined card is a 402 that carries the intent, and another card may be confirmed", async () => {
  const refusal = await refusalOf(
    desk.stripe.paymentIntents.create({ ...order, payment_method: "pm_card_chargeDeclined" }),
  );
  expect(refusal).toMatchObject({
    statusCode: 402,
    type: "StripeCardError",
    code: "card_declined",
    decline_code: "generic_decline",
  });
  const { id } = refusal.payment_intent as Stripe.PaymentIntent;
  expect(await desk.stripe.paymentIntents.confirm(id, { payment_method: "pm_card_visa" })).toMatchObject({
    status: "succeeded",
  });
});

test("a card that must be authenticated leads to a page, and the answer there decides", async () => {
  const intent = await desk.stripe.paymentIntents.create({
    ...order,
    payment_method: "pm_card_authenticationRequired",
    return_url: "http://127.0.0.1:1/back",
  });
  expect(intent).toMatchObject({ status: "requires_action", next_action: { type: "redirect_to_url" } });
  const page = intent.next_action!.redirect_to_url!.url!;
  expect(await (await fetch(page)).text()).toContain("Complete authentication");
  const answer = await fetch(page, {
    method: "POST",
    redirect: "manual",
    body: new URLSearchParams({ answer: "complete" }),
  });
  expect([answer.status, answer.headers.get("location")]).toEqual([303, "http://127.0.0.1:1/back"]);
  expect((await desk.stripe.paymentIntents.retrieve(intent.id)).status).toBe("succeeded");
});

test("what is paid cannot be cancelled, what is not paid can, and what Checkout made is Checkout's", async () => {
  const paid = await desk.stripe.paymentIntents.create({ ...order, payment_method: "pm_card_visa" });
  expect(await refusalOf(desk.stripe.paymentIntents.cancel(paid.id))).toMatchObject({
    code: "payment_intent_unexpected_state",
  });
  const open = await desk.stripe.paymentIntents.create({ amount: 2500, currency: "usd" });
  expect(await desk.stripe.paymentIntents.cancel(open.id, { cancellation_reason: "abandoned" })).toMatchObject({
    status: "canceled",
    cancellation_reason: "abandoned",
  });
  const charge = await desk.charge(2500);
  expect((await refusalOf(desk.stripe.paymentIntents.cancel(charge.payment_intent as string))).message).toContain(
    "created by Checkout",
  );
});

test("metadata changed later changes nothing that was charged, and an empty value removes its key", async () => {
  const intent = await desk.stripe.paymentIntents.create({
    ...order,
    payment_method: "pm_card_visa",
    metadata: { a: "1", b: "2" },
  });
  const updated = await desk.stripe.paymentIntents.update(intent.id, { metadata: { a: "", c: "3" } });
  expect(updated.metadata).toEqual({ b: "2", c: "3" });
  expect((await desk.stripe.charges.retrieve(intent.latest_charge as string)).metadata).toEqual({ a: "1", b: "2" });
});

test("a split that exceeds the charge, or goes to somebody who cannot be paid, is refused before anything is charged", async () => {
  const [carla, dave] = [await desk.account(), await desk.account(false)];
  const over = await refusalOf(
    desk.stripe.paymentIntents.create({
      ...order,
      payment_method: "pm_card_visa",
      transfer_data: { destination: carla, amount: 2501 },
    }),
  );
  expect(over).toMatchObject({ statusCode: 400, param: "transfer_data[amount]" });
  const early = await refusalOf(
    desk.session(2500, { payment_intent_data: { transfer_data: { destination: dave, amount: 100 } } }),
  );
  expect(early.code).toBe("insufficient_capabilities_for_transfer");
});

test("a refund of a destination charge takes its share of the transfer back when asked to", async () => {
  await desk.sim.control.topUp(10_000);
  const carla = await desk.account();
  const intent = await desk.stripe.paymentIntents.create({
    ...order,
    payment_method: "pm_card_bypassPending",
    transfer_data: { destination: carla, amount: 2000 },
  });
  const refund = await desk.stripe.refunds.create({
    payment_intent: intent.id,
    amount: 1250,
    reverse_transfer: true,
    expand: ["transfer_reversal"],
  });
  expect(refund.transfer_reversal).toMatchObject({ amount: 1000, source_refund: refund.id });
});
