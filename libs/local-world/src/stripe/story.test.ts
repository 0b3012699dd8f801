import type Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Desk, Ear, SECRET } from "./fixture.ts";
import { payCheckout } from "./pay-checkout.ts";

let ear: Ear;
let desk: Desk;
beforeAll(async () => {
  ear = await Ear.open();
  desk = await Desk.open({ webhook: ear.listener });
});
afterAll(async () => {
  await desk.close();
  await ear.close();
});

test("a pledge is paid, held, partly given back and the rest transferred, as the unmodified SDK sees it", async () => {
  const { stripe, clock } = desk;
  const carla = await desk.account();
  await desk.sim.control.topUp(100_000);
  const session = await desk.session(2610, {
    client_reference_id: "pledge_1",
    metadata: { pledge_id: "pledge_1" },
    payment_intent_data: {
      transfer_group: "dev_1",
      metadata: { pledge_id: "pledge_1" },
      description: "A pledge",
      statement_descriptor_suffix: "PLEDGE",
    },
  });
  expect(session).toMatchObject({
    status: "open",
    payment_status: "unpaid",
    payment_intent: null,
    amount_total: 2610,
    url: `${desk.sim.url}/c/pay/${session.id}`,
  });

  const paid = await payCheckout(session.url!, { number: "4242 4242 4242 4242", email: "bob@example.com" });
  expect(paid).toEqual({ paid: true, redirect: `http://127.0.0.1:1/ok?session=${session.id}` });

  const done = await stripe.checkout.sessions.retrieve(session.id, {
    expand: ["payment_intent.latest_charge.balance_transaction", "line_items"],
  });
  const intent = done.payment_intent as Stripe.PaymentIntent;
  const charge = intent.latest_charge as Stripe.Charge;
  expect(done).toMatchObject({
    status: "complete",
    payment_status: "paid",
    url: null,
    client_reference_id: "pledge_1",
    customer_details: { email: "bob@example.com" },
  });
  expect(done.line_items?.data).toMatchObject([{ description: "Pledge", quantity: 1, amount_total: 2610 }]);
  expect(intent).toMatchObject({
    status: "succeeded",
    amount_received: 2610,
    transfer_group: "dev_1",
    metadata: { pledge_id: "pledge_1" },
  });
  expect(charge).toMatchObject({
    paid: true,
    amount: 2610,
    transfer_group: "dev_1",
    description: "A pledge",
    metadata: { pledge_id: "pledge_1" },
  });
  // 2.9 % of 2610 is 75.69, and 30 on top.
  expect(charge.balance_transaction).toMatchObject({
    amount: 2610,
    fee: 106,
    net: 2504,
    status: "pending",
    type: "charge",
    available_on: clock.seconds + 2 * 86_400,
  });
  expect((await stripe.charges.list({ transfer_group: "dev_1" })).data.map((c) => c.id)).toEqual([charge.id]);
  expect((await stripe.checkout.sessions.list({ payment_intent: intent.id })).data.map((s) => s.id)).toEqual([
    session.id,
  ]);

  clock.wind(20);
  expect((await stripe.balanceTransactions.list({ source: charge.id })).data[0]).toMatchObject({ status: "available" });
  const refund = await stripe.refunds.create({
    payment_intent: intent.id,
    amount: 610,
    reason: "requested_by_customer",
    metadata: { kind: "part" },
  });
  expect(refund).toMatchObject({ status: "succeeded", amount: 610, charge: charge.id, metadata: { kind: "part" } });
  const transfer = await stripe.transfers.create({
    amount: 1900,
    currency: "usd",
    destination: carla,
    source_transaction: charge.id,
    transfer_group: "dev_1",
    metadata: { pledge_id: "pledge_1" },
  });
  expect((await stripe.transfers.list({ transfer_group: "dev_1" })).data).toMatchObject([
    { id: transfer.id, destination: carla, source_transaction: charge.id },
  ]);
  expect((await stripe.refunds.list({ charge: charge.id })).data.map((r) => r.id)).toEqual([refund.id]);
  expect(await desk.books()).toEqual({
    available: 100_000 + 2504 - 610 - 1900,
    pending: 0,
    sum: 100_000 + 2504 - 610 - 1900,
  });
  expect((await stripe.balance.retrieve({}, { stripeAccount: carla })).available).toMatchObject([
    { amount: 1900, currency: "usd" },
  ]);
});

test("each step was told to the listener, signed so that the SDK accepts it, and can be read back", async () => {
  await desk.sim.drained();
  for (const event of ear.received) {
    if (event.type.startsWith("v2.")) {
      const thin = desk.stripe.parseEventNotification(event.body, event.signature, SECRET);
      expect(thin.type).toBe(event.type);
    } else {
      expect(desk.stripe.webhooks.constructEvent(event.body, event.signature, SECRET).id).toBe(event.id);
    }
  }
  expect(ear.types()).toEqual(
    expect.arrayContaining([
      "v2.core.account[configuration.recipient].capability_status_updated",
      "payment_intent.created",
      "charge.succeeded",
      "payment_intent.succeeded",
      "checkout.session.completed",
      "refund.created",
      "charge.refunded",
      "transfer.created",
    ]),
  );
  const listed = await desk.stripe.events.list({ types: ["checkout.session.completed", "transfer.created"] });
  expect(listed.data.map((e) => e.type)).toEqual(["transfer.created", "checkout.session.completed"]);
  expect(await desk.stripe.events.retrieve(listed.data[0]!.id)).toMatchObject({
    pending_webhooks: 0,
    api_version: "2026-10-28.endive",
  });
  desk.clock.wind(31);
  expect((await desk.stripe.events.list({ limit: 100 })).data).toEqual([]);
});

test("a donation goes to the developer at once, less the service fee, by a destination charge", async () => {
  const carla = await desk.account();
  const session = await desk.session(5185, {
    payment_intent_data: { transfer_data: { destination: carla, amount: 5000 } },
  });
  expect((await payCheckout(session.url!, { number: "4242424242424242" })).paid).toBe(true);
  const intent = await desk.stripe.paymentIntents.retrieve(
    (await desk.stripe.checkout.sessions.retrieve(session.id)).payment_intent as string,
    { expand: ["latest_charge.transfer"] },
  );
  const charge = intent.latest_charge as Stripe.Charge;
  expect(charge.transfer).toMatchObject({
    amount: 5000,
    destination: carla,
    source_transaction: charge.id,
    transfer_group: charge.transfer_group,
  });
  expect((await desk.stripe.balance.retrieve({}, { stripeAccount: carla })).pending).toMatchObject([{ amount: 5000 }]);
});

test("two hundred pledges are paged through in order, without gaps or repeats", async () => {
  for (let i = 0; i < 205; i++) {
    await desk.stripe.paymentIntents.create({
      amount: 500 + i,
      currency: "usd",
      confirm: true,
      payment_method: "pm_card_visa",
      transfer_group: "dev_many",
    });
  }
  const amounts: number[] = [];
  for await (const charge of desk.stripe.charges.list({ transfer_group: "dev_many", limit: 50 }))
    amounts.push(charge.amount);
  expect(amounts).toEqual(Array.from({ length: 205 }, (_, i) => 704 - i));
  const first = await desk.stripe.paymentIntents.list({ limit: 3 });
  const back = await desk.stripe.paymentIntents.list({ limit: 2, ending_before: first.data[2]!.id });
  expect(back.data.map((i) => i.id)).toEqual(first.data.slice(0, 2).map((i) => i.id));
});
