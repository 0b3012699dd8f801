import { findingsOf } from "@freehold/testing";
import { newId } from "@freehold/values";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { openTill, type Till } from "./testing/till.ts";

let till: Till;
let dave: string;
beforeAll(async () => {
  till = await openTill();
  dave = await till.payee("dave");
});
afterEach(async () => {
  expect(await findingsOf(till.market)).toEqual([]);
});
afterAll(() => till.close());

const caseOf = (paymentId: string) =>
  till.database.chargeback.findFirstOrThrow({ where: { paymentId }, orderBy: { openedAt: "desc" } });

describe("before payout", () => {
  test("G1 it leaves the hold, the service fee and the bank's fee are our loss, and it is not paid out", async () => {
    const developmentId = newId();
    const [id, other] = [await till.paid(developmentId), await till.paid(developmentId)];
    await till.stripe.openDispute(await till.chargeOf(id));
    await till.takePost();
    expect((await till.posted(id)).at(-1)).toEqual([
      "chargeback",
      "dispute_fee 1500",
      "dispute_loss 110",
      "holding 2500",
      "psp_clearing -4110",
    ]);
    expect(await till.row(id)).toMatchObject({ state: "charged_back", heldMinor: 0n, locked: true });
    expect(await till.openTasks(id)).toEqual(["chargeback"]);
    await till.settle(developmentId, dave);
    await till.hurry(2);
    expect([await till.state(id), await till.state(other)]).toEqual(["charged_back", "paid"]);
  });

  test("won before the end: the exact mirror, held again, and settled with the others", async () => {
    const developmentId = newId();
    const id = await till.paid(developmentId);
    const before = await till.vault.ownFunds.booked();
    await till.stripe.openDispute(await till.chargeOf(id));
    await till.takePost();
    await till.stripe.winDispute(await till.chargeOf(id));
    await till.takePost();
    expect(await till.vault.ownFunds.booked()).toEqual(before);
    expect(await till.row(id)).toMatchObject({ state: "held", heldMinor: 2500n, locked: false });
    expect(await caseOf(id)).toMatchObject({ state: "won", fromHoldMinor: 0n, lossMinor: 0n });
    expect(await till.openTasks(id)).toEqual([]);
    await till.settle(developmentId, dave);
    await till.hurry();
    expect(await till.state(id)).toBe("paid");
  });

  test("won after the others were paid: it is paid to the payees at once", async () => {
    const developmentId = newId();
    const [id, other] = [await till.paid(developmentId), await till.paid(developmentId)];
    await till.stripe.openDispute(await till.chargeOf(id));
    await till.takePost();
    await till.settle(developmentId, dave);
    await till.hurry();
    await till.market.wind("80 days");
    await till.stripe.winDispute(await till.chargeOf(id));
    await till.takePost();
    await till.hurry();
    expect([await till.state(id), await till.state(other)]).toEqual(["paid", "paid"]);
  });

  test("won after the others were refunded: it goes to the backer", async () => {
    const developmentId = newId();
    const id = await till.paid(developmentId);
    await till.stripe.openDispute(await till.chargeOf(id));
    await till.takePost();
    await till.refundAll(developmentId);
    await till.stripe.winDispute(await till.chargeOf(id));
    await till.takePost();
    await till.hurry();
    expect(await till.state(id)).toBe("refunded");
    expect(await till.atStripe("refund")).toContainEqual(
      expect.objectContaining({ amount: 2500, status: "succeeded" }),
    );
  });

  test("lost, and won after all: a late win goes the same way", async () => {
    const developmentId = newId();
    const id = await till.paid(developmentId);
    await till.stripe.openDispute(await till.chargeOf(id));
    await till.stripe.loseDispute(await till.chargeOf(id));
    await till.takePost();
    expect(await till.row(id)).toMatchObject({ state: "charged_back", locked: false });
    await till.stripe.winDispute(await till.chargeOf(id));
    await till.takePost();
    expect(await till.row(id)).toMatchObject({ state: "held", heldMinor: 2500n });
    expect(await caseOf(id)).toMatchObject({ state: "won" });
    await till.refundAll(developmentId);
    await till.hurry();
  });

  test("a part of the sum: the rest stays held, waits for the bank's answer, and then goes its way", async () => {
    const developmentId = newId();
    const id = await till.paid(developmentId);
    await till.stripe.openDispute(await till.chargeOf(id), { amount: 1000 });
    await till.takePost();
    expect(await till.row(id)).toMatchObject({ state: "held", heldMinor: 1500n, locked: true });
    await till.settle(developmentId, dave);
    await till.hurry();
    expect(await till.state(id)).toBe("held");
    await till.stripe.loseDispute(await till.chargeOf(id));
    await till.takePost();
    await till.vault.advance(developmentId);
    await till.hurry();
    expect(await till.state(id)).toBe("paid");
    const payout = await till.database.payout.findFirstOrThrow({ where: { paymentId: id } });
    // 5 % of 1500 is 75.
    expect(payout).toMatchObject({ amountMinor: 1425n, platformFeeMinor: 75n, state: "confirmed" });
  });

  test("two on one charge: each takes its part, each comes back as itself", async () => {
    const developmentId = newId();
    const id = await till.paid(developmentId);
    const charge = await till.chargeOf(id);
    const first = await till.stripe.openDispute(charge, { amount: 1000 });
    const second = await till.stripe.openDispute(charge, { amount: 1610 });
    await till.takePost();
    expect(await till.row(id)).toMatchObject({ state: "charged_back", heldMinor: 0n });
    await till.stripe.winDispute(second.id);
    await till.takePost();
    expect(await till.row(id)).toMatchObject({ state: "held", heldMinor: 1500n, locked: true });
    await till.stripe.winDispute(first.id);
    await till.takePost();
    expect(await till.row(id)).toMatchObject({ state: "held", heldMinor: 2500n, locked: false });
    await till.refundAll(developmentId);
    await till.hurry();
  });

  test("a pledge that is being paid out, of which nothing went out yet, steps back and is charged back", async () => {
    const developmentId = newId();
    const id = await till.paid(developmentId);
    await till.settle(developmentId, dave);
    await till.stripe.openDispute(await till.chargeOf(id));
    await till.takePost();
    await till.hurry(2);
    expect((await till.posted(id)).slice(-2).map(([event]) => event)).toEqual(["settlement_stopped", "chargeback"]);
    expect(await till.state(id)).toBe("charged_back");
    const transfers = await till.atStripe<{ source_transaction: string }>("transfer");
    expect(transfers.filter((transfer) => transfer.source_transaction === "")).toEqual([]);
    expect(transfers.map((transfer) => transfer.source_transaction)).not.toContain(await till.chargeOf(id));
    await till.stripe.winDispute(await till.chargeOf(id));
    await till.takePost();
    await till.hurry();
    expect(await till.state(id)).toBe("paid");
  });
});

describe("beside a refund", () => {
  test("D12 while the bank has the payment nothing is refunded; lost, the refund is not needed any more", async () => {
    const developmentId = newId();
    const id = await till.paid(developmentId);
    await till.refundAll(developmentId);
    await till.stripe.openDispute(await till.chargeOf(id));
    await till.takePost();
    await till.hurry(2);
    expect(await till.state(id)).toBe("charged_back");
    const refund = await till.database.refund.findFirstOrThrow({ where: { paymentId: id } });
    expect(refund).toMatchObject({ state: "absorbed", absorbedMinor: 2500n });
    await till.stripe.loseDispute(await till.chargeOf(id));
    await till.takePost();
    await till.hurry();
    const made = await till.atStripe<{ charge: string }>("refund");
    expect(made.map((one) => one.charge)).not.toContain(await till.chargeOf(id));
  });

  test("D12 won, the refund goes on", async () => {
    const developmentId = newId();
    const id = await till.paid(developmentId);
    await till.refundAll(developmentId);
    await till.stripe.openDispute(await till.chargeOf(id));
    await till.takePost();
    await till.stripe.winDispute(await till.chargeOf(id));
    await till.takePost();
    await till.hurry();
    expect(await till.state(id)).toBe("refunded");
  });

  test("D12 beside a part that is on its way back, both are the bank's; won, both are as before", async () => {
    const developmentId = newId();
    const id = await till.paid(developmentId);
    await till.database.transact((tx) => till.vault.refundPart(tx, id, 1000n, "one", { reason: "goodwill" }));
    await till.stripe.openDispute(await till.chargeOf(id));
    await till.takePost();
    expect((await till.posted(id)).at(-1)).toEqual([
      "chargeback",
      "dispute_fee 1500",
      "dispute_loss 110",
      "holding 1500",
      "psp_clearing -4110",
      "refund_payable 1000",
    ]);
    await till.hurry();
    await till.stripe.winDispute(await till.chargeOf(id));
    await till.takePost();
    await till.hurry();
    expect(await till.row(id)).toMatchObject({ state: "held", heldMinor: 1500n });
    await till.refundAll(developmentId);
    await till.hurry();
    expect(await till.state(id)).toBe("refunded");
  });

  test("a refund that went out, and a bank that takes the money all the same: our loss, and a person is told", async () => {
    const developmentId = newId();
    const id = await till.paid(developmentId);
    await till.refundAll(developmentId);
    await till.hurry();
    await till.stripe.openDispute(await till.chargeOf(id), { amount: 2500 });
    await till.takePost();
    expect((await till.posted(id)).at(-1)).toEqual([
      "chargeback",
      "dispute_fee 1500",
      "dispute_loss 2500",
      "psp_clearing -4000",
    ]);
    expect(await till.openTasks(id)).toEqual(["chargeback", "chargeback_loss"]);
  });
});

describe("after payout", () => {
  test("G3 paid is paid: the loss is ours, the payee keeps theirs, won it comes back", async () => {
    const developmentId = newId();
    const id = await till.paid(developmentId);
    await till.settle(developmentId, dave);
    await till.hurry();
    const before = await till.vault.ownFunds.booked();
    await till.stripe.openDispute(await till.chargeOf(id));
    await till.takePost();
    expect((await till.posted(id)).at(-1)).toEqual([
      "chargeback",
      "dispute_fee 1500",
      "dispute_loss 2610",
      "psp_clearing -4110",
    ]);
    expect(await till.state(id)).toBe("paid");
    await till.stripe.winDispute(await till.chargeOf(id));
    await till.takePost();
    expect(await till.vault.ownFunds.booked()).toEqual(before);
  });

  test("a donation charged back is our loss as well; the gift stays with the developer", async () => {
    const id = await till.paid(newId(), { amount: 1000n, serviceFee: 65n, payeeId: dave });
    await till.stripe.openDispute(await till.chargeOf(id));
    await till.takePost();
    expect((await till.posted(id)).at(-1)).toEqual([
      "chargeback",
      "dispute_fee 1500",
      "dispute_loss 1065",
      "psp_clearing -2565",
    ]);
    expect(await till.state(id)).toBe("given");
  });
});

describe("questions and strange answers", () => {
  test("G8 an inquiry moves no money and stops the payout, not a refund", async () => {
    const developmentId = newId();
    const id = await till.paid(developmentId);
    await till.stripe.openDispute(await till.chargeOf(id), { inquiry: true });
    await till.takePost();
    expect(await till.row(id)).toMatchObject({ state: "held", heldMinor: 2500n, locked: true });
    expect(await caseOf(id)).toMatchObject({ state: "inquiry" });
    await till.stripe.setDisputeStatus(await till.chargeOf(id), "warning_closed");
    await till.takePost();
    expect(await till.row(id)).toMatchObject({ state: "held", locked: false });
    await till.settle(developmentId, dave);
    await till.hurry();
    expect(await till.state(id)).toBe("paid");
  });

  test("an inquiry that becomes a chargeback", async () => {
    const id = await till.paid(newId());
    await till.stripe.openDispute(await till.chargeOf(id), { inquiry: true });
    await till.takePost();
    await till.stripe.setDisputeStatus(await till.chargeOf(id), "needs_response");
    await till.takePost();
    expect(await till.state(id)).toBe("charged_back");
    expect(await caseOf(id)).toMatchObject({ state: "open" });
  });

  test.each(["brand_new", "appeal_needs_response"])("A9 G11 the status %s counts as open", async (status) => {
    const id = await till.paid(newId());
    await till.stripe.openDispute(await till.chargeOf(id));
    await till.stripe.setDisputeStatus(await till.chargeOf(id), status);
    await till.takePost();
    expect(await till.row(id)).toMatchObject({ state: "charged_back", locked: true });
    expect(await caseOf(id)).toMatchObject({ state: "open", processorStatus: status });
    expect(await till.openTasks(id)).toEqual(
      status === "brand_new" ? ["chargeback", "chargeback_status_unknown"] : ["chargeback"],
    );
  });

  test("G11 one that the processor prevented moves nothing", async () => {
    const id = await till.paid(newId());
    await till.stripe.openDispute(await till.chargeOf(id), { inquiry: true });
    await till.stripe.setDisputeStatus(await till.chargeOf(id), "prevented");
    await till.takePost();
    expect(await till.row(id)).toMatchObject({ state: "held", heldMinor: 2500n, locked: false });
    expect(await caseOf(id)).toMatchObject({ state: "dropped" });
  });

  test("a pledge that is stopped all the time is not held for 75 days: it goes back after 71", async () => {
    const developmentId = newId();
    const id = await till.paid(developmentId);
    await till.stripe.openDispute(await till.chargeOf(id), { inquiry: true });
    await till.takePost();
    await till.settle(developmentId, dave);
    await till.market.wind("70 days");
    expect(await till.vault.unfinished()).not.toContain(developmentId);
    await till.market.wind("25 hours");
    expect(await till.vault.unfinished()).toContain(developmentId);
    await till.vault.advance(developmentId);
    expect(await till.state(id)).toBe("refunding");
  });

  test("the messages of a case in any order, twice, and once more at the end change nothing", async () => {
    const id = await till.paid(newId());
    const charge = await till.chargeOf(id);
    await till.stripe.hold();
    await till.stripe.duplicate(20, 2);
    await till.stripe.openDispute(charge);
    await till.stripe.loseDispute(charge);
    await till.stripe.winDispute(charge);
    await till.stripe.turnRound();
    await till.stripe.release();
    await till.takePost();
    const posted = await till.posted(id);
    expect(await till.row(id)).toMatchObject({ state: "held", heldMinor: 2500n, locked: false });
    await till.look(id, "charge.dispute.closed");
    expect(await till.posted(id)).toEqual(posted);
  });
});

describe("early fraud warnings", () => {
  test("G9 before payout: the pledge goes back whole; F16 the others are paid", async () => {
    const developmentId = newId();
    const [id, other] = [await till.paid(developmentId), await till.paid(developmentId)];
    await till.settle(developmentId, dave);
    await till.stripe.raiseWarning(await till.chargeOf(id));
    await till.takePost();
    await till.hurry(2);
    expect([await till.state(id), await till.state(other)]).toEqual(["refunded", "paid"]);
    expect(await till.database.refund.findFirstOrThrow({ where: { paymentId: id } })).toMatchObject({
      kind: "whole",
      amountMinor: 2610n,
      reason: "fraud_warned",
    });
    expect((await till.row(id)).fraudWarnedAt).not.toBeNull();
  });

  test("G9 after a refund it changes nothing", async () => {
    const developmentId = newId();
    const id = await till.paid(developmentId);
    await till.refundAll(developmentId);
    await till.hurry();
    const posted = await till.posted(id);
    await till.stripe.raiseWarning(await till.chargeOf(id));
    await till.takePost();
    await till.hurry();
    expect(await till.posted(id)).toEqual(posted);
  });

  test("after payout a person decides", async () => {
    const developmentId = newId();
    const id = await till.paid(developmentId);
    await till.settle(developmentId, dave);
    await till.hurry();
    await till.stripe.raiseWarning(await till.chargeOf(id));
    await till.takePost();
    expect(await till.state(id)).toBe("paid");
    expect(await till.openTasks(id)).toEqual(["fraud_warning"]);
  });
});
