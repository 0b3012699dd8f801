import { openTestDatabase, type TestDatabase } from "@freehold/testing";
import { newId } from "@freehold/values";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { post, postAll, type Posting } from "./post.ts";
import type { AccountPurpose, Leg } from "./postings.ts";

let ground: TestDatabase;
let developmentId: string;
beforeAll(async () => {
  ground = await openTestDatabase();
});
beforeEach(() => {
  developmentId = newId();
});
afterAll(() => ground.close());

const leg = (purpose: AccountPurpose, amount: bigint, ownerId = developmentId): Leg =>
  purpose === "holding"
    ? { purpose, ownerType: "development", ownerId, amount, currency: "USD" }
    : { purpose, ownerType: "platform", ownerId: null, amount, currency: "USD" };
const posting = (key: string, ...legs: Leg[]): Posting => ({
  key: `${developmentId}:${key}`,
  event: "test",
  occurredAt: new Date("2026-11-20T12:00:00.123Z"),
  developmentId,
  legs,
  causation: { because: "of a test" },
});
const intoHold = (key: string, amount: bigint) =>
  posting(key, leg("psp_clearing", amount), leg("holding", -amount), leg("service_fee", 0n));
const outOfHold = (key: string, amount: bigint) => posting(key, leg("holding", amount), leg("psp_clearing", -amount));
const balance = async () =>
  (await ground.database.ledgerAccount.findFirst({ where: { ownerId: developmentId } }))?.balance;
const written = () =>
  ground.database.ledgerTransaction.findMany({
    where: { developmentId },
    orderBy: { recordedAt: "asc" },
    include: { entries: { orderBy: { id: "asc" } } },
  });

test("a posting of its own stands at once, and one in a transaction that is given up was never there", async () => {
  await post(ground.database, intoHold("alone", 700n));
  expect(await balance()).toBe(-700n);
  const givenUp = ground.database.transact(async (tx) => {
    await post(tx, intoHold("given-up", 300n));
    await postAll(tx, [intoHold("given-up-too", 20n)]);
    throw new Error("changed my mind");
  });
  await expect(givenUp).rejects.toThrow("changed my mind");
  expect(await balance()).toBe(-700n);
  expect((await written()).length).toBe(1);
});

test("each way in writes the same thing", async () => {
  await post(ground.database, intoHold("1", 5n));
  await ground.database.transact((tx) => post(tx, intoHold("2", 5n)));
  await ground.database.transact((tx) => postAll(tx, [intoHold("3", 5n)]));
  const [first, ...others] = (await written()).map(({ event, occurredAt, causation, entries }) => ({
    event,
    occurredAt,
    causation,
    entries: entries.map(({ accountId, amountMinor, currency }) => ({ accountId, amountMinor, currency })),
  }));
  expect(first?.entries.length).toBe(2);
  expect(first?.occurredAt).toEqual(new Date("2026-11-20T12:00:00.123Z"));
  expect(others).toEqual([first, first]);
});

test("a key of one way in is known to the others: the same posting is a no-op, another one an error", async () => {
  const again = [
    (given: Posting) => post(ground.database, given),
    (given: Posting) => ground.database.transact((tx) => post(tx, given)),
    (given: Posting) => ground.database.transact((tx) => postAll(tx, [given])),
  ];
  for (const [i, first] of again.entries()) {
    await first(intoHold(`key-${i}`, 100n));
    for (const second of again) {
      await second(intoHold(`key-${i}`, 100n));
      // The sums may come as a caller computed them; members of its own and legs of zero change nothing.
      const legs = intoHold("", 100n).legs.map((one) => ({ note: "mine", ...one }));
      await second({ ...intoHold(`key-${i}`, 100n), legs });
      await expect(second(intoHold(`key-${i}`, 101n))).rejects.toThrow("was used for another posting");
    }
  }
  expect(await balance()).toBe(-300n);
});

test("what the database refuses is refused in a posting of its own as well", async () => {
  const alone = (...legs: Leg[]) => post(ground.database, posting(newId(), ...legs));
  await expect(alone(leg("psp_clearing", 1000n), leg("holding", -999n))).rejects.toThrow("does not balance");
  await expect(alone(leg("psp_clearing", 1000n))).rejects.toThrow("has 1 entries");
  await expect(alone(leg("psp_clearing", 0n))).rejects.toThrow("has 0 entries");
  await expect(alone(leg("holding", 1n), leg("psp_clearing", -1n))).rejects.toThrow("ledger_account_ceiling");
  expect(await balance()).toBeUndefined();
});

test("many postings are made in the order given, once each, and all or none", async () => {
  const story = [
    ...Array.from({ length: 200 }, (_, i) => intoHold(`in-${i}`, BigInt(i + 1))),
    // Money goes out only after it came in: any other order would break the ceiling.
    outOfHold("all-out", 20_100n),
    intoHold("in-0", 1n),
  ];
  await ground.database.transact((tx) => postAll(tx, story));
  await ground.database.transact((tx) => postAll(tx, story));
  await ground.database.transact((tx) => postAll(tx, []));
  expect(await balance()).toBe(0n);
  expect((await written()).length).toBe(201);
  const tooMuch = [intoHold("more", 10n), outOfHold("too-much", 11n)];
  await expect(ground.database.transact((tx) => postAll(tx, tooMuch))).rejects.toThrow("ledger_account_ceiling");
  expect((await written()).length).toBe(201);
});

test("two at once under one key are one posting", async () => {
  const many = Array.from({ length: 20 }, () => post(ground.database, intoHold("one", 50n)));
  await Promise.all(many);
  expect(await balance()).toBe(-50n);
});

test("a posting of its own that waits for another in a circle is made after it", async () => {
  const [other, key] = [newId(), newId()];
  const first = leg("holding", -5n);
  // The transaction takes the accounts one by one, against the order in which the single posting takes them.
  const [low, high] = [developmentId, other].toSorted();
  const into = (name: string, owner: string) => posting(name, leg("psp_clearing", 5n), { ...first, ownerId: owner });
  await post(
    ground.database,
    posting("both", leg("psp_clearing", 10n), leg("holding", -5n), leg("holding", -5n, other)),
  );
  const circle = ground.database.transact(async (tx) => {
    await post(tx, into(`high-${key}`, high!));
    await new Promise((resolve) => setTimeout(resolve, 200));
    await post(tx, into(`low-${key}`, low!));
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  const single = post(
    ground.database,
    posting("single", leg("psp_clearing", 10n), leg("holding", -5n), leg("holding", -5n, other)),
  );
  await Promise.all([circle, single]);
  expect(await balance()).toBe(-15n);
});
