import { findingsOf } from "@freehold/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CrashGround, openCrashGround } from "./testing/crash-scene.ts";
import { scenarios } from "./testing/crash-scenarios.ts";
import { HastyVault, keyOfTheMoment } from "./testing/faulty-vault.ts";
import { openTill } from "./testing/till.ts";

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

// What these leave behind does not agree, so that they come last.
describe("a build with a mistake in it is found out", () => {
  test("it draws a new key for each call, and a killed process pays twice", async () => {
    const { broken } = await ground.everyPoint(
      async (scene) => {
        await scene.held(1000n);
        await scene.act(({ database, vault }) =>
          database.transact((tx) =>
            vault.settle(tx, scene.developmentId, [
              { payeeId: dave, basisPoints: 9000 },
              { payeeId: erin, basisPoints: 1000 },
            ]),
          ),
        );
        await scene.rounds();
      },
      { garble: keyOfTheMoment },
    );
    expect(broken.join("\n")).toContain("killed at “POST /v1/transfers answered”");
  });

  test("it books a refund before it asks for it, and a killed process never asks", async () => {
    const { broken } = await ground.everyPoint(
      async (scene) => {
        const id = await scene.held(1000n);
        await scene.act(({ database, vault }) =>
          database.transact((tx) => vault.refund(tx, id, "pledge", { reason: "taken_back" })),
        );
        await scene.act(({ vault }) => vault.performDue());
      },
      { build: (database, options) => new HastyVault(database, options) },
    );
    expect(broken.join("\n")).toContain("killed at “POST /v1/refunds to be sent”");
  });
});
