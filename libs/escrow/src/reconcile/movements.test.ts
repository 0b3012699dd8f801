import { newId, usd } from "@freehold/values";
import { findingsOf } from "@freehold/testing";
import type Stripe from "stripe";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { post } from "../ledger/post.ts";
import { feeTaken, mirrored } from "../ledger/postings.ts";
import { connectStripe } from "../stripe/client.ts";
import { openTill, type Till } from "../testing/till.ts";
import { Movements } from "./movements.ts";
import { readMovements } from "./reading.ts";
import { TransferStops } from "./transfer-stops.ts";

let till: Till;
let stripe: Stripe;
let movements: Movements;
beforeAll(async () => {
  till = await openTill({ validate: true });
  stripe = connectStripe({ secretKey: "sk_test_market", webhookSecret: "whsec_x", apiUrl: till.market.stripe.url });
  movements = new Movements(till.database, stripe);
});
afterAll(() => till.close());
afterEach(async () => expect(await findingsOf(till.market)).toEqual([]));

const ownFunds = async () => (await till.vault.ownFunds.state()).ownFunds.minor;
const states = async () => (await till.database.movement.findMany()).map(({ state }) => state);
const taskOf = (key: string) => till.database.operatorTask.findUniqueOrThrow({ where: { key } });
const entries = () => till.database.ledgerEntry.count();

describe("what we did", () => {
  test("a charge with its fee, a refund, a payout and a gift: each line of the processor's finds its posting", async () => {
    const payeeId = await till.payee("alice");
    const development = newId();
    await till.paid(development);
    const returned = await till.paid(newId());
    await till.paid(newId(), { payeeId });
    await till.market.wind("3 days");
    await till.stripe.tick();
    await till.database.transact((tx) => till.vault.refund(tx, returned, "whole", { reason: "stopped" }));
    await till.database.transact((tx) => till.vault.settle(tx, development, [{ payeeId, basisPoints: 10_000 }]));
    await till.hurry(2);
    await till.market.wind("2 hours");
    expect((await movements.reconcile()).breaks).toEqual([]);
    expect(new Set(await states())).toEqual(new Set(["matched"]));
    const types = (await till.database.movement.findMany()).map(({ type }) => type);
    expect(new Set(types)).toEqual(new Set(["topup", "charge", "refund", "transfer"]));
  });

  test("what the bank does: a chargeback lost, one won, a refund that fails later, and a transfer reversed by hand", async () => {
    const payeeId = await till.payee("bob");
    const development = newId();
    const charge = async (id: string) => (await till.database.payment.findUniqueOrThrow({ where: { id } })).chargeId!;
    const [lost, won, back] = [await till.paid(newId()), await till.paid(newId()), await till.paid(newId())];
    const paid = await till.paid(development);
    await till.market.wind("3 days");
    await till.stripe.tick();
    await till.database.transact((tx) => till.vault.refund(tx, back, "pledge", { reason: "taken_back" }));
    await till.database.transact((tx) => till.vault.settle(tx, development, [{ payeeId, basisPoints: 10_000 }]));
    await till.hurry(2);
    for (const id of [lost, won]) await till.stripe.openDispute(await charge(id));
    await till.takePost();
    await till.stripe.loseDispute(await charge(lost));
    await till.stripe.winDispute(await charge(won));
    await till.stripe.failRefund(
      (await till.database.refund.findFirstOrThrow({ where: { paymentId: back } })).objectId!,
    );
    const { objectId } = await till.database.payout.findFirstOrThrow({ where: { paymentId: paid } });
    await stripe.transfers.createReversal(objectId!, { amount: 100 });
    await till.takePost();
    await till.market.wind("2 hours");
    expect((await movements.reconcile()).breaks).toEqual([]);
    const types = (await till.database.movement.findMany()).map(({ type }) => type);
    for (const type of ["adjustment", "refund_failure", "transfer_refund"]) expect(types).toContain(type);
  });

  test("a top-up is own funds at once, and once, by whomever it is taken", async () => {
    const before = await ownFunds();
    await till.stripe.topUp(5000);
    await Promise.all([movements.take(), till.vault.movements.take(), movements.take()]);
    await movements.take();
    expect(await ownFunds()).toBe(before + 5000n);
  });
});

describe("what we did not do", () => {
  test("J8 a movement that nobody knows: a break with a task after a quarter of an hour, booked only when a person says as what", async () => {
    const { id } = await till.stripe.adjust(-1234, { category: "reserve_hold", description: "A reserve" });
    await movements.take();
    expect(await till.database.movement.findUniqueOrThrow({ where: { id } })).toMatchObject({ state: "waiting" });
    await till.market.wind("16 minutes");
    const posted = await entries();
    const { breaks } = await movements.reconcile();
    expect(breaks).toEqual([{ id, sentence: expect.stringContaining("−$12.34 (reserve_hold, “A reserve”") }]);
    expect(await entries()).toBe(posted);
    expect(await taskOf(`movement_unknown:${id}`)).toMatchObject({
      kind: "movement_unknown",
      amountMinor: -1234n,
      doneAt: null,
    });
    expect((await movements.reconcile()).breaks).toHaveLength(1);
    expect((await movements.standing()).breaks).toEqual(breaks);

    const by = { partyId: newId(), note: "The processor keeps a reserve." };
    const classify = (movementId: string) =>
      till.database.transact((tx) => movements.classify(tx, movementId, "own_funds", by));
    const before = await ownFunds();
    await expect(classify("txn_of_nobody")).rejects.toMatchObject({ code: "movement_not_found" });
    const both = await Promise.allSettled([classify(id), classify(id)]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    await expect(classify(id)).rejects.toMatchObject({ code: "movement_not_open" });
    expect(await ownFunds()).toBe(before - 1234n);
    expect(await taskOf(`movement_unknown:${id}`)).toMatchObject({ doneBy: by.partyId, note: by.note });
    await till.market.wind("2 hours");
    expect((await movements.reconcile()).breaks).toEqual([]);
  });

  test("J8 kinds of movement nobody has heard of, also in another currency, break nothing and are booked by nobody", async () => {
    const posted = await entries();
    const euro = await till.stripe.adjust(700, { category: "brand_new", currency: "eur" });
    const back = [await till.stripe.adjust(-300), await till.stripe.adjust(300)];
    await till.market.wind("16 minutes");
    const { breaks } = await movements.reconcile();
    expect(breaks.map(({ id }) => id).toSorted()).toEqual([euro, ...back].map(({ id }) => id).toSorted());
    expect(await entries()).toBe(posted);
    const by = { partyId: newId(), note: "They cancel each other out." };
    const classify = (id: string) => till.database.transact((tx) => movements.classify(tx, id, "stripe_fee", by));
    for (const { id } of back) await classify(id);
    await expect(classify(euro.id)).rejects.toMatchObject({ code: "movement_not_open" });
    expect((await movements.reconcile()).breaks.map(({ id }) => id)).toEqual([euro.id]);
    // Gone by the same way: nothing of it is left, and the next test's payouts are in one currency.
    await till.stripe.adjust(-700, { category: "brand_new", currency: "eur" });
    await movements.take();
    await till.market.asOwner("UPDATE movement SET state = 'classified' WHERE currency = 'EUR'");
  });

  test("J8 a fee that is dearer than we booked: only what is missing is booked, whoever is right", async () => {
    const payment = await till.paid(newId());
    const { chargeId } = await till.database.payment.findUniqueOrThrow({ where: { id: payment } });
    // Ten cents of the fee came back at the processor, and nobody told us.
    const cheaper = (key: string, legs: Parameters<typeof post>[1]["legs"]) =>
      till.database.transact(async (tx) =>
        post(tx, {
          key,
          event: "processor_fee",
          occurredAt: await till.database.now(),
          legs,
          causation: { objectId: chargeId! },
        }),
      );
    await cheaper(`test:${payment}`, feeTaken(10n, "USD"));
    await movements.take();
    await till.market.wind("16 minutes");
    const [found, ...others] = (await movements.reconcile()).breaks;
    expect(others).toEqual([]);
    expect(found!.sentence).toContain(`of ${chargeId} it says $25.04, our ledger $24.94`);
    const by = { partyId: newId(), note: "We booked ten cents too much." };
    await till.database.transact((tx) => movements.classify(tx, found!.id, "stripe_fee", by));
    await till.market.wind("2 hours");
    expect((await movements.reconcile()).breaks).toEqual([]);
  });

  test("J8 a posting of ours that the processor does not know, or knows otherwise, until a posting corrects it", async () => {
    const payment = await till.paid(newId());
    const { chargeId } = await till.database.payment.findUniqueOrThrow({ where: { id: payment } });
    await movements.take();
    const at = await till.database.now();
    const say = (key: string, objectId: string | null, sign: 1 | -1) => {
      const legs = sign === 1 ? feeTaken(7n, "USD") : mirrored(feeTaken(7n, "USD"));
      return till.database.transact((tx) =>
        post(tx, {
          key,
          event: "test",
          occurredAt: at,
          legs,
          ...(objectId === null ? {} : { causation: { objectId } }),
        }),
      );
    };
    const wrong = [chargeId!, "re_nowhere"];
    for (const objectId of wrong) await say(`wrong:${objectId}`, objectId, 1);
    expect((await movements.reconcile()).breaks, "younger than an hour").toEqual([]);
    await till.market.wind("61 minutes");
    const { breaks } = await movements.reconcile();
    expect(breaks.map(({ id }) => id).toSorted()).toEqual(wrong.toSorted());
    expect((await movements.standing()).breaks.map(({ id }) => id).toSorted()).toEqual(wrong.toSorted());
    expect(await till.database.operatorTask.count({ where: { kind: "ledger_unmatched", doneAt: null } })).toBe(2);
    for (const objectId of wrong) await say(`corrected:${objectId}`, objectId, -1);
    await till.market.wind("61 minutes");
    expect((await movements.reconcile()).breaks).toEqual([]);
    expect(await till.database.operatorTask.count({ where: { kind: "ledger_unmatched", doneAt: null } })).toBe(0);
  });
});

describe("payouts to our bank that nobody planned", () => {
  test("are booked from own funds, stop transfers, make payouts manual again; and all comes right when they come back", async () => {
    const stops = new TransferStops(till.database, stripe);
    const before = await ownFunds();
    await till.stripe.payoutSchedule("daily");
    await till.market.wind("1 day");
    await till.stripe.tick();
    const [payout] = await till.atStripe<{ id: string; amount: number }>("payout");
    await movements.take();
    const amount = BigInt(payout!.amount);
    expect(await ownFunds()).toBe(before - amount);
    expect((await stripe.balanceSettings.retrieve()).payments.payouts?.schedule?.interval).toBe("manual");
    expect(await stops.open()).toMatchObject([{ cause: "unplanned_payout", subject: payout!.id }]);
    expect(await stops.reason()).toContain(payout!.id);
    const task = await till.database.operatorTask.findFirstOrThrow({ where: { kind: "payout_unplanned" } });
    expect(task).toMatchObject({ amountMinor: amount, doneAt: null });
    await movements.take();
    await stops.review();
    expect(await stops.reason()).not.toBeNull();
    expect(await till.database.operatorTask.count({ where: { kind: "payout_unplanned" } })).toBe(1);

    await till.stripe.failPayout(payout!.id);
    await movements.take();
    await movements.take();
    expect(await ownFunds()).toBe(before);
    await stops.review();
    expect(await stops.open()).toEqual([]);
    expect(await taskOf(task.key)).toMatchObject({ doneAt: expect.any(Date) });
    await till.market.wind("2 hours");
    expect((await movements.reconcile()).breaks).toEqual([]);
  });
});

describe("reading", () => {
  test("goes on where it broke off, day by day, without a gap and without anything twice", async () => {
    for (let day = 0; day < 4; day += 1) {
      for (let i = 0; i < 30; i += 1) await till.stripe.topUp(100);
      await till.market.wind("1 day");
    }
    const known = async () => till.database.movement.count();
    const before = await known();
    const some = await readMovements(till.database, stripe, 1);
    expect(some).toBeGreaterThan(0);
    expect(some).toBeLessThan(120);
    await till.stripe.failNext(3, { status: 500, path: "/v1/balance_transactions" });
    await expect(readMovements(till.database, stripe)).rejects.toThrow();
    await till.stripe.clearFailures();
    await readMovements(till.database, stripe);
    expect((await known()) - before).toBe(120);
    expect(await readMovements(till.database, stripe)).toBe(0);
    const own = await ownFunds();
    await movements.take();
    expect(await ownFunds()).toBe(own + usd(12_000n).minor);
  });
});
