import { afterEach, beforeEach, expect, test } from "vitest";
import { Desk, refusalOf } from "../fixture.ts";

let desk: Desk;
beforeEach(async () => {
  desk = await Desk.open();
  await desk.sim.control.topUp(100_000);
});
afterEach(() => desk.close());

const available = async (): Promise<number> => (await desk.books()).available;
const told = async (): Promise<string[]> =>
  (await desk.stripe.events.list({ type: "charge.dispute.*", limit: 100 })).data.map((e) => e.type).toReversed();

test("a lost dispute is won late: the money and the fee come back, and the charge can be refunded", async () => {
  const charge = await desk.charge(2500);
  const { id } = await desk.sim.control.openDispute(charge.id);
  await desk.sim.control.loseDispute(id);
  expect(await available()).toBe(100_000 - 4000);
  desk.clock.wind(30);
  await desk.sim.control.winDispute(id);
  expect(await desk.stripe.disputes.retrieve(id)).toMatchObject({
    status: "won",
    balance_transactions: [{ net: -4000 }, { net: 4000, reporting_category: "dispute_reversal", source: id }],
  });
  expect(await told()).toEqual(["charge.dispute.closed", "charge.dispute.funds_reinstated"]);
  expect((await desk.stripe.refunds.create({ charge: charge.id })).status).toBe("succeeded");
  await expect(desk.sim.control.loseDispute(id)).rejects.toThrow("already won");
});

test("a charge is disputed in two parts: one is won and one lost, and what nobody disputes can be refunded afterwards", async () => {
  const charge = await desk.charge(5000);
  const first = await desk.sim.control.openDispute(charge.id, { amount: 1000 });
  const second = await desk.sim.control.openDispute(charge.id, { amount: 2000, reason: "duplicate" });
  expect((await desk.stripe.disputes.list({ charge: charge.id })).data.map((d) => [d.id, d.amount])).toEqual([
    [second.id, 2000],
    [first.id, 1000],
  ]);
  expect(await available()).toBe(100_000 - 3000 - 2 * 1500);
  await desk.sim.control.winDispute(first.id);
  expect(await refusalOf(desk.stripe.refunds.create({ charge: charge.id, amount: 100 }))).toMatchObject({
    code: "charge_disputed",
  });
  await desk.sim.control.loseDispute(second.id);
  expect((await desk.stripe.refunds.create({ charge: charge.id })).amount).toBe(3000);
});

test("a dispute is lost and part of its money returned", async () => {
  const charge = await desk.charge(5000);
  await desk.sim.control.openDispute(charge.id);
  const { id } = await desk.sim.control.loseDispute(charge.id, { returned: 2000 });
  expect(await desk.stripe.disputes.retrieve(id)).toMatchObject({
    status: "lost",
    balance_transactions: [{ amount: -5000 }, { amount: 2000, fee: 0 }],
  });
  expect(await available()).toBe(100_000 - 5000 - 1500 + 2000);
});

test("an inquiry takes nothing, becomes a dispute that does, or is closed", async () => {
  const [kept, left] = [await desk.charge(2500), await desk.charge(2500)];
  const inquiry = await desk.sim.control.openDispute(kept.id, { inquiry: true });
  await desk.sim.control.openDispute(left.id, { inquiry: true });
  expect(await available()).toBe(100_000);
  await desk.sim.control.setDisputeStatus(inquiry.id, "needs_response");
  expect(await available()).toBe(100_000 - 4000);
  expect((await desk.sim.control.loseDispute(left.id)).status).toBe("warning_closed");
  expect(await told()).toEqual([
    "charge.dispute.created",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.closed",
  ]);
});

test("statuses nobody knows and appeals move no money; a prevented dispute takes none", async () => {
  const charge = await desk.charge(2500);
  const { id } = await desk.sim.control.openDispute(charge.id);
  await desk.sim.control.loseDispute(id);
  for (const status of ["appeal_needs_response", "appeal_under_review", "brand_new"]) {
    await desk.sim.control.setDisputeStatus(id, status);
    expect((await desk.stripe.disputes.retrieve(id)).status).toBe(status);
    expect(await refusalOf(desk.stripe.refunds.create({ charge: charge.id }))).toMatchObject({
      code: "charge_disputed",
    });
  }
  expect(await available()).toBe(100_000 - 4000);
  await desk.sim.control.setDisputeStatus(id, "won");
  expect(await available()).toBe(100_000);
  const other = await desk.charge(2500);
  await desk.sim.control.openDispute(other.id, { status: "prevented" });
  expect(await available()).toBe(100_000);
});

test("a refund that waits when the bank takes the money itself fails and is not made again", async () => {
  await desk.sim.control.payOut();
  const charge = await desk.charge(2500);
  const refund = await desk.stripe.refunds.create({ charge: charge.id });
  expect(refund.status).toBe("pending");
  await desk.sim.control.openDispute(charge.id);
  expect(await desk.stripe.refunds.retrieve(refund.id)).toMatchObject({
    status: "failed",
    failure_reason: "charge_for_pending_refund_disputed",
  });
  expect((await desk.stripe.charges.retrieve(charge.id)).amount_refunded).toBe(0);
});

test("a fraud warning stops being actionable by a dispute or a full refund, which is told; after either it never is", async () => {
  const [disputed, refunded, later] = [await desk.charge(2500), await desk.charge(2500), await desk.charge(2500)];
  await desk.sim.control.raiseWarning(disputed.id);
  await desk.sim.control.raiseWarning(refunded.id);
  await desk.sim.control.openDispute(disputed.id);
  await desk.stripe.refunds.create({ charge: refunded.id, amount: 1000 });
  const [half] = (await desk.stripe.radar.earlyFraudWarnings.list({ charge: refunded.id })).data;
  expect(half!.actionable).toBe(true);
  await desk.stripe.refunds.create({ charge: refunded.id });
  await desk.stripe.refunds.create({ charge: later.id });
  await desk.sim.control.raiseWarning(later.id);
  expect((await desk.stripe.radar.earlyFraudWarnings.list()).data.map((w) => w.actionable)).toEqual([
    false,
    false,
    false,
  ]);
  expect((await desk.stripe.events.list({ type: "radar.early_fraud_warning.updated" })).data).toHaveLength(2);
});
