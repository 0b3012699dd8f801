import { afterEach, beforeEach, expect, test } from "vitest";
import { BANK_ACCOUNT } from "../cards.ts";
import { Desk, refusalOf } from "../fixture.ts";
import { payCheckout } from "../pay-checkout.ts";

let desk: Desk;
beforeEach(async () => {
  desk = await Desk.open();
});
afterEach(() => desk.close());

test("every movement of the balance says what it is, where it came from, what it cost and when it can be used", async () => {
  const { stripe, clock } = desk;
  const { control } = desk.sim;
  const carla = await desk.account();
  await control.topUp(50_000);
  const charge = await desk.charge(10_000);
  const now = clock.seconds;
  const transfer = await stripe.transfers.create({
    amount: 900,
    currency: "usd",
    destination: carla,
    source_transaction: charge.id,
  });
  const own = await stripe.transfers.create({ amount: 800, currency: "usd", destination: carla });
  const reversal = await stripe.transfers.createReversal(own.id, { amount: 300 });
  const refund = await stripe.refunds.create({ charge: charge.id, amount: 700 });
  await control.failRefund(refund.id);
  const dispute = await control.openDispute(charge.id, { amount: 600 });
  const payout = await stripe.payouts.create({ amount: 500, currency: "usd" });
  await control.failPayout(payout.id);
  await control.adjust(-250, { description: "Something else" });
  await control.adjust(-150, { category: "reserve_hold" });
  await control.adjust(-50, { category: "stripe_fee", description: "Radar" });
  const later = now + 2 * 86_400;
  const rows = (await stripe.balanceTransactions.list({ limit: 100 })).data
    .toReversed()
    .slice(1)
    .map((t) => [t.type, t.reporting_category, t.source, t.amount, t.fee, t.net, t.available_on, t.status]);
  expect(rows).toEqual([
    ["charge", "charge", charge.id, 10_000, 320, 9680, later, "pending"],
    ["transfer", "transfer", transfer.id, -900, 0, -900, later, "pending"],
    ["transfer", "transfer", own.id, -800, 0, -800, now, "available"],
    ["transfer_refund", "transfer_reversal", reversal.id, 300, 0, 300, now, "available"],
    ["refund", "refund", refund.id, -700, 0, -700, now, "available"],
    ["refund_failure", "refund_failure", refund.id, 700, 0, 700, now, "available"],
    ["adjustment", "dispute", dispute.id, -600, 1500, -2100, now, "available"],
    ["payout", "payout", payout.id, -500, 0, -500, now, "available"],
    ["payout_failure", "payout_reversal", payout.id, 500, 0, 500, now, "available"],
    ["adjustment", "other_adjustment", null, -250, 0, -250, now, "available"],
    ["reserve_hold", "risk_reserved_funds", null, -150, 0, -150, now, "available"],
    ["stripe_fee", "fee", null, -50, 0, -50, now, "available"],
  ]);
});

test("movements are found by source, by kind and by time, page by page", async () => {
  const start = desk.clock.seconds;
  for (let day = 0; day < 5; day += 1) {
    await desk.sim.control.topUp(1000 + day);
    await desk.sim.control.adjust(-1);
    desk.clock.wind(1);
  }
  const amounts = async (params: object): Promise<number[]> => {
    const found: number[] = [];
    for await (const txn of desk.stripe.balanceTransactions.list({ limit: 2, ...params })) found.push(txn.amount);
    return found;
  };
  expect(await amounts({ type: "topup" })).toEqual([1004, 1003, 1002, 1001, 1000]);
  expect(await amounts({ type: "topup", created: { gte: start + 2 * 86_400 } })).toEqual([1004, 1003, 1002]);
  expect(await amounts({ created: { gt: start, lt: start + 2 * 86_400 } })).toEqual([-1, 1001]);
  const [newest] = (await desk.stripe.topups.list()).data;
  expect(await amounts({ source: newest!.id })).toEqual([1004]);
  const seen: string[] = [];
  for await (const event of desk.stripe.events.list({
    types: ["topup.succeeded"],
    created: { gte: start + 86_400 },
    limit: 3,
  }))
    seen.push((event.data.object as { amount: number } & object).amount.toString());
  expect(seen).toEqual(["1004", "1003", "1002", "1001"]);
});

test("on a daily schedule what is available leaves when the clock passes a day; on manual it stays", async () => {
  const interval = async () => (await desk.stripe.balanceSettings.retrieve()).payments.payouts?.schedule?.interval;
  expect(await interval()).toBe("manual");
  await desk.sim.control.topUp(4000);
  desk.clock.wind(3);
  expect((await desk.books()).available).toBe(4000);
  await desk.sim.control.payoutSchedule("daily");
  expect((await desk.books()).available).toBe(4000);
  desk.clock.wind(1);
  expect((await desk.books()).available).toBe(0);
  expect((await desk.stripe.payouts.list()).data).toMatchObject([{ automatic: true, amount: 4000 }]);
  await desk.stripe.balanceSettings.update({ payments: { payouts: { schedule: { interval: "manual" } } } });
  await desk.sim.control.topUp(500);
  desk.clock.wind(3);
  expect([await interval(), (await desk.books()).available]).toEqual(["manual", 500]);
});

test.each([true, false])(
  "a payment from a bank account is complete and unpaid until the bank answers (%s)",
  async (ok) => {
    const session = await desk.session(2500);
    expect((await payCheckout(session.url!, { number: BANK_ACCOUNT })).paid).toBe(true);
    const state = async () =>
      desk.stripe.checkout.sessions.retrieve(session.id, { expand: ["payment_intent.latest_charge"] });
    expect(await state()).toMatchObject({
      status: "complete",
      payment_status: "unpaid",
      payment_intent: { status: "processing", amount_received: 0, latest_charge: { status: "pending", paid: false } },
    });
    expect(await desk.books()).toMatchObject({ sum: 0 });
    await desk.sim.control.answerAsync(session.id, ok);
    expect(await state()).toMatchObject({
      status: "complete",
      payment_status: ok ? "paid" : "unpaid",
      payment_intent: {
        status: ok ? "succeeded" : "requires_payment_method",
        latest_charge: { status: ok ? "succeeded" : "failed" },
      },
    });
    expect((await desk.books()).sum).toBe(ok ? 2397 : 0);
    expect(
      (await desk.stripe.events.list({ type: "checkout.session.*" })).data.map((e) => e.type).toReversed(),
    ).toEqual(["checkout.session.completed", `checkout.session.async_payment_${ok ? "succeeded" : "failed"}`]);
    await expect(desk.sim.control.answerAsync(session.id, ok)).rejects.toThrow("does not wait");
  },
);

test("a bank that is not asked says yes after four days, and a session can refuse bank accounts", async () => {
  const session = await desk.session(2500);
  await payCheckout(session.url!, { number: BANK_ACCOUNT });
  desk.clock.wind(4);
  expect((await desk.stripe.checkout.sessions.retrieve(session.id)).payment_status).toBe("paid");
  const cards = await desk.session(2500, { excluded_payment_method_types: ["us_bank_account"] });
  expect(await payCheckout(cards.url!, { number: BANK_ACCOUNT })).toEqual({
    paid: false,
    message: "Bank accounts are not accepted here.",
  });
});

test("a closed account takes no transfer", async () => {
  const carla = await desk.account();
  await desk.sim.control.topUp(5000);
  await desk.sim.control.closeAccount(carla);
  expect(
    await refusalOf(desk.stripe.transfers.create({ amount: 100, currency: "usd", destination: carla })),
  ).toMatchObject({ code: "resource_missing", param: "destination" });
});

test("the simulator's own clock can be wound on top of the story's, and stays so after everything is forgotten", async () => {
  const charge = await desk.charge(2500);
  const { now } = await desk.sim.control.advance(3 * 86_400);
  expect(now).toBe("2026-11-23T12:00:00.000Z");
  expect((await desk.books()).available).toBe(2397);
  expect((await desk.stripe.refunds.create({ charge: charge.id, amount: 1 })).created).toBe(
    desk.clock.seconds + 3 * 86_400,
  );
  await desk.sim.control.reset();
  await desk.sim.control.topUp(1);
  expect((await desk.stripe.topups.list()).data[0]!.created).toBe(desk.clock.seconds + 3 * 86_400);
  await expect(desk.sim.control.advance(-1)).rejects.toThrow("backwards");
});

test("events are forgotten after thirty days, once they were delivered", async () => {
  await desk.charge(2500);
  desk.clock.wind(31);
  await desk.sim.control.topUp(1);
  expect((await desk.sim.control.dump())["event"]).toMatchObject([
    { type: "topup.created" },
    { type: "topup.succeeded" },
  ]);
});
