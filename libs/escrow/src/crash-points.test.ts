import { findingsOf } from "@freehold/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CrashGround, openCrashGround, type Scenario } from "./testing/crash-scene.ts";
import { openTill } from "./testing/till.ts";

const AVAILABLE_AT_ONCE = "4000000000000077";
const FAILS_LATER = "4000000000005126";

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
  process.stdout.write(`crash points: ${tried} in all, each killed once\n`);
  expect(await findingsOf(ground.till.market)).toEqual([]);
  await ground.close();
});

const halves = () => [
  { payeeId: dave, basisPoints: 6000 },
  { payeeId: erin, basisPoints: 4000 },
];

const scenarios: Record<string, Scenario> = {
  "a pledge is made, and taken back": async (scene) => {
    const id = await scene.pledge(2500n);
    await scene.act(({ database, vault }) =>
      database.transact((tx) => vault.refund(tx, id, "pledge", { reason: "taken_back" })),
    );
    await scene.rounds();
    await scene.post();
  },
  "three pledges are paid out to two payees": async (scene) => {
    for (const amount of [1000n, 1001n, 2500n]) await scene.held(amount);
    await scene.act(({ database, vault }) =>
      database.transact((tx) => vault.settle(tx, scene.developmentId, halves())),
    );
    await scene.rounds();
  },
};

test.each(Object.entries(scenarios))(
  "whenever the process is killed: %s",
  { timeout: 600_000 },
  async (name, scenario) => {
    const begun = process.cpuUsage();
    const { points, broken } = await ground.everyPoint(scenario);
    const { user, system } = process.cpuUsage(begun);
    tried += points.length;
    process.stdout.write(`${name}: ${points.length} points, ${Math.round((user + system) / 1000)} ms\n`);
    if (process.env["FREEHOLD_POINTS"] === "1") process.stdout.write(`${points.join("\n")}\n`);
    expect(broken).toEqual([]);
  },
);
