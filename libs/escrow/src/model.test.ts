import { findingsOf } from "@freehold/testing";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { connectStripe } from "./stripe/client.ts";
import { closeStoryGround, openStoryGround, tell } from "./testing/story-ground.ts";
import { anyStory, undecidedStory } from "./testing/story-moves.ts";
import { heldTooLong, shownOf, traceOf } from "./testing/story-shown.ts";
import { faultsOf, newStoryModel, type PledgeModel, type Shown } from "./testing/story-model.ts";
import type { StoryGround, Tale } from "./testing/story-tale.ts";
import type Stripe from "stripe";

const STORIES = Number(process.env["FREEHOLD_STORIES"] ?? 1000);
/** The same stories on every machine, so that a change is judged by itself; `npm run test:long` draws new ones. */
const SEED = Number(process.env["FREEHOLD_SEED"] ?? 20_261_120);
/** The story to begin with, as a failure prints it in its path. */
const FROM = process.env["FREEHOLD_FROM"];

let ground: StoryGround;
let stripe: Stripe;
const moves = new Map<string, number>();
let told = 0;
let deaths = 0;
beforeAll(async () => {
  ground = await openStoryGround();
  stripe = connectStripe({
    secretKey: "sk_test_market",
    webhookSecret: "unused",
    apiUrl: ground.till.market.stripe.url,
  });
});
afterAll(async () => {
  const kinds = [...moves].toSorted((a, b) => b[1] - a[1]).map(([name, n]) => `${n} × ${name}`);
  const all = [...moves.values()].reduce((sum, n) => sum + n, 0);
  const { user, system } = process.cpuUsage();
  process.stdout.write(`${Math.round((user + system) / 1e6)} s of this process's time\n`);
  process.stdout.write(`${told} stories, ${all} moves, ${deaths} processes killed: ${kinds.join(", ")}\n`);
  await closeStoryGround(ground);
});

// A story that went wrong leaves its failures behind.
beforeEach(async () => {
  await ground.till.stripe.clearFailures();
  for (const account of ground.accounts.values()) await ground.till.stripe.setCapability(account, "active");
});

/** What is wrong with a story that has come to its end. */
async function faults(tale: Tale): Promise<string[]> {
  const { model } = tale;
  told += 1;
  deaths += tale.deaths;
  for (const move of model.moves) moves.set(move, (moves.get(move) ?? 0) + 1);
  const shown = await shownOf(tale, stripe);
  const wrong = model.pledges.flatMap((pledge) =>
    faultsOf(model, pledge, shown.get(pledge.id)!).map((fault) => `${pledge.id}: ${fault}`),
  );
  wrong.push(...(await findingsOf(ground.till.market, tale.developmentId)), ...(await heldTooLong(tale)));
  if (told % 100 === 0) wrong.push(...(await findingsOf(ground.till.market)));
  return wrong.length === 0 ? [] : [...wrong, await traceOf(tale)];
}

/** A failed story leaves its rows behind, so that a smaller one would not begin where this one did: none is looked for. */
const given = (numRuns: number) => ({
  numRuns,
  seed: SEED,
  endOnFailure: true,
  ...(FROM === undefined ? {} : { path: FROM }),
});

test(
  `${STORIES} random stories end as they should, whatever goes wrong on the way`,
  { timeout: 7_200_000 },
  async () => {
    process.stdout.write(`random stories of the vault: FREEHOLD_SEED=${SEED} FREEHOLD_STORIES=${STORIES}\n`);
    await fc.assert(
      fc.asyncProperty(anyStory(), fc.nat(999), async (story, pick) => {
        expect(await faults(await tell(ground, story, pick))).toEqual([]);
      }),
      given(STORIES),
    );
    expect(await findingsOf(ground.till.market)).toEqual([]);
  },
);

test("whatever happens, no pledge is held 75 days after its charge", { timeout: 7_200_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(undecidedStory(), async (story) => {
      // An end that nobody decides: only the latest day ends it.
      const tale = await tell(ground, story, 3);
      expect(await faults(tale)).toEqual([]);
    }),
    given(Math.ceil(STORIES / 20)),
  );
});

test("the model tells a wrong ending from a right one", () => {
  const paid: PledgeModel = {
    id: "one",
    amount: 2500n,
    fee: 110n,
    charged: "in_time",
    chargedAt: 0,
    delayed: false,
    decided: "whole",
    parts: 0n,
    meddled: new Set(),
    stops: new Set(),
    stalled: false,
  };
  const right: Shown = {
    state: "refunded",
    held: 0n,
    returned: 2610n,
    taken: 0n,
    transferred: 0n,
    paidOut: [],
    loss: 0n,
    kept: 0n,
    owed: 0n,
  };
  const model = { ...newStoryModel(), pledges: [paid] };
  expect(faultsOf(model, paid, right)).toEqual([]);
  const wrong: Partial<Shown>[] = [
    { state: "refunding" },
    { held: 1n },
    { returned: 2500n, kept: 110n },
    { returned: 2611n, kept: -1n },
    { kept: 1n },
    { state: "expired" },
    { transferred: 2375n },
  ];
  for (const fault of wrong) expect(faultsOf(model, paid, { ...right, ...fault })).not.toEqual([]);
  const settled: PledgeModel = { ...paid, decided: "settle" };
  const lines = [{ payeeId: "dave", basisPoints: 10_000 }];
  const settlement = { ...model, batch: { kind: "settle" as const, lines, returned: new Set<string>() } };
  const out = { payeeId: "dave", amount: 2375n, platformFee: 125n };
  const shown = { ...right, state: "paid", returned: 0n, transferred: 2375n, paidOut: [out], kept: 235n };
  expect(faultsOf(settlement, settled, shown)).toEqual([]);
  expect(faultsOf(settlement, settled, right), "nothing kept it from being paid out").not.toEqual([]);
});
