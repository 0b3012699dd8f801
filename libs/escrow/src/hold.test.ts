import { findingsOf } from "@freehold/testing";
import { HOUR_MS, newId } from "@freehold/values";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { openTill, type Till } from "./testing/till.ts";

let till: Till;
beforeAll(async () => {
  till = await openTill();
});
afterAll(() => till.close());
afterEach(async () => expect(await findingsOf(till.market)).toEqual([]));

async function opened(given: Parameters<Till["begin"]>[1] = {}): Promise<string> {
  const { id, intentId } = await till.begin(newId(), given);
  await till.vault.perform(intentId);
  return id;
}

test("B1 what is charged is P + s from the row, whatever stands on the page", async () => {
  const id = await opened();
  await till.pay(id);
  await till.look(id);
  const { chargeId } = await till.database.payment.findUniqueOrThrow({ where: { id } });
  expect((await till.atStripe("charge")).find((charge) => charge.id === chargeId)).toMatchObject({ amount: 2610 });
});

test("B12 a declined card holds nothing; the next card on the same page does", async () => {
  const id = await opened();
  expect(await till.pay(id, { number: "4000000000009995" })).toMatchObject({ paid: false });
  expect(await till.look(id)).toBe("unchanged");
  expect(await till.state(id)).toBe("opened");
  expect(await till.pay(id)).toMatchObject({ paid: true });
  expect(await till.look(id)).toBe("held");
});

test("B10 a charge counts if and only if the processor made it before the close", async () => {
  const before = await opened({ closesInMs: HOUR_MS / 2 });
  const after = await opened({ closesInMs: HOUR_MS / 2 });
  await till.market.wind("29 minutes");
  await till.pay(before);
  // The page lives a little longer than the preview when that is short: what comes then is late.
  await till.market.asOwner("UPDATE payment SET closes_at = clock_now() WHERE id = $1", [after]);
  await till.market.wind("30 seconds");
  await till.pay(after);
  await till.market.wind("1 day");
  expect(await till.look(before), "seen a day later, charged in time").toBe("held");
  expect(await till.look(after)).toBe("late");
  await till.hurry();
  expect([await till.state(before), await till.state(after)]).toEqual(["held", "refunded"]);
  expect(await till.database.refund.findFirstOrThrow({ where: { paymentId: after } })).toMatchObject({
    kind: "whole",
    amountMinor: 2610n,
    reason: "came_too_late",
  });
});

test("a page nobody paid on runs out, and the payment with it", async () => {
  const id = await opened();
  await till.market.wind("24 hours");
  await till.takePost();
  expect(await till.state(id)).toBe("expired");
  expect(await till.posted(id)).toEqual([]);
});

test("closing a development brings every open page's end forward, never back", async () => {
  const developmentId = newId();
  const { id } = await till.begin(developmentId);
  const at = await till.database.now();
  await till.database.transact((tx) => till.vault.close(tx, developmentId, at));
  await till.database.transact((tx) => till.vault.close(tx, developmentId, new Date(at.getTime() + HOUR_MS)));
  const { closesAt } = await till.database.payment.findUniqueOrThrow({ where: { id } });
  expect(closesAt).toEqual(at);
  await till.vault.expireCheckout(id);
});
