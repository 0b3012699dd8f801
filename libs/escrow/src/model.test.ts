import { findingsOf } from "@freehold/testing";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { connectStripe } from "./stripe/client.ts";
import { closeStoryGround, openStoryGround, tell } from "./testing/story-ground.ts";
import { anyStory, undecidedStory } from "./testing/story-moves.ts";
import { heldTooLong, shownOf, traceOf } from "./testing/story-shown.ts";
import { faultsOf } from "./testing/story-model.ts";
import type { StoryGround, Tale } from "./testing/story-tale.ts";
import type Stripe from "stripe";

const STORIES = Number(process.env["FREEHOLD_STORIES"] ?? 1000);
const SEED = Number(process.env["FREEHOLD_SEED"] ?? Date.now() % 2 ** 31);

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
  process.stdout.write(`${told} stories, ${all} moves, ${deaths} processes killed: ${kinds.join(", ")}\n`);
  await closeStoryGround(ground);
});

// A story that went wrong leaves its failures behind.
beforeEach(() => ground.till.stripe.clearFailures());

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
const given = (numRuns: number) => ({ numRuns, seed: SEED, endOnFailure: true });

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
