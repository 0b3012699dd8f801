import { newId } from "@freehold/values";
import { findingsOf } from "@freehold/testing";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { post } from "../ledger/post.ts";
import { feeTaken, movementBooked } from "../ledger/postings.ts";
import { openTill, type Till } from "../testing/till.ts";
import { Checkpoints } from "./checkpoints.ts";
import { booked, platformSums } from "./standing.ts";

let till: Till;
let checkpoints: Checkpoints;
beforeAll(async () => {
  till = await openTill();
  checkpoints = new Checkpoints(till.database);
});
afterAll(() => till.close());
afterEach(async () => {
  const { findings } = await till.vault.check();
  expect(findings.filter((finding) => finding.startsWith("checkpoint"))).toEqual([]);
  const entries = await till.market.asOwner<{ purpose: string; sum: string }>(
    "SELECT a.purpose, sum(e.amount_minor) FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id WHERE NOT a.materialised GROUP BY 1",
  );
  const sums = await platformSums(till.database);
  for (const { purpose, sum } of entries) expect(sums[purpose as keyof typeof sums], purpose).toBe(BigInt(sum));
});

/** A fee of `minor`, which nobody took: booked and, by the test that needs it, undone. */
const fee = (minor: bigint) => ({
  key: `test:${newId()}`,
  event: "test",
  occurredAt: new Date(),
  legs: feeTaken(minor, "USD"),
});

test("a sum goes on from its checkpoint, and is the same with it as without", async () => {
  await till.paid(newId());
  const before = await booked(till.database);
  expect(await checkpoints.keep(1)).toBeGreaterThanOrEqual(3);
  expect(await booked(till.database)).toEqual(before);
  expect(await checkpoints.keep(1), "nothing new").toBe(0);
  await till.paid(newId());
  expect(await checkpoints.keep(100), "too little new").toBe(0);
  const later = await booked(till.database);
  expect(await checkpoints.keep(1)).toBeGreaterThanOrEqual(3);
  expect(await booked(till.database)).toEqual(later);
  expect(await findingsOf(till.market)).toEqual([]);
});

test("what was written earlier and commits later is never left out: no checkpoint passes a posting that is under way", async () => {
  const { clearing } = await booked(till.database);
  const kept = () => till.database.balanceCheckpoint.count();
  const rows = await kept();
  let release = () => {};
  const gate = new Promise<void>((resolve) => (release = resolve));
  let written = () => {};
  const begun = new Promise<void>((resolve) => (written = resolve));
  const slow = till.database.transact(async (tx) => {
    await post(tx, fee(11n));
    written();
    await gate;
  });
  await begun;
  // Entries with greater ids, committed while the smaller ones are not.
  for (let i = 0; i < 3; i += 1) await till.database.transact((tx) => post(tx, fee(100n)));
  expect(await checkpoints.keep(1)).toBe(0);
  expect(await kept()).toBe(rows);
  expect((await booked(till.database)).clearing).toBe(clearing - 300n);
  release();
  await slow;
  expect(await checkpoints.keep(1)).toBeGreaterThan(0);
  expect((await booked(till.database)).clearing).toBe(clearing - 311n);
  await till.database.transact((tx) => post(tx, { ...fee(1n), legs: movementBooked("stripe_fee", 311n, "USD") }));
  expect(await findingsOf(till.market)).toEqual([]);
});
