import { findingsOf } from "@freehold/testing";
import { newId } from "@freehold/values";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CrashGround, openCrashGround } from "./testing/crash-scene.ts";
import { scenarios } from "./testing/crash-scenarios.ts";
import { openTill } from "./testing/till.ts";
import { Vault } from "./vault.ts";

let ground: CrashGround;
let dave: string;
let erin: string;
let tried = 0;
beforeAll(async () => {
  const till = await openTill({ validate: false });
  dave = await till.payee("dave");
  erin = await till.payee("erin");
  ground = await openCrashGround(till);
});
afterAll(async () => {
  process.stdout.write(`crash points: ${tried} in all, the process killed once at each\n`);
  await ground.close();
});

test.each(Object.keys(scenarios("", "")))("whenever the process is killed: %s", { timeout: 600_000 }, async (name) => {
  const begun = process.cpuUsage();
  const { points, broken } = await ground.everyPoint(scenarios(dave, erin)[name]!);
  const { user, system } = process.cpuUsage(begun);
  tried += points.length;
  process.stdout.write(`${name}: ${points.length} points, ${Math.round((user + system) / 1000)} ms\n`);
  if (process.env["FREEHOLD_POINTS"] === "1") process.stdout.write(`  ${points.join("\n  ")}\n`);
  expect(broken).toEqual([]);
});

test("after all of them the books agree with the processor", async () => {
  expect(await findingsOf(ground.till.market)).toEqual([]);
});
