import { afterEach, beforeEach, expect, test } from "vitest";
import { clientOf, Desk, refusalOf } from "./fixture.ts";

let desk: Desk;
beforeEach(async () => {
  desk = await Desk.open();
  await desk.sim.control.topUp(50_000);
});
afterEach(() => desk.close());

const refunds = async (): Promise<number> => (await desk.stripe.refunds.list({ limit: 100 })).data.length;

test("the same key and parameters give the same answer again and do nothing more", async () => {
  const charge = await desk.charge(2500);
  const order = { charge: charge.id, amount: 1000, metadata: { a: "1", b: "2" } };
  const first = await desk.stripe.refunds.create(order, { idempotencyKey: "k" });
  const again = await desk.stripe.refunds.create(
    { metadata: { b: "2", a: "1" }, amount: 1000, charge: charge.id },
    { idempotencyKey: "k" },
  );
  expect(again.id).toBe(first.id);
  expect(again.lastResponse.headers["idempotent-replayed"]).toBe("true");
  expect(first.lastResponse.headers["idempotent-replayed"]).toBeUndefined();
  expect(await refunds()).toBe(1);
});

test("the same key with other parameters, or elsewhere, is an idempotency_error", async () => {
  const charge = await desk.charge(2500);
  await desk.stripe.refunds.create({ charge: charge.id, amount: 1000 }, { idempotencyKey: "k" });
  const other = await refusalOf(
    desk.stripe.refunds.create({ charge: charge.id, amount: 1001 }, { idempotencyKey: "k" }),
  );
  expect(other).toMatchObject({
    statusCode: 400,
    type: "StripeIdempotencyError",
    message: expect.stringContaining("same parameters they were first used with") as string,
  });
  const elsewhere = await refusalOf(desk.stripe.topups.create({ amount: 1, currency: "usd" }, { idempotencyKey: "k" }));
  expect(elsewhere.message).toContain("same endpoint");
});

test("failed validation, 401, 409 and 429 are not saved: the key works afterwards", async () => {
  const charge = await desk.charge(2500);
  const key = { idempotencyKey: "k" };
  await refusalOf(desk.stripe.refunds.create({ charge: charge.id, amount: 9999 }, key));
  await refusalOf(desk.stripe.refunds.create({ charge: "ch_none" }, key));
  await refusalOf(desk.stripe.refunds.create({ charge: charge.id }, { ...key, apiKey: "sk_live_x" }));
  await desk.sim.control.failNext(1, { status: 429, path: "/refunds" });
  expect(await refusalOf(desk.stripe.refunds.create({ charge: charge.id }, key))).toMatchObject({
    statusCode: 429,
    type: "StripeRateLimitError",
  });
  await desk.sim.control.failNext(1, { status: 409, path: "/refunds" });
  expect((await refusalOf(desk.stripe.refunds.create({ charge: charge.id }, key))).statusCode).toBe(409);
  expect((await desk.stripe.refunds.create({ charge: charge.id }, key)).amount).toBe(2500);
  expect(await refunds()).toBe(1);
});

test("a refusal after execution began is saved: balance_insufficient comes again with the same key, not with a new one", async () => {
  const carla = await desk.account();
  const order = { amount: 60_000, currency: "usd", destination: carla };
  await refusalOf(desk.stripe.transfers.create(order, { idempotencyKey: "t1" }));
  await desk.sim.control.topUp(50_000);
  const again = await refusalOf(desk.stripe.transfers.create(order, { idempotencyKey: "t1" }));
  expect(again).toMatchObject({ code: "balance_insufficient", headers: { "idempotent-replayed": "true" } });
  expect((await desk.stripe.transfers.create(order, { idempotencyKey: "t2" })).amount).toBe(60_000);
});

test("a 500 is saved, whether the work was done or not", async () => {
  const charge = await desk.charge(2500);
  for (const [status, made] of [
    [500, 0],
    ["500_after", 1],
  ] as const) {
    const key = { idempotencyKey: `k_${status}` };
    await desk.sim.control.failNext(1, { status, path: "/refunds" });
    expect((await refusalOf(desk.stripe.refunds.create({ charge: charge.id, amount: 100 }, key))).statusCode).toBe(500);
    const again = await refusalOf(desk.stripe.refunds.create({ charge: charge.id, amount: 100 }, key));
    expect(again).toMatchObject({ statusCode: 500, headers: { "idempotent-replayed": "true" } });
    expect(await refunds()).toBe(made);
  }
});

test("an answer lost on the way is given again by the same key: one refund", async () => {
  const charge = await desk.charge(2500);
  const hasty = clientOf(desk.sim, { timeout: 300 });
  await desk.sim.control.failNext(1, { status: "timeout_after", path: "/refunds" });
  expect((await refusalOf(hasty.refunds.create({ charge: charge.id }, { idempotencyKey: "k" }))).type).toBe(
    "StripeConnectionError",
  );
  expect(await refunds()).toBe(1);
  expect(
    (await desk.stripe.refunds.create({ charge: charge.id }, { idempotencyKey: "k" })).lastResponse.headers[
      "idempotent-replayed"
    ],
  ).toBe("true");
  await desk.sim.control.failNext(1, { status: "timeout_before", path: "/refunds", hold_ms: 50 });
  await refusalOf(hasty.refunds.create({ charge: charge.id }, { idempotencyKey: "k2" })).catch(() => {});
  expect(await refunds()).toBe(1);
});

test("two calls with one key at the same time: one works, the other is told the key is in use", async () => {
  const charge = await desk.charge(2500);
  await desk.sim.control.failNext(1, { status: "slow", path: "/refunds", hold_ms: 200 });
  const outcomes = await Promise.allSettled(
    [1, 2].map(() => desk.stripe.refunds.create({ charge: charge.id, amount: 100 }, { idempotencyKey: "k" })),
  );
  expect(outcomes.map((o) => o.status).toSorted()).toEqual(["fulfilled", "rejected"]);
  expect(outcomes.find((o) => o.status === "rejected")?.reason).toMatchObject({
    statusCode: 409,
    code: "idempotency_key_in_use",
  });
  expect(await refunds()).toBe(1);
});

test("after 24 hours of the story a key is forgotten and makes a new object", async () => {
  const charge = await desk.charge(2500);
  const make = () => desk.stripe.refunds.create({ charge: charge.id, amount: 100 }, { idempotencyKey: "k" });
  const first = await make();
  desk.clock.at += 86_400_000 - 1000;
  expect((await make()).id).toBe(first.id);
  desk.clock.at += 1000;
  expect((await make()).id).not.toBe(first.id);
});

test("v2 executes failed work again, replays successes, and remembers for 30 days", async () => {
  const key = { idempotencyKey: "v2" };
  const good = { contact_email: "carla@example.com" };
  await desk.sim.control.failNext(1, { status: 500, path: "/v2/core/accounts" });
  expect((await refusalOf(desk.stripe.v2.core.accounts.create(good, key))).statusCode).toBe(500);
  const made = await desk.stripe.v2.core.accounts.create(good, key);
  desk.clock.wind(29);
  expect((await desk.stripe.v2.core.accounts.create(good, key)).id).toBe(made.id);
  expect((await refusalOf(desk.stripe.v2.core.accounts.create({ contact_email: "x@example.com" }, key))).type).toBe(
    "StripeIdempotencyError",
  );
});
