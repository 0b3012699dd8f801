import { findingsOf } from "@freehold/testing";
import { newId } from "@freehold/values";
import type Stripe from "stripe";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { connectStripe } from "../stripe/client.ts";
import { openTill, type Till } from "../testing/till.ts";
import { Movements } from "./movements.ts";
import { TransferStops } from "./transfer-stops.ts";

let till: Till;
let stripe: Stripe;
let stops: TransferStops;
beforeAll(async () => {
  till = await openTill({ validate: true });
  stripe = connectStripe({ secretKey: "sk_test_market", webhookSecret: "whsec_x", apiUrl: till.market.stripe.url });
  stops = new TransferStops(till.database, stripe);
});
afterAll(() => till.close());
afterEach(async () => expect(await findingsOf(till.market)).toEqual([]));

const causes = async () => (await stops.open()).map(({ cause }) => cause).toSorted();
const tasks = (kind: string) => till.database.operatorTask.findMany({ where: { kind }, orderBy: { createdAt: "asc" } });

test("I7 the processor holds less than we owe, though our books do not know why: a stop, until it is there again", async () => {
  const held = await till.paid(newId(), { amount: 50_000n, serviceFee: 1535n });
  const missing = -230_000;
  const { id } = await till.stripe.adjust(missing);
  await stops.review();
  expect(await causes()).toEqual(["insolvent"]);
  await stops.review();
  expect(await tasks("insolvent"), "one task, however often it is looked at").toHaveLength(1);
  await till.stripe.adjust(-missing);
  await stops.review();
  expect(await causes()).toEqual([]);
  expect(await till.state(held)).toBe("held");
  expect(id).toMatch(/^txn_/);
});

test("books that do not prove themselves stop transfers until they do", async () => {
  const proof = async (findings: string[]) =>
    till.database.booksProof.create({
      data: { id: newId(), at: await till.database.now(), balanced: findings.length === 0, findings },
    });
  await proof(["balance differs from its entries: holding:x"]);
  await stops.review();
  await stops.review();
  expect(await stops.open()).toMatchObject([{ cause: "books_broken", sentence: expect.stringContaining("holding:x") }]);
  await proof([]);
  await stops.review();
  expect(await causes()).toEqual([]);
  expect(await tasks("books_broken")).toMatchObject([
    { doneAt: expect.any(Date), note: expect.stringContaining("again") },
  ]);
});

test("I7, F8 a payout that nobody planned drains the balance: transfers wait, refunds do not; topped up, they go under the same key", async () => {
  const payeeId = await till.payee("alice");
  const settled = newId();
  const paid = await till.paid(settled, { amount: 50_000n, serviceFee: 1535n });
  const returned = await till.paid(newId(), { amount: 20_000n, serviceFee: 635n });
  await till.market.wind("3 days");
  await till.stripe.tick();
  const drained = await till.stripe.payOut();
  await new Movements(till.database, stripe).take();
  await stops.review();
  expect(await causes()).toEqual(["insolvent", "unplanned_payout"]);
  expect(await stops.reason()).not.toBeNull();
  const insolvent = (await tasks("insolvent")).at(-1);
  expect(insolvent).toMatchObject({ amountMinor: 120_000n, doneAt: null, nextStep: expect.stringContaining("Top up") });
  expect(await tasks("payout_unplanned")).toMatchObject([{ amountMinor: BigInt(drained.amount), doneAt: null }]);

  await till.database.transact((tx) => till.vault.settle(tx, settled, [{ payeeId, basisPoints: 10_000 }]));
  await till.database.transact((tx) => till.vault.refund(tx, returned, "pledge", { reason: "stopped" }));
  await till.hurry(2);
  expect(await till.state(paid)).toBe("settling");
  const transfer = await till.database.intent.findFirstOrThrow({ where: { purpose: "transfer" } });
  expect(transfer).toMatchObject({ state: "PLANNED", sentAt: null });
  const refund = await till.database.intent.findFirstOrThrow({ where: { purpose: "refund" } });
  expect(refund.sentAt, "a refund is sent all the same; the processor serves it when it can").not.toBeNull();

  // Enough for what is owed, not for the floor: what we owe is covered again, but own funds are not.
  await till.stripe.topUp(130_000);
  await till.vault.movements.take();
  await till.look(returned);
  expect(await till.state(returned)).toBe("refunded");
  await stops.review();
  expect(await causes()).toEqual(["unplanned_payout"]);
  await till.stripe.topUp(150_000);
  await till.vault.movements.take();
  await stops.review();
  expect(await causes()).toEqual([]);
  expect(
    (await tasks("insolvent")).concat(await tasks("payout_unplanned")).every(({ doneAt }) => doneAt !== null),
  ).toBe(true);

  await till.hurry(2);
  expect(await till.state(paid)).toBe("paid");
  expect(await till.database.intent.findUniqueOrThrow({ where: { id: transfer.id } })).toMatchObject({
    state: "CONFIRMED",
    key: transfer.key,
  });
});
