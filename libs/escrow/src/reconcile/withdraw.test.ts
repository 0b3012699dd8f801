import { findingsOf } from "@freehold/testing";
import { newId, usd } from "@freehold/values";
import type Stripe from "stripe";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { connectStripe } from "../stripe/client.ts";
import { openTill, type Till } from "../testing/till.ts";
import { Movements } from "./movements.ts";
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

const frank = newId();
const grace = newId();
const withdraw = (id: string, minor: bigint, approvedBy = grace) =>
  till.database.transact((tx) =>
    till.vault.ownFunds.withdraw(tx, { id, amount: usd(minor), requestedBy: frank, approvedBy }),
  );
const ownFunds = async () => (await till.vault.ownFunds.state()).ownFunds.minor;
const state = async (id: string) => (await till.database.withdrawal.findUniqueOrThrow({ where: { id } })).state;
const first = () => till.database.withdrawal.findFirstOrThrow({ orderBy: { createdAt: "asc" } });
const events = async () => {
  const rows = await till.database.ledgerTransaction.findMany({ where: { event: { startsWith: "withdrawal" } } });
  return rows.map(({ event }) => event).toSorted();
};
/** Carries an intent out, and books its result as the vault does. */
async function send(id: string, intentId: string): Promise<string> {
  expect(await till.vault.perform(intentId)).toBe(true);
  const { objectId } = await till.database.intent.findUniqueOrThrow({ where: { id: intentId } });
  await till.database.transact((tx) => till.vault.ownFunds.confirmWithdrawal(tx, id, { id: objectId! }));
  return objectId!;
}

describe("who may withdraw what", () => {
  test("refusals, in their order, change nothing", async () => {
    const before = await ownFunds();
    const id = newId();
    await expect(withdraw(id, -5n, frank)).rejects.toMatchObject({ code: "second_signature_needed" });
    await expect(withdraw(id, 0n)).rejects.toMatchObject({ code: "amount_too_small" });
    const stops = new TransferStops(till.database, stripe);
    await till.database.transact((tx) => stops.stop(tx, "books_broken", "books", "A proof found something."));
    await expect(withdraw(id, 500_000n)).rejects.toMatchObject({ code: "transfers_stopped" });
    await till.database.transact((tx) => stops.lift(tx, "books_broken", "books", "It was a test."));
    await expect(withdraw(id, 100_001n)).rejects.toMatchObject({
      code: "below_floor",
      facts: { floorMinor: "100000", ownFundsMinor: "200000" },
    });
    expect(await ownFunds()).toBe(before);
    expect(await events()).toEqual([]);
  });

  test("two that each keep the floor, at once: only one of them goes", async () => {
    const ids = [newId(), newId()];
    const both = await Promise.allSettled(ids.map((id) => withdraw(id, 60_000n)));
    expect(
      both.map((one) => (one.status === "fulfilled" ? "planned" : (one.reason as { code: string }).code)).toSorted(),
    ).toEqual(["below_floor", "planned"]);
    expect(await ownFunds()).toBe(140_000n);
    const won = both[0]!.status === "fulfilled" ? ids[0]! : ids[1]!;
    await expect(withdraw(won, 59_999n)).rejects.toMatchObject({ code: "idempotency_key_reused" });
    const intentId = await withdraw(won, 60_000n);
    expect(intentId).toBe(await withdraw(won, 60_000n));
    await send(won, intentId);
    expect(await state(won)).toBe("confirmed");
  });
});

describe("how it ends", () => {
  test("sent: it is booked once, and the processor's line finds its posting", async () => {
    expect(await events()).toEqual(["withdrawal_confirmed", "withdrawal_planned"]);
    const { id, objectId } = await first();
    await till.database.transact((tx) => till.vault.ownFunds.confirmWithdrawal(tx, id, { id: objectId! }));
    await till.market.wind("2 hours");
    expect((await movements.reconcile()).breaks).toEqual([]);
    expect(await events()).toEqual(["withdrawal_confirmed", "withdrawal_planned"]);
  });

  test("sent back by the bank days later: own funds again, once", async () => {
    const { id, objectId } = await first();
    await till.market.wind("4 days");
    await till.stripe.tick();
    await till.stripe.failPayout(objectId!);
    await till.market.stripe.drained();
    const told = await till.database.inboxEvent.findFirstOrThrow({ where: { type: "payout.failed" } });
    expect(await till.vault.inbox.subjectOf(told.id)).toEqual({ payoutId: objectId });
    await movements.take();
    await till.database.transact((tx) => till.vault.ownFunds.failWithdrawal(tx, id));
    await movements.take();
    expect(await state(id)).toBe("failed");
    expect(await ownFunds()).toBe(200_000n);
    await till.market.wind("2 hours");
    expect((await movements.reconcile()).breaks).toEqual([]);
    expect(await till.database.transferStop.count({ where: { liftedAt: null } })).toBe(0);
  });

  test("sent, and we never heard the answer: the processor's line tells us, and it is not sent again", async () => {
    const id = newId();
    const intentId = await withdraw(id, 7000n);
    const intent = await till.database.intent.findUniqueOrThrow({ where: { id: intentId } });
    await stripe.payouts.create(intent.request as unknown as Stripe.PayoutCreateParams, { idempotencyKey: intent.key });
    await movements.take();
    expect(await state(id)).toBe("confirmed");
    const before = await till.atStripe("payout");
    await send(id, intentId);
    expect(await till.atStripe("payout")).toHaveLength(before.length);
    expect(await ownFunds()).toBe(193_000n);
  });

  test("never sent: own funds again", async () => {
    const id = newId();
    const intentId = await withdraw(id, 9000n);
    await till.database.transact(async (tx) => {
      await tx.intent.update({ where: { id: intentId }, data: { state: "REJECTED", error: "a test" } });
      await till.vault.ownFunds.failWithdrawal(tx, id);
      await till.vault.ownFunds.failWithdrawal(tx, id);
    });
    expect(await ownFunds()).toBe(193_000n);
    expect(await state(id)).toBe("failed");
  });
});
