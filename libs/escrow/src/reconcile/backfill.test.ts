import { findingsOf } from "@freehold/testing";
import { newId } from "@freehold/values";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectStripe } from "../stripe/client.ts";
import { openTill, type Till } from "../testing/till.ts";
import { Backfill } from "./backfill.ts";

let till: Till;
beforeAll(async () => {
  till = await openTill({ validate: true });
});
afterAll(() => till.close());

const open = () =>
  new Backfill(
    till.database,
    connectStripe({ secretKey: "sk_test_market", webhookSecret: "whsec_x", apiUrl: till.market.stripe.url }),
  );

test("nobody heard anything for four days: looking through what happened brings the story up, and books nothing twice", async () => {
  const payeeId = await till.payee("alice");
  const early = await till.paid(newId());
  await till.takePost();
  await till.stripe.dropNext(100_000);
  const charged: string[] = [];
  for (let day = 0; day < 4; day += 1) {
    const { id, intentId } = await till.begin(newId(), day === 3 ? { payeeId } : { closesInMs: 30 * 86_400_000 });
    await till.vault.perform(intentId);
    await till.pay(id);
    charged.push(id);
    await till.market.wind("1 day");
    await till.stripe.tick();
  }
  const lost = (await till.atStripe<{ state: string }>("delivery")).filter(({ state }) => state === "dropped").length;
  await till.stripe.dropNext(lost - 100_000);
  // One message comes again before anybody looks: the newest that is known says nothing about the gap behind it.
  const late = await till.begin(newId());
  await till.vault.perform(late.intentId);
  await till.pay(late.id);
  await till.takePost();
  expect(await till.state(late.id)).toBe("held");
  for (const id of charged) expect(await till.state(id)).toBe("opened");

  const backfill = open();
  let stored = 0;
  let calls = 0;
  for (let more = true; more; calls += 1) {
    const run = await backfill.run(1);
    stored += run.stored;
    more = run.more;
  }
  expect(stored).toBeGreaterThanOrEqual(4);
  expect(await till.takePost()).toBe(stored);
  for (const id of charged) expect(await till.state(id)).toBe(id === charged[3] ? "given" : "held");
  for (const id of [early, ...charged.slice(0, 3)])
    expect((await till.posted(id)).map(([event]) => event)).toEqual(["charge", "processor_fee"]);
  expect(await till.database.inboxEvent.count({ where: { state: { not: "applied" } } })).toBe(0);

  expect(await backfill.run()).toEqual({ stored: 0, more: false });
  expect(await open().run()).toEqual({ stored: 0, more: false });
  expect(await findingsOf(till.market)).toEqual([]);
});

test("a run that breaks off goes on where it was, and one that cannot begins anew", async () => {
  const backfill = open();
  await till.stripe.dropNext(1);
  const { id, intentId } = await till.begin(newId());
  await till.vault.perform(intentId);
  await till.pay(id);
  await till.stripe.failNext(3, { status: 500, path: "/v1/events" });
  await expect(backfill.run()).rejects.toThrow();
  await till.stripe.clearFailures();
  expect((await backfill.run()).stored).toBe(1);
  await till.takePost();
  expect(await till.state(id)).toBe("held");
});
