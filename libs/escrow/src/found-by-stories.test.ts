import { findingsOf } from "@freehold/testing";
import { newId } from "@freehold/values";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { openTill, type Till } from "./testing/till.ts";

/** What the random stories have found, each in the fewest steps. */
let till: Till;
let dave: string;
let erin: string;
beforeAll(async () => {
  till = await openTill({ validate: false });
  dave = await till.payee("dave");
  erin = await till.payee("erin");
});
afterAll(() => till.close());
afterEach(async () => {
  await till.stripe.clearFailures();
  expect(await findingsOf(till.market)).toEqual([]);
});

const AVAILABLE_AT_ONCE = "4000000000000077";

const halves = () => [
  { payeeId: dave, basisPoints: 6000 },
  { payeeId: erin, basisPoints: 4000 },
];
const settle = (developmentId: string) =>
  till.database.transact((tx) => till.vault.settle(tx, developmentId, halves()));
const takeBack = (id: string) =>
  till.database.transact((tx) => till.vault.refund(tx, id, "pledge", { reason: "taken_back" }));
const end = (developmentId: string) => till.database.transact((tx) => till.vault.endSettlement(tx, developmentId));
const lookFor = async (id: string, hint: string) => {
  const seen = await till.vault.observe(id, hint);
  await till.database.transact((tx) => till.vault.apply(tx, seen));
};
const capability = async (payeeId: string, status: string) => {
  const { accountId } = await till.database.payoutAccount.findUniqueOrThrow({ where: { partyId: payeeId } });
  await till.stripe.setCapability(accountId!, status);
};
const longAgo = () =>
  till.market.asOwner("UPDATE intent SET absent_at = absent_at - interval '10 minutes' WHERE state = 'UNKNOWN'");
/** A refund that the processor has answered with a failure it keeps, and did not carry out. */
const stuckRefund = async (id: string) => {
  await till.stripe.failNext(2, { status: 500, path: "/v1/refunds", method: "POST" });
  await takeBack(id);
  await till.vault.performDue();
  await till.stripe.clearFailures();
};
const lossOf = async (id: string) => {
  const legs = (await till.posted(id)).flatMap(([, ...rest]) => rest).map((leg) => leg.split(" "));
  return legs.filter(([purpose]) => purpose!.endsWith("_loss")).reduce((sum, [, amount]) => sum + Number(amount), 0);
};

test("a transfer that may have gone out is found out about though its payee cannot be paid any more", async () => {
  const developmentId = newId();
  const id = await till.paid(developmentId);
  await till.stripe.failNext(4, { status: 500, path: "/v1/transfers", method: "POST" });
  await settle(developmentId);
  await till.vault.performDue();
  await till.stripe.clearFailures();
  for (const payee of [dave, erin]) await capability(payee, "restricted");
  expect(await end(developmentId), "nobody knows yet").toBe("unknown");
  await till.hurry();
  await longAgo();
  await till.hurry();
  expect(await end(developmentId)).toBe("ended");
  for (const payee of [dave, erin]) await capability(payee, "active");
  await till.hurry();
  expect(await till.state(id)).toBe("refunded");
  expect(
    (await till.atStripe<{ source_transaction: string }>("transfer")).map((one) => one.source_transaction),
  ).not.toContain(await till.chargeOf(id));
});

test("the bank took a part while our refund was out; the refund is refused, and returns the rest only", async () => {
  const id = await till.paid(newId());
  await stuckRefund(id);
  const { id: disputeId } = await till.stripe.openDispute(await till.chargeOf(id), { amount: 1000 });
  await lookFor(id, "charge.dispute.created");
  expect(await lossOf(id)).toBe(1000);
  await till.stripe.loseDispute(disputeId);
  await lookFor(id, "charge.dispute.closed");
  await till.market.wind("25 hours");
  await till.hurry();
  await longAgo();
  await till.hurry(4);
  expect(await till.state(id)).toBe("refunded");
  expect(await lossOf(id)).toBe(0);
  expect(await till.database.refund.findFirstOrThrow({ where: { paymentId: id } })).toMatchObject({
    amountMinor: 2500n,
    absorbedMinor: 1000n,
  });
});

test("somebody refunded all of it by hand while our refund was out: ours is not needed, and nothing is lost", async () => {
  const id = await till.paid(newId());
  await stuckRefund(id);
  await till.byHand("refunds", { charge: await till.chargeOf(id) });
  await lookFor(id, "charge.refunded");
  expect(await lossOf(id)).toBe(2610);
  await till.market.wind("25 hours");
  await till.hurry();
  await longAgo();
  await till.hurry(4);
  expect(await till.state(id)).toBe("refunded");
  expect(await lossOf(id), "the service fee was not ours to return").toBe(110);
});

test("a part that is everything, asked for twice under one key, is returned once and refused never", async () => {
  const id = await till.paid(newId());
  for (let times = 0; times < 2; times += 1)
    await till.database.transact((tx) => till.vault.refundPart(tx, id, 2500n, "agreed-1", { reason: "agreed" }));
  await till.hurry();
  expect(await till.state(id)).toBe("refunded");
  expect(await till.database.refund.count({ where: { paymentId: id } })).toBe(1);
});

test("the bank took the rest of a pledge in our refund's stead, and gives its first part back late: that follows", async () => {
  const developmentId = newId();
  const id = await till.paid(developmentId);
  const charge = await till.chargeOf(id);
  const first = await till.stripe.openDispute(charge, { amount: 1000 });
  await lookFor(id, "charge.dispute.created");
  await till.stripe.loseDispute(first.id);
  await lookFor(id, "charge.dispute.closed");
  await till.database.transact((tx) => till.vault.refundAll(tx, developmentId, "pledge", "declined"));
  const second = await till.stripe.openDispute(charge);
  await lookFor(id, "charge.dispute.created");
  expect(await till.state(id)).toBe("charged_back");
  await till.stripe.loseDispute(second.id);
  await till.stripe.winDispute(first.id);
  await lookFor(id, "charge.dispute.closed");
  await till.hurry(2);
  expect(await till.state(id)).toBe("charged_back");
  const won = await till.database.refund.findFirstOrThrow({
    where: { paymentId: id, purpose: { startsWith: "part:won:" } },
  });
  expect(won).toMatchObject({ state: "confirmed", amountMinor: 1000n });
});

test("what is paid again for a reversal has no latest day: it is never returned to the backer", async () => {
  const developmentId = newId();
  const id = await till.paid(developmentId, { card: AVAILABLE_AT_ONCE });
  await capability(erin, "restricted");
  await settle(developmentId);
  await till.vault.performDue();
  const out = await till.database.payout.findFirstOrThrow({ where: { paymentId: id, state: "confirmed" } });
  await till.byHand(`transfers/${out.objectId}/reversals`, {});
  await lookFor(id, "transfer.reversed");
  const reversal = await till.database.transferReversal.findFirstOrThrow({ where: { payoutId: out.id } });
  await capability(dave, "restricted");
  await till.database.transact((tx) => till.vault.payAgain(tx, reversal.id));
  await till.vault.performDue();
  expect(await end(developmentId)).toBe("ended");
  for (const payee of [dave, erin]) await capability(payee, "active");
  await till.hurry();
  expect(await till.state(id)).toBe("paid");
  const payouts = await till.database.payout.findMany({ where: { paymentId: id }, orderBy: { id: "asc" } });
  expect(payouts.map((payout) => [payout.purpose.split(":")[0], payout.amountMinor, payout.state])).toEqual([
    ["payout", 1425n, "confirmed"],
    ["payout", 950n, "stopped"],
    ["again", 1425n, "confirmed"],
  ]);
});

test("a part that the bank has not answered for is asked about, though its pledge is still held", async () => {
  const id = await till.paid(newId(), { card: "4000000000007726" });
  await till.database.transact((tx) => till.vault.refundPart(tx, id, 700n, "agreed-2", { reason: "agreed" }));
  await till.hurry();
  await till.market.wind("10 seconds");
  expect(await till.vault.unheard()).toContain(id);
  await till.look(id);
  expect(await till.database.refund.findFirstOrThrow({ where: { paymentId: id } })).toMatchObject({
    state: "confirmed",
  });
  await takeBack(id);
  await till.hurry();
  await till.market.wind("10 seconds");
  await till.look(id);
});

test("what is being taken back from a payee's account is not kept back from their next payout as well", async () => {
  const first = newId();
  const id = await till.paid(first, { card: AVAILABLE_AT_ONCE });
  await settle(first);
  await till.hurry();
  await till.stripe.failNext(4, { status: "500_after", path: /reversals$/, method: "POST" });
  await till.database.transact((tx) => till.vault.reclaim(tx, id, { reason: "fraud_found" }));
  await till.vault.performDue();
  await till.stripe.clearFailures();
  const second = newId();
  const next = await till.paid(second);
  await settle(second);
  await till.hurry(6);
  expect(await till.state(next)).toBe("paid");
  const payouts = await till.database.payout.findMany({ where: { paymentId: next } });
  expect(payouts.map((payout) => payout.nettedMinor)).toEqual([0n, 0n]);
  const taken = await till.database.transferReversal.findMany({ where: { payout: { paymentId: id } } });
  expect(taken.map((row) => row.state)).toEqual(["confirmed", "confirmed"]);
});

test("an answer that the processor kept from before the bank's yes does not unmake the refund", async () => {
  const id = await till.paid(newId(), { card: "4000000000007726" });
  await takeBack(id);
  await till.stripe.failNext(2, { status: "reset_after", path: "/v1/refunds", method: "POST" });
  await till.vault.performDue();
  await till.stripe.clearFailures();
  await till.market.wind("10 seconds");
  await till.look(id, "refund.updated");
  expect(await till.state(id)).toBe("refunded");
  await till.hurry();
  expect(await till.database.refund.findFirstOrThrow({ where: { paymentId: id } })).toMatchObject({
    state: "confirmed",
  });
});

test("a part that failed at the bank is found out about, though its charge no longer shows it", async () => {
  const id = await till.paid(newId(), { card: "4000000000007726" });
  await till.database.transact((tx) => till.vault.refundPart(tx, id, 1n, "a-cent", { reason: "agreed" }));
  await till.hurry();
  await till.stripe.openDispute(await till.chargeOf(id));
  await till.look(id, "charge.dispute.created");
  await till.stripe.winDispute(await till.chargeOf(id));
  await till.look(id, "charge.dispute.closed");
  expect(await till.vault.unheard()).not.toContain(id);
  await takeBack(id);
  await till.hurry();
  await till.market.wind("10 seconds");
  await till.look(id);
  await till.hurry();
  expect((await till.database.refund.findMany({ where: { paymentId: id } })).map((row) => row.state)).not.toContain(
    "planned",
  );
});

test("a lost case that the bank takes up again stops the payment again", async () => {
  const developmentId = newId();
  const id = await till.paid(developmentId);
  const { id: dispute } = await till.stripe.openDispute(await till.chargeOf(id), { amount: 1000 });
  await till.stripe.loseDispute(dispute);
  await till.look(id, "charge.dispute.closed");
  await till.stripe.setDisputeStatus(dispute, "under_review");
  await till.look(id, "charge.dispute.updated");
  expect(await till.database.payment.findUniqueOrThrow({ where: { id } })).toMatchObject({ locked: true });
  await till.database.transact((tx) => till.vault.refundAll(tx, developmentId, "pledge", "declined"));
  await till.hurry(2);
  expect(await till.state(id)).toBe("refunding");
  await till.stripe.loseDispute(dispute);
  await till.look(id, "charge.dispute.closed");
  await till.hurry();
  expect(await till.state(id)).toBe("refunded");
});
