import { afterEach, beforeEach, expect, test } from "vitest";
import { Desk, refusalOf } from "../fixture.ts";

let desk: Desk;
beforeEach(async () => {
  desk = await Desk.open();
});
afterEach(() => desk.close());

const types = async (): Promise<string[]> =>
  (await desk.stripe.events.list({ limit: 100 })).data.map((e) => e.type).toReversed();

test("refunds of one charge never add up to more than was captured", async () => {
  await desk.sim.control.topUp(10_000);
  const charge = await desk.charge(2500);
  await desk.stripe.refunds.create({ charge: charge.id, amount: 1000 });
  const over = await refusalOf(desk.stripe.refunds.create({ charge: charge.id, amount: 1501 }));
  expect(over).toMatchObject({
    statusCode: 400,
    param: "amount",
    message: "Refund amount ($15.01) is greater than unrefunded amount on charge ($15.00)",
  });
  await desk.stripe.refunds.create({ charge: charge.id });
  expect(await desk.stripe.charges.retrieve(charge.id)).toMatchObject({ refunded: true, amount_refunded: 2500 });
  expect(await refusalOf(desk.stripe.refunds.create({ charge: charge.id }))).toMatchObject({
    code: "charge_already_refunded",
  });
});

test("a refund waits for available money, keeps its place, and succeeds when money comes", async () => {
  const [first, second] = [await desk.charge(2500), await desk.charge(1000)];
  const large = await desk.stripe.refunds.create({ charge: first.id });
  const small = await desk.stripe.refunds.create({ charge: second.id });
  expect([large, small]).toMatchObject([
    { status: "pending", pending_reason: "insufficient_funds", balance_transaction: null },
    { status: "pending" },
  ]);
  await desk.sim.control.topUp(1500);
  expect((await desk.stripe.refunds.retrieve(small.id)).status).toBe("pending");
  const later = await desk.stripe.refunds.create({ charge: (await desk.charge(600)).id, amount: 100 });
  expect(later.status).toBe("pending");
  await desk.sim.control.topUp(1000);
  expect((await desk.stripe.refunds.retrieve(large.id)).status).toBe("succeeded");
  desk.clock.wind(2);
  expect(await desk.stripe.refunds.retrieve(small.id, { expand: ["balance_transaction"] })).toMatchObject({
    status: "succeeded",
    balance_transaction: { amount: -1000, type: "refund" },
  });
  expect((await types()).filter((t) => t === "refund.updated")).toHaveLength(3);
});

test("with card 4000000000005126 a refund succeeds first and fails later, and the money comes back", async () => {
  await desk.sim.control.topUp(5000);
  const charge = await desk.charge(2500, { number: "4000000000005126" });
  const refund = await desk.stripe.refunds.create({ charge: charge.id });
  expect(refund.status).toBe("succeeded");
  desk.clock.at += 6000;
  expect(await desk.stripe.refunds.retrieve(refund.id, { expand: ["failure_balance_transaction"] })).toMatchObject({
    status: "failed",
    failure_reason: "expired_or_canceled_card",
    failure_balance_transaction: { amount: 2500, type: "refund_failure" },
  });
  expect(await desk.stripe.charges.retrieve(charge.id)).toMatchObject({ amount_refunded: 0, refunded: false });
  expect(await types()).toContain("refund.failed");
  expect((await desk.books()).available).toBe(5000);
});

test("transfers from one charge never add up to more than it; a reversal makes room again", async () => {
  const carla = await desk.account();
  const charge = await desk.charge(7000, { number: "4000000000000077" });
  await desk.sim.control.topUp(20_000);
  const order = { currency: "usd", destination: carla, source_transaction: charge.id } as const;
  const transfer = await desk.stripe.transfers.create({ ...order, amount: 7000 });
  const again = await refusalOf(desk.stripe.transfers.create({ ...order, amount: 7000 }));
  expect(again).toMatchObject({
    statusCode: 400,
    message:
      "Transfers using this transaction as a source must not exceed the source amount of $70.00. (There is already a transfer using this source, amounting to $70.00.)",
  });
  const reversal = await desk.stripe.transfers.createReversal(transfer.id, {
    amount: 3000,
    metadata: { why: "netted" },
  });
  expect(reversal).toMatchObject({ amount: 3000, transfer: transfer.id, metadata: { why: "netted" } });
  expect(await desk.stripe.transfers.retrieve(transfer.id)).toMatchObject({
    amount_reversed: 3000,
    reversed: false,
    reversals: { data: [{ id: reversal.id }] },
  });
  expect((await desk.stripe.transfers.listReversals(transfer.id)).data).toHaveLength(1);
  await desk.stripe.transfers.create({ ...order, amount: 3000 });
  expect(await refusalOf(desk.stripe.transfers.createReversal(transfer.id, { amount: 4001 }))).toMatchObject({
    param: "amount",
  });
  expect(await types()).toContain("transfer.reversed");
});

test("a transfer out of a charge that has not settled waits for its money; any other needs available money", async () => {
  const carla = await desk.account();
  const charge = await desk.charge(2500);
  const early = await desk.stripe.transfers.create(
    { amount: 1000, currency: "usd", destination: carla, source_transaction: charge.id },
    {},
  );
  expect(await desk.stripe.transfers.retrieve(early.id, { expand: ["balance_transaction"] })).toMatchObject({
    balance_transaction: { status: "pending", net: -1000 },
  });
  expect(early.transfer_group).toBe(`group_${charge.payment_intent as string}`);
  expect(
    await refusalOf(desk.stripe.transfers.create({ amount: 1000, currency: "usd", destination: carla })),
  ).toMatchObject({ code: "balance_insufficient" });
  desk.clock.wind(2);
  await desk.sim.control.payOut();
  expect(
    await refusalOf(
      desk.stripe.transfers.create({
        amount: 1000,
        currency: "usd",
        destination: carla,
        source_transaction: charge.id,
      }),
    ),
  ).toMatchObject({ code: "balance_insufficient" });
});

test("a reversal needs the money to be still on the connected account", async () => {
  const carla = await desk.account();
  await desk.sim.control.topUp(5000);
  const transfer = await desk.stripe.transfers.create({ amount: 5000, currency: "usd", destination: carla });
  await desk.sim.control.payOut(4000, { account: carla });
  expect(await refusalOf(desk.stripe.transfers.createReversal(transfer.id))).toMatchObject({
    code: "balance_insufficient",
  });
  await desk.stripe.transfers.createReversal(transfer.id, { amount: 1000 });
});

test("refunding a charge leaves its transfers alone unless their reversal is asked for", async () => {
  const carla = await desk.account();
  await desk.sim.control.topUp(20_000);
  const charge = await desk.charge(5000, { number: "4000000000000077" });
  const transfer = await desk.stripe.transfers.create({
    amount: 4000,
    currency: "usd",
    destination: carla,
    source_transaction: charge.id,
  });
  await desk.stripe.refunds.create({ charge: charge.id });
  expect(await desk.stripe.transfers.retrieve(transfer.id)).toMatchObject({ amount_reversed: 0 });
});

test("a bank reversal takes the amount and the fee at once, bars refunds, and gives both back when won", async () => {
  await desk.sim.control.topUp(10_000);
  const charge = await desk.charge(2500, { number: "4000000000000259" });
  const [dispute] = (await desk.stripe.disputes.list({ charge: charge.id })).data;
  expect(dispute).toMatchObject({
    status: "needs_response",
    amount: 2500,
    reason: "fraudulent",
    is_charge_refundable: false,
    balance_transactions: [{ net: -4000, fee: 1500, type: "adjustment" }],
  });
  expect(await desk.stripe.charges.retrieve(charge.id)).toMatchObject({ disputed: true });
  expect((await desk.books()).available).toBe(6000);
  expect(await refusalOf(desk.stripe.refunds.create({ charge: charge.id }))).toMatchObject({ code: "charge_disputed" });
  await desk.sim.control.winDispute(dispute!.id);
  expect((await desk.books()).available).toBe(10_000);
  expect((await desk.stripe.refunds.create({ charge: charge.id })).status).toBe("succeeded");
  expect((await types()).filter((t) => t.startsWith("charge.dispute."))).toEqual([
    "charge.dispute.created",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.closed",
    "charge.dispute.funds_reinstated",
  ]);
});

test("a lost bank reversal keeps the money and bars refunding it again; an inquiry takes nothing", async () => {
  await desk.sim.control.topUp(10_000);
  const [lost, asked] = [await desk.charge(2500), await desk.charge(2500, { number: "4000000000001976" })];
  await desk.sim.control.openDispute(lost.id, { amount: 2400, reason: "product_not_received" });
  await desk.sim.control.loseDispute(lost.id);
  expect((await desk.books()).available).toBe(10_000 - 2400 - 1500);
  for (const amount of [101, 2500])
    expect(await refusalOf(desk.stripe.refunds.create({ charge: lost.id, amount }))).toMatchObject({
      code: "charge_disputed",
    });
  expect((await desk.stripe.refunds.create({ charge: lost.id })).amount).toBe(100);
  expect(await refusalOf(desk.stripe.refunds.create({ charge: lost.id }))).toMatchObject({ code: "charge_disputed" });
  expect((await desk.stripe.disputes.list({ charge: asked.id })).data).toMatchObject([
    { status: "warning_needs_response", is_charge_refundable: true, balance_transactions: [] },
  ]);
  expect((await desk.stripe.refunds.create({ charge: asked.id })).status).toBe("succeeded");
});

test("a fraud warning is actionable until the charge is refunded", async () => {
  await desk.sim.control.topUp(5000);
  const charge = await desk.charge(2500, { number: "4000000000005423" });
  const [warning] = (await desk.stripe.radar.earlyFraudWarnings.list({ charge: charge.id })).data;
  expect(warning).toMatchObject({ actionable: true, fraud_type: "made_with_stolen_card" });
  await desk.stripe.refunds.create({ charge: charge.id });
  expect((await desk.stripe.radar.earlyFraudWarnings.retrieve(warning!.id)).actionable).toBe(false);
});

test("payouts leave the balance, arrive after two days, or fail and come back", async () => {
  await desk.stripe.topups.create({ amount: 9000, currency: "usd", description: "own funds" });
  const planned = await desk.stripe.payouts.create({ amount: 4000, currency: "usd", metadata: { withdrawal: "1" } });
  const surprise = await desk.sim.control.payOut(3000);
  expect((await desk.books()).available).toBe(2000);
  expect(await refusalOf(desk.stripe.payouts.create({ amount: 2001, currency: "usd" }))).toMatchObject({
    code: "balance_insufficient",
  });
  await desk.sim.control.failPayout(surprise.id);
  desk.clock.wind(2);
  expect((await desk.stripe.payouts.list()).data).toMatchObject([
    { automatic: true, status: "failed", failure_code: "account_closed" },
    { id: planned.id, automatic: false, status: "paid" },
  ]);
  expect((await desk.books()).available).toBe(5000);
});

test("a fee that is not known yet is missing from the charge until it is shown", async () => {
  await desk.sim.control.feeSchedule({ hide_fees: true, fee_basis_points: 150, fee_fixed: 25 });
  const charge = await desk.charge(10_000);
  expect(charge.balance_transaction).toBeNull();
  expect(await desk.sim.control.showFees()).toBe(1);
  expect(await desk.stripe.charges.retrieve(charge.id, { expand: ["balance_transaction"] })).toMatchObject({
    balance_transaction: { fee: 175 },
  });
  expect((await types()).at(-1)).toBe("charge.updated");
});
