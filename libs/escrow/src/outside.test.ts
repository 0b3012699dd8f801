import { findingsOf } from "@freehold/testing";
import { newId } from "@freehold/values";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { openTill, type Till } from "./testing/till.ts";

/** What is done at the processor by somebody else than us: it is booked as what it is, and a person is told. */
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

const refundByHand = async (id: string, amount?: number) =>
  till.byHand("refunds", {
    charge: await till.chargeOf(id),
    ...(amount === undefined ? {} : { amount: String(amount) }),
  });

describe("refunds made by hand at the processor", () => {
  test("a part of a held pledge: the hold is smaller by it, and the rest goes its way", async () => {
    const developmentId = newId();
    const id = await till.paid(developmentId);
    await refundByHand(id, 100);
    await till.takePost();
    expect((await till.posted(id)).at(-1)).toEqual(["refunded_outside", "holding 100", "psp_clearing -100"]);
    expect(await till.row(id)).toMatchObject({ state: "held", heldMinor: 2400n });
    expect(await till.openTasks(id)).toEqual(["refund_outside"]);
    await till.settle(developmentId, dave);
    await till.hurry();
    expect(await till.database.payout.findFirstOrThrow({ where: { paymentId: id } })).toMatchObject({
      amountMinor: 2280n,
      platformFeeMinor: 120n,
    });
  });

  test("all of it, service fee and all: the pledge is refunded, and nothing goes out again", async () => {
    const developmentId = newId();
    const id = await till.paid(developmentId);
    await refundByHand(id);
    await till.takePost();
    expect((await till.posted(id)).at(-1)).toEqual([
      "refunded_outside",
      "holding 2500",
      "psp_clearing -2610",
      "service_fee 110",
    ]);
    expect(await till.state(id)).toBe("refunded");
    await till.refundAll(developmentId, "whole");
    await till.hurry();
    const made = await till.atStripe<{ charge: string; amount: number }>("refund");
    const charge = await till.chargeOf(id);
    expect(made.filter((refund) => refund.charge === charge)).toHaveLength(1);
  });

  test("a whole refund after a part that took some of the service fee returns what is left of both", async () => {
    const developmentId = newId();
    const id = await till.paid(developmentId);
    await refundByHand(id, 2550);
    await till.takePost();
    expect(await till.state(id)).toBe("refunded");
    expect((await till.posted(id)).at(-1)).toEqual([
      "refunded_outside",
      "holding 2500",
      "psp_clearing -2550",
      "service_fee 50",
    ]);
  });

  test("while ours has not gone out: ours returns the rest only", async () => {
    const developmentId = newId();
    const id = await till.paid(developmentId);
    await till.refundAll(developmentId);
    await refundByHand(id, 1000);
    await till.takePost();
    await till.hurry();
    expect(await till.state(id)).toBe("refunded");
    const charge = await till.chargeOf(id);
    const made = await till.atStripe<{ charge: string; amount: number }>("refund");
    expect(made.filter((refund) => refund.charge === charge).map((refund) => refund.amount)).toEqual([1000, 1500]);
  });

  test("beside a part of ours that has not gone out: ours is not needed any more, and no cent is returned twice", async () => {
    const id = await till.paid(newId());
    await till.database.transact((tx) => till.vault.refundPart(tx, id, 1000n, "one", { reason: "goodwill" }));
    await refundByHand(id);
    await till.takePost();
    await till.hurry();
    expect((await till.posted(id)).at(-1)).toEqual([
      "refunded_outside",
      "holding 1500",
      "psp_clearing -2610",
      "refund_payable 1000",
      "service_fee 110",
    ]);
    expect(await till.state(id)).toBe("refunded");
  });

  test("of a pledge that was paid out: our loss, and the payee keeps theirs", async () => {
    const developmentId = newId();
    const id = await till.paid(developmentId);
    await till.settle(developmentId, dave);
    await till.hurry();
    await refundByHand(id, 2500);
    await till.takePost();
    expect((await till.posted(id)).at(-1)).toEqual(["refunded_outside", "psp_clearing -2500", "refund_loss 2500"]);
    expect(await till.state(id)).toBe("paid");
  });

  test("of a pledge on its way to the payees, of which nothing went out: it steps back first", async () => {
    const developmentId = newId();
    const id = await till.paid(developmentId);
    await till.settle(developmentId, dave);
    await refundByHand(id, 500);
    await till.takePost();
    await till.hurry();
    expect(await till.state(id)).toBe("paid");
    const payouts = await till.database.payout.findMany({ where: { paymentId: id }, orderBy: { createdAt: "asc" } });
    expect(payouts.map((payout) => [payout.state, payout.amountMinor])).toEqual([
      ["stopped", 2375n],
      ["confirmed", 1900n],
    ]);
  });

  test("one that the bank sends back is owed, and can be returned by other means", async () => {
    const developmentId = newId();
    const id = await till.paid(developmentId);
    const refund = await refundByHand(id, 700);
    await till.takePost();
    await till.stripe.failRefund(refund.id);
    await till.takePost();
    const owed = await till.database.refund.findFirstOrThrow({ where: { paymentId: id, state: "owed" } });
    expect((await till.posted(id)).at(-1)).toEqual(["refund_failed", "psp_clearing 700", "refund_owed -700"]);
    await till.database.transact((tx) => till.vault.noteRepaid(tx, owed.id, "By bank transfer, receipt 17."));
    await till.database.transact((tx) => till.vault.noteRepaid(tx, owed.id, "Asked twice."));
    expect((await till.posted(id)).at(-1)).toEqual(["refund_repaid", "own_funds -700", "refund_owed 700"]);
    await till.refundAll(developmentId);
    await till.hurry();
  });
});

describe("D7 partial refunds of ours", () => {
  test("up to what is held and never more; the same key returns once", async () => {
    const id = await till.paid(newId());
    const part = (amount: bigint, key: string) =>
      till.database.transact((tx) => till.vault.refundPart(tx, id, amount, key, { reason: "goodwill" }));
    await part(1000n, "first");
    await part(1000n, "first");
    await part(1000n, "second");
    const calls = (await till.stripe.counts()).calls;
    await expect(part(600n, "third")).rejects.toMatchObject({
      code: "refund_exceeds_payment",
      facts: { held: "500" },
    });
    await expect(part(0n, "nothing")).rejects.toMatchObject({ code: "amount_too_small" });
    expect((await till.stripe.counts()).calls).toBe(calls);
    await till.hurry();
    expect(await till.row(id)).toMatchObject({ state: "held", heldMinor: 500n });
    await part(500n, "rest");
    await till.hurry();
    expect(await till.state(id)).toBe("refunded");
    const charge = await till.chargeOf(id);
    const made = await till.atStripe<{ charge: string; amount: number }>("refund");
    expect(made.filter((refund) => refund.charge === charge).map((refund) => refund.amount)).toEqual([1000, 1000, 500]);
  });
});

describe("transfers", () => {
  test("one that somebody reversed at the processor is owed to the payee again, and is paid again once", async () => {
    const developmentId = newId();
    const id = await till.paid(developmentId);
    await till.settle(developmentId, dave);
    await till.hurry();
    const payout = await till.database.payout.findFirstOrThrow({ where: { paymentId: id } });
    // By then the charge has settled, and the money lies on the payee's account.
    await till.market.wind("8 days");
    await till.byHand(`transfers/${payout.objectId}/reversals`, { amount: "375" });
    await till.takePost();
    expect((await till.posted(id)).at(-1)).toEqual(["transfer_reversed", "payee -375", "psp_clearing 375"]);
    expect(await till.openTasks(id)).toEqual(["transfer_reversed"]);
    const reversal = await till.database.transferReversal.findFirstOrThrow({ where: { payoutId: payout.id } });
    for (let i = 0; i < 2; i += 1) await till.database.transact((tx) => till.vault.payAgain(tx, reversal.id));
    await till.hurry();
    expect((await till.posted(id)).at(-1)).toEqual(["transfer_confirmed", "payee 375", "psp_clearing -375"]);
    expect(await till.openTasks(id)).toEqual([]);
    expect(await till.state(id)).toBe("paid");
  });

  test("F3 after a finding of fraud it is taken back from the payee's account", async () => {
    const developmentId = newId();
    const erin = await till.payee("erin");
    const id = await till.paid(developmentId);
    await till.database.transact((tx) =>
      till.vault.settle(tx, developmentId, [
        { payeeId: dave, basisPoints: 5000 },
        { payeeId: erin, basisPoints: 5000 },
      ]),
    );
    await till.hurry();
    await till.market.wind("8 days");
    await till.stripe.openDispute(await till.chargeOf(id));
    await till.takePost();
    for (let i = 0; i < 2; i += 1)
      await till.database.transact((tx) => till.vault.reclaim(tx, id, { reason: "Finding 4: the card was stolen." }));
    await till.hurry();
    const claims = await till.database.ledgerAccount.findMany({ where: { purpose: "receivable" } });
    expect(claims.map((claim) => claim.balance)).toEqual([0n, 0n]);
    const reversed = await till.database.payout.findMany({
      where: { paymentId: id },
      orderBy: { amountMinor: "desc" },
    });
    expect(reversed.map((payout) => [payout.amountMinor, payout.reversedMinor])).toEqual([
      [1188n, 1188n],
      [1187n, 1187n],
    ]);
  });

  test("F3 what is not there any more stays owed, and is kept back from the next payouts, to the cent", async () => {
    const ivan = await till.payee("ivan");
    const lines = [{ payeeId: ivan, basisPoints: 10_000 }];
    const first = newId();
    const id = await till.paid(first, { amount: 4000n, serviceFee: 155n });
    await till.database.transact((tx) => till.vault.settle(tx, first, lines));
    await till.hurry();
    const { accountId } = await till.database.payoutAccount.findUniqueOrThrow({ where: { partyId: ivan } });
    await till.market.wind("8 days");
    await till.stripe.payOut(undefined, { account: accountId! });
    await till.stripe.openDispute(await till.chargeOf(id));
    await till.takePost();
    await till.database.transact((tx) => till.vault.reclaim(tx, id, { reason: "Finding 5." }));
    await till.hurry();
    expect(await till.database.transferReversal.findFirstOrThrow({ where: { reason: "Finding 5." } })).toMatchObject({
      state: "refused",
    });
    const claim = () =>
      till.database.ledgerAccount.findFirstOrThrow({ where: { purpose: "receivable", ownerId: ivan } });
    expect((await claim()).balance).toBe(3800n);
    const next = newId();
    const [small, large] = [await till.paid(next), await till.paid(next)];
    await till.database.transact((tx) => till.vault.settle(tx, next, lines));
    await till.hurry();
    expect([await till.state(small), await till.state(large)]).toEqual(["paid", "paid"]);
    expect((await claim()).balance).toBe(0n);
    const payouts = await till.database.payout.findMany({ where: { paymentId: { in: [small, large] } } });
    expect(payouts.map((payout) => payout.nettedMinor).toSorted((a, b) => Number(a - b))).toEqual([1425n, 2375n]);
    const sent = await till.atStripe<{ destination: string; amount: number }>("transfer");
    expect(sent.filter((one) => one.destination === accountId).map((one) => one.amount)).toEqual([3800, 950]);
  });
});

describe("F6 a payee who cannot be paid by the latest day", () => {
  test("nothing went out: the pledge goes back whole", async () => {
    const developmentId = newId();
    const judy = await till.payee("judy");
    const id = await till.paid(developmentId);
    const { accountId } = await till.database.payoutAccount.findUniqueOrThrow({ where: { partyId: judy } });
    await till.stripe.setCapability(accountId!, "restricted");
    await till.database.transact((tx) =>
      till.vault.settle(tx, developmentId, [{ payeeId: judy, basisPoints: 10_000 }]),
    );
    await till.hurry(2);
    expect(await till.state(id)).toBe("settling");
    expect(await till.database.transact((tx) => till.vault.endSettlement(tx, developmentId))).toBe("ended");
    await till.hurry();
    expect(await till.state(id)).toBe("refunded");
    expect(await till.database.refund.findFirstOrThrow({ where: { paymentId: id } })).toMatchObject({
      kind: "whole",
      amountMinor: 2610n,
      reason: "payee_unpayable",
    });
  });

  test("one of two was paid: the other's share goes back with its part of the platform's fee", async () => {
    const developmentId = newId();
    const karl = await till.payee("karl");
    const id = await till.paid(developmentId);
    const { accountId } = await till.database.payoutAccount.findUniqueOrThrow({ where: { partyId: karl } });
    await till.stripe.setCapability(accountId!, "restricted");
    await till.database.transact((tx) =>
      till.vault.settle(tx, developmentId, [
        { payeeId: dave, basisPoints: 7000 },
        { payeeId: karl, basisPoints: 3000 },
      ]),
    );
    await till.hurry(2);
    expect(await till.database.transact((tx) => till.vault.endSettlement(tx, developmentId))).toBe("ended");
    await till.hurry();
    expect(await till.state(id)).toBe("paid");
    // 2375 × 0.3 = 712.5 and 125 × 0.3 = 37.5; the exact parts add up to the pledge.
    const payouts = await till.database.payout.findMany({
      where: { paymentId: id },
      orderBy: { amountMinor: "desc" },
    });
    const refund = await till.database.refund.findFirstOrThrow({ where: { paymentId: id } });
    expect(payouts.map((payout) => payout.state)).toEqual(["confirmed", "stopped"]);
    expect(refund).toMatchObject({ kind: "remainder", state: "confirmed" });
    expect(payouts[0]!.amountMinor + payouts[0]!.platformFeeMinor + refund.amountMinor).toBe(2500n);
  });

  test("payable again in time: paid like the others", async () => {
    const developmentId = newId();
    const leo = await till.payee("leo");
    const id = await till.paid(developmentId);
    const { accountId } = await till.database.payoutAccount.findUniqueOrThrow({ where: { partyId: leo } });
    await till.stripe.setCapability(accountId!, "restricted");
    await till.database.transact((tx) => till.vault.settle(tx, developmentId, [{ payeeId: leo, basisPoints: 10_000 }]));
    await till.hurry(2);
    await till.stripe.setCapability(accountId!, "active");
    await till.hurry();
    expect(await till.state(id)).toBe("paid");
  });
});

test("F15 a settlement larger than one portion goes on where it stopped, each pledge once", async () => {
  const developmentId = newId();
  const ids: string[] = [];
  for (let i = 0; i < 12; i += 1) ids.push(await till.paid(developmentId));
  await till.settle(developmentId, dave);
  // The first worker dies after some of the calls; two others go on at the same time.
  await till.vault.performDue({ developmentId, limit: 4 });
  await Promise.all([till.vault.advance(developmentId), till.vault.advance(developmentId), till.hurry(), till.hurry()]);
  await till.hurry();
  expect(new Set(await Promise.all(ids.map((id) => till.state(id))))).toEqual(new Set(["paid"]));
  const charges = await Promise.all(ids.map((id) => till.chargeOf(id)));
  const sent = await till.atStripe<{ source_transaction: string }>("transfer");
  expect(sent.map((one) => one.source_transaction).filter((charge) => charges.includes(charge))).toHaveLength(12);
});
