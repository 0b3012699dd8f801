import type { Scenario, Scene } from "./crash-scene.ts";

/** A card whose money is available at once, so that it can be taken back from a payee's account. */
const AVAILABLE_AT_ONCE = "4000000000000077";
/** A card whose bank sends refunds back. */
const FAILS_LATER = "4000000000005126";

const settle = (scene: Scene, dave: string, erin: string) =>
  scene.act(({ database, vault }) =>
    database.transact((tx) =>
      vault.settle(tx, scene.developmentId, [
        { payeeId: dave, basisPoints: 6000 },
        { payeeId: erin, basisPoints: 4000 },
      ]),
    ),
  );

/** The stories that are told once for each point at which a process can be killed. Two payees who can be paid take part. */
export const scenarios = (dave: string, erin: string): Record<string, Scenario> => ({
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
    await settle(scene, dave, erin);
    await scene.rounds();
  },

  "everything goes back": async (scene) => {
    for (const amount of [1000n, 2500n]) await scene.held(amount);
    await scene.act(({ database, vault }) =>
      database.transact((tx) => vault.refundAll(tx, scene.developmentId, "pledge", "declined")),
    );
    await scene.rounds();
    await scene.post();
  },

  "a donation": async (scene) => {
    await scene.donate(3000n, dave);
  },

  "the bank takes a pledge back, and returns it; then it is paid out": async (scene) => {
    const id = await scene.held(2500n);
    await scene.world(async ({ stripe }) => stripe.openDispute(await scene.chargeOf(id), { reason: "fraudulent" }));
    await scene.post();
    await scene.world(async ({ stripe }) => stripe.winDispute(await scene.chargeOf(id)));
    await scene.post();
    await settle(scene, dave, erin);
    await scene.rounds();
  },

  "one of two payees cannot be paid any more; on the latest day their part goes back": async (scene) => {
    await scene.held(1001n);
    await scene.capability(erin, "restricted");
    await settle(scene, dave, erin);
    await scene.rounds();
    await scene.act(async ({ database, vault }) => {
      for (let look = 0; look < 10; look += 1) {
        if ((await database.transact((tx) => vault.endSettlement(tx, scene.developmentId))) === "ended") return;
        await scene.hasten();
        await vault.performDue();
      }
      throw new Error("the settlement does not end");
    });
    await scene.rounds();
    await scene.capability(erin, "active");
  },

  "after a finding of fraud what was paid out is taken back": async (scene) => {
    const id = await scene.held(2500n, AVAILABLE_AT_ONCE);
    await settle(scene, dave, erin);
    await scene.rounds();
    await scene.act(({ database, vault }) =>
      database.transact((tx) => vault.reclaim(tx, id, { reason: "fraud_found" })),
    );
    await scene.rounds();
    await scene.post();
  },

  "the bank sends a refund back, and a person repays it": async (scene) => {
    const id = await scene.held(2500n, FAILS_LATER);
    await scene.act(({ database, vault }) =>
      database.transact((tx) => vault.refund(tx, id, "whole", { reason: "fraud_found" })),
    );
    await scene.rounds();
    await scene.till.market.wind("10 seconds");
    await scene.post();
    await scene.act(async ({ database, vault }) => {
      const refund = await database.refund.findFirstOrThrow({ where: { paymentId: id } });
      await database.transact((tx) => vault.noteRepaid(tx, refund.id, "By bank transfer."));
    });
  },
});
