import { openTestDatabase, type TestDatabase } from "@freehold/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Pace } from "./pace.ts";

let ground: TestDatabase;
beforeAll(async () => {
  ground = await openTestDatabase();
});
afterAll(() => ground.close());

/** Never sooner than this is what a pace promises; how much later depends on the machine. */
const elapsed = async (work: () => Promise<unknown>): Promise<number> => {
  const began = performance.now();
  await work();
  return performance.now() - began;
};

test("work that can wait takes turns, also between processes: twelve turns at fifty a second take eleven steps at least", async () => {
  const processes = [new Pace(ground.database, 50), new Pace(ground.database, 50), new Pace(ground.database, 50)];
  const took = await elapsed(() => Promise.all(Array.from({ length: 12 }, (_, i) => processes[i % 3]!.turn())));
  expect(took).toBeGreaterThan(11 * 20 - 5);
});

test("when the processor says too often, everybody waits", async () => {
  const [told, other] = [new Pace(ground.database, 50), new Pace(ground.database, 50)];
  await told.slowDown();
  expect(await elapsed(() => other.turn())).toBeGreaterThan(900);
});

test("without a pace nobody waits for it", async () => {
  const off = new Pace(ground.database, null);
  const before = await ground.asOwner("SELECT next_at FROM call_pace");
  await off.turn();
  await off.slowDown();
  expect(await ground.asOwner("SELECT next_at FROM call_pace")).toEqual(before);
});
