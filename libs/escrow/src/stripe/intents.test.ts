import { findingsOf } from "@freehold/testing";
import { newId } from "@freehold/values";
import type Stripe from "stripe";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { openTill, type Till } from "../testing/till.ts";
import { connectStripe } from "./client.ts";

let till: Till;
let dave: string;
let stripe: Stripe;
beforeAll(async () => {
  till = await openTill();
  dave = await till.payee("dave");
  stripe = connectStripe({ secretKey: "sk_test_market", webhookSecret: "unused", apiUrl: till.market.stripe.url });
});
afterAll(() => till.close());
afterEach(async () => {
  await till.stripe.clearFailures();
  expect(await findingsOf(till.market)).toEqual([]);
});

const intentOf = (purpose: string, paymentId: string) =>
  till.market.asOwner<{
    id: string;
    key: string;
    state: string;
    attempt: number;
    request: object;
    objectId: string | null;
  }>(
    `SELECT i.id, i.key, i.state, i.attempt, i.request, i.object_id AS "objectId" FROM intent i
     LEFT JOIN refund r ON r.id = i.subject_id LEFT JOIN payout o ON o.id = i.subject_id
     WHERE i.purpose = $1 AND COALESCE(r.payment_id, o.payment_id, i.subject_id) = $2 ORDER BY i.attempt`,
    [purpose, paymentId],
  );
const objectsOf = async (kind: "refund" | "transfer", paymentId: string) =>
  (await till.atStripe<{ id: string; metadata: Record<string, string> }>(kind)).filter(
    (object) => object.metadata["payment_id"] === paymentId,
  );

async function refunding(): Promise<string> {
  const id = await till.paid(newId());
  await till.database.transact((tx) => till.vault.refund(tx, id, "pledge", { reason: "taken_back" }));
  return id;
}
async function settling(count = 1, payeeId = dave): Promise<string[]> {
  const developmentId = newId();
  const ids: string[] = [];
  for (let i = 0; i < count; i += 1) ids.push(await till.paid(developmentId));
  await till.database.transact((tx) => till.vault.settle(tx, developmentId, [{ payeeId, basisPoints: 10_000 }]));
  return ids;
}

describe("a worker that dies", () => {
  test("F1 between the transfer and our commit: the same key answers with the same transfer", async () => {
    const [id] = await settling();
    const [intent] = await intentOf("transfer", id!);
    await stripe.transfers.create(intent!.request as Stripe.TransferCreateParams, { idempotencyKey: intent!.key });
    await till.market.asOwner("UPDATE intent SET state = 'SENT', sent_at = clock_now(), tries = 1 WHERE id = $1", [
      intent!.id,
    ]);
    await till.hurry();
    expect(await till.state(id!)).toBe("paid");
    expect((await objectsOf("transfer", id!)).length).toBe(1);
  });

  test("between our claim and the call: the next one makes the call", async () => {
    const id = await refunding();
    const [intent] = await intentOf("refund", id);
    await till.market.asOwner("UPDATE intent SET state = 'SENT', sent_at = clock_now(), tries = 1 WHERE id = $1", [
      intent!.id,
    ]);
    await till.hurry();
    expect(await till.state(id)).toBe("refunded");
    expect((await objectsOf("refund", id)).length).toBe(1);
  });

  test("a claim that is still fresh is left to whoever made it", async () => {
    const id = await refunding();
    const [intent] = await intentOf("refund", id);
    await till.market.asOwner(
      "UPDATE intent SET state = 'SENT', sent_at = clock_now(), due_at = now() + interval '30 seconds' WHERE id = $1",
      [intent!.id],
    );
    expect(await till.vault.performDue()).toBe(0);
    expect(await till.vault.perform(intent!.id)).toBe(false);
    expect((await objectsOf("refund", id)).length).toBe(0);
    await till.hurry();
    expect(await till.state(id)).toBe("refunded");
  });

  test("a day ago, after the call: its transfer is found by its group and adopted, and no other is made", async () => {
    const [id] = await settling();
    const [intent] = await intentOf("transfer", id!);
    const made = await stripe.transfers.create(intent!.request as Stripe.TransferCreateParams, {
      idempotencyKey: intent!.key,
    });
    await till.market.asOwner("UPDATE intent SET state = 'SENT', sent_at = clock_now(), tries = 1 WHERE id = $1", [
      intent!.id,
    ]);
    await till.market.wind("25 hours");
    await till.hurry();
    expect(await till.state(id!)).toBe("paid");
    expect(await intentOf("transfer", id!)).toMatchObject([{ state: "CONFIRMED", objectId: made.id, attempt: 1 }]);
    expect((await objectsOf("transfer", id!)).length).toBe(1);
  });

  test("a day ago, before the call: two complete listings without it, ten minutes apart, make a new attempt", async () => {
    const id = await refunding();
    const [intent] = await intentOf("refund", id);
    await till.market.asOwner("UPDATE intent SET state = 'SENT', sent_at = clock_now(), tries = 1 WHERE id = $1", [
      intent!.id,
    ]);
    await till.market.wind("25 hours");
    await till.hurry(3);
    expect(await intentOf("refund", id)).toMatchObject([{ state: "UNKNOWN", attempt: 1 }]);
    await till.market.asOwner("UPDATE intent SET absent_at = absent_at - interval '10 minutes' WHERE id = $1", [
      intent!.id,
    ]);
    await till.hurry();
    const [first, second] = await intentOf("refund", id);
    expect([first!.state, second!.state, second!.attempt]).toEqual(["REJECTED", "PLANNED", 2]);
    expect(second!.key).not.toBe(first!.key);
    await till.hurry();
    expect(await till.state(id)).toBe("refunded");
    expect((await objectsOf("refund", id)).length).toBe(1);
  });
});

describe("a processor that does not answer", () => {
  test.each([
    ["D1 after it did it", "timeout_after"],
    ["before it did it", "timeout_before"],
    ["whose connection breaks afterwards", "reset_after"],
    ["whose connection breaks before", "reset"],
  ] as const)(
    "%s: the outcome is unknown, the same key is asked again, and there is one refund",
    async (_name, status) => {
      const id = await refunding();
      // The SDK itself asks twice.
      await till.stripe.failNext(2, { status, path: "/v1/refunds", method: "POST", hold_ms: 50 });
      await till.hurry();
      expect(await intentOf("refund", id)).toMatchObject([{ state: "UNKNOWN" }]);
      expect(await till.state(id)).toBe("refunding");
      await till.hurry();
      expect(await intentOf("refund", id)).toMatchObject([{ state: "CONFIRMED", attempt: 1 }]);
      expect(await till.state(id)).toBe("refunded");
      expect((await objectsOf("refund", id)).length).toBe(1);
    },
  );

  test("D3 an error it keeps under the key: no other key is tried while that one lives, and the refund is found", async () => {
    const id = await refunding();
    await till.stripe.failNext(2, { status: "500_after", path: "/v1/refunds", method: "POST" });
    await till.hurry(3);
    expect(await intentOf("refund", id)).toMatchObject([{ state: "UNKNOWN", attempt: 1 }]);
    await till.hurry();
    expect(await intentOf("refund", id)).toMatchObject([{ state: "CONFIRMED", attempt: 1 }]);
    expect((await objectsOf("refund", id)).length).toBe(1);
  });

  test("a kept error that did nothing ends in a second attempt, and one refund", async () => {
    const id = await refunding();
    await till.stripe.failNext(1, { status: 500, path: "/v1/refunds", method: "POST" });
    await till.hurry(2);
    await till.market.wind("23 hours");
    await till.hurry();
    await till.market.asOwner(
      "UPDATE intent SET absent_at = absent_at - interval '10 minutes' WHERE state = 'UNKNOWN'",
    );
    await till.hurry(2);
    expect((await intentOf("refund", id)).map((intent) => intent.state)).toEqual(["REJECTED", "CONFIRMED"]);
    expect((await objectsOf("refund", id)).length).toBe(1);
  });

  test.each([429, 409] as const)(
    "C7 a storm of %s: everything is done in the end, each once, and nothing was booked before it was done",
    async (status) => {
      const ids: string[] = [];
      for (let i = 0; i < 4; i += 1) ids.push(await refunding());
      await till.stripe.failNext(10, { status, path: "/v1/refunds", method: "POST" });
      await till.hurry();
      expect((await Promise.all(ids.map((id) => till.state(id)))).every((state) => state === "refunding")).toBe(true);
      await till.hurry(4);
      for (const id of ids) {
        expect(await till.state(id)).toBe("refunded");
        expect((await objectsOf("refund", id)).length).toBe(1);
        expect(await intentOf("refund", id)).toMatchObject([{ state: "CONFIRMED", attempt: 1 }]);
      }
    },
  );
});

describe("a processor that says no", () => {
  test("D12 while the bank questions a charge nothing is returned; a person is told; when the bank has answered it goes out", async () => {
    const id = await refunding();
    const { chargeId } = await till.database.payment.findUniqueOrThrow({ where: { id } });
    await till.stripe.openDispute(chargeId!);
    await till.hurry();
    expect(await intentOf("refund", id)).toMatchObject([{ state: "REJECTED" }, { state: "PLANNED", attempt: 2 }]);
    const { id: refundId } = await till.database.refund.findFirstOrThrow({ where: { paymentId: id } });
    expect(await till.database.operatorTask.count({ where: { key: `intent:refund:${refundId}` } })).toBe(1);
    expect(await till.vault.performDue(), "the next attempt waits").toBe(0);
    await till.stripe.winDispute(chargeId!);
    await till.hurry();
    expect(await till.state(id)).toBe("refunded");
    expect((await objectsOf("refund", id)).length).toBe(1);
  });

  test("B11 a page below the processor's smallest sum is never opened, and the payment has failed", async () => {
    const { id, intentId } = await till.begin(newId(), { amount: 10n, serviceFee: 0n });
    expect(await till.vault.perform(intentId)).toBe(true);
    expect(await till.state(id)).toBe("failed");
    expect(await till.database.payment.findUniqueOrThrow({ where: { id } })).toMatchObject({
      checkoutId: null,
      checkoutUrl: null,
    });
  });
});

describe("a payee", () => {
  test("F6 who can no longer be paid after the settlement was authorised waits, and is paid when it is put right", async () => {
    const judy = await till.payee("judy");
    const { accountId } = await till.vault.accounts.refresh(judy);
    const [id] = await settling(1, judy);
    await till.stripe.setCapability(accountId!, "restricted");
    await till.hurry(2);
    expect(await till.state(id!)).toBe("settling");
    const [intent] = await intentOf("transfer", id!);
    expect(intent).toMatchObject({ state: "PLANNED", attempt: 1 });
    expect((await objectsOf("transfer", id!)).length).toBe(0);
    await till.stripe.setCapability(accountId!, "active");
    await till.hurry();
    expect(await till.state(id!)).toBe("paid");
  });

  test("who cannot be asked about holds up nobody else", async () => {
    const ivan = await till.payee("ivan");
    const stuck = await settling(5, ivan);
    const id = await refunding();
    await till.stripe.failNext(50, { status: 500, path: "/v2/core/accounts", method: "GET" });
    await till.hurry();
    expect(await till.state(id)).toBe("refunded");
    await till.stripe.clearFailures();
    await till.hurry();
    expect(await Promise.all(stuck.map((one) => till.state(one)))).toEqual(stuck.map(() => "paid"));
  });
});

test("F14 five workers at once make each transfer once, with one call each", async () => {
  const ids = await settling(8);
  const before = (await till.stripe.journal()).length;
  await Promise.all(Array.from({ length: 5 }, () => till.vault.performDue()));
  await till.hurry();
  for (const id of ids) expect((await objectsOf("transfer", id)).length).toBe(1);
  const calls = (await till.stripe.journal())
    .slice(before)
    .filter((call) => call.method === "POST" && call.path === "/v1/transfers");
  expect(calls.length).toBe(8);
  expect(new Set(calls.map((call) => call.key)).size).toBe(8);
});

describe("a page that is closed", () => {
  test("before it was ever asked for stays closed: no page appears later", async () => {
    const { id, intentId } = await till.begin(newId());
    await till.vault.expireCheckout(id);
    expect(await till.state(id)).toBe("expired");
    expect(await till.vault.perform(intentId)).toBe(true);
    await till.hurry();
    const sessions = await till.atStripe<{ client_reference_id: string }>("session");
    expect(sessions.filter((session) => session.client_reference_id === id)).toEqual([]);
  });

  test("at the processor can no longer be paid", async () => {
    const { id, intentId } = await till.begin(newId());
    await till.vault.perform(intentId);
    await till.vault.expireCheckout(id);
    expect(await till.pay(id)).toMatchObject({ paid: false });
    expect(await till.look(id)).toBe("expired");
    await till.vault.expireCheckout(id);
    expect(await till.state(id)).toBe("expired");
  });
});
