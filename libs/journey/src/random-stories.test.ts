import { findingsOf, openStory, type Story } from "@freehold/testing";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { brokenChains, leaps } from "./testing/chain.ts";
import { RandomStory, type Step, type StepKind, stepKinds } from "./testing/random-story.ts";

const STORIES = Number(process.env["FREEHOLD_STORIES"] ?? 60);
const SEED = Number(process.env["FREEHOLD_SEED"] ?? Date.now() % 2 ** 31);

let story: Story;
let repository: { owner: string; name: string; url: string };
beforeAll(async () => {
  story = await openStory();
  await story.makePayable("dave");
  repository = await story.repository("dave");
});
afterAll(() => story.close());

const kinds = (Object.keys(stepKinds) as StepKind[]).map((kind) => ({
  arbitrary: fc.constant(kind),
  weight: stepKinds[kind],
}));
const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.oneof(...kinds),
  pick: fc.nat(999),
  minor: fc.oneof(
    { arbitrary: fc.bigInt({ min: 500n, max: 20_000n }), weight: 8 },
    { arbitrary: fc.constantFrom(-1n, 0n, 499n, 500n, 2500n, 2501n, 500_001n), weight: 2 },
  ),
  hours: fc.integer({ min: 1, max: 72 }),
});
const straight = (...kinds: StepKind[]): Step[] =>
  kinds.map((kind, i) => ({ kind, pick: i + 1, minor: 1500n, hours: 1 }));
/** Some stories begin where a preview, or a window, is open already, so that the later stages are reached often enough. */
const preview = straight("forward", "forward", "pledge", "pledge");
const beginnings = [[], preview, [...preview, ...straight("forward", "forward", "forward")]];
const steps = fc
  .tuple(fc.constantFrom(...beginnings), fc.array(step, { minLength: 3, maxLength: 12 }))
  .map(([begun, rest]) => [...begun, ...rest]);

/** The longest that any pledge lay in the hold, in days, and what the processor did twice. */
async function faults(): Promise<string[]> {
  const tooLong = await story.market.asOwner<{ id: string; days: string }>(
    `SELECT p.id, extract(day FROM COALESCE(r.created_at, o.created_at, clock_now()) - p.charged_at)::text AS days
     FROM payment p LEFT JOIN refund r ON r.payment_id = p.id LEFT JOIN payout o ON o.payment_id = p.id
     WHERE p.kind = 'pledge' AND p.charged_at IS NOT NULL
       AND COALESCE(r.created_at, o.created_at, clock_now()) >= p.charged_at + interval '75 days'`,
  );
  const dump = await story.market.stripe.control.dump();
  const refunded = new Map<string, number>();
  for (const refund of dump["refund"] as { charge: string; status: string }[])
    if (refund.status !== "failed") refunded.set(refund.charge, (refunded.get(refund.charge) ?? 0) + 1);
  const donations = new Set(
    (await story.database.payment.findMany({ where: { kind: "donation" } })).map((row) => row.chargeId),
  );
  const paid = new Map<string, number>();
  for (const transfer of dump["transfer"] as { source_transaction: string }[])
    if (!donations.has(transfer.source_transaction))
      paid.set(transfer.source_transaction, (paid.get(transfer.source_transaction) ?? 0) + 1);
  return [
    ...tooLong.map((row) => `${row.id} was held for ${row.days} days`),
    ...[...refunded].filter(([, times]) => times > 1).map(([charge]) => `${charge} was refunded twice`),
    ...[...paid].filter(([, times]) => times > 1).map(([charge]) => `${charge} was paid out twice`),
    ...[...paid.keys()].filter((charge) => refunded.has(charge)).map((charge) => `${charge} was refunded and paid out`),
  ];
}

test(
  `${STORIES} random stories, legal moves and illegal ones, end with the books proved`,
  { timeout: 1_800_000 },
  async () => {
    process.stdout.write(`random stories: FREEHOLD_SEED=${SEED} FREEHOLD_STORIES=${STORIES}\n`);
    await fc.assert(
      fc.asyncProperty(steps, async (given) => {
        await new RandomStory(story, repository).tell(given);
        expect(await findingsOf(story.market)).toEqual([]);
        expect(await brokenChains(story.market.asOwner)).toEqual([]);
        expect(await leaps(story.market.asOwner)).toEqual([]);
        expect(await faults()).toEqual([]);
      }),
      // A failed story leaves its rows behind, so that a smaller one would not begin where this one did.
      { numRuns: STORIES, seed: SEED, endOnFailure: true },
    );
    const endings = await story.market.asOwner<{ ending: string; n: string }>(
      "SELECT ending, count(*) AS n FROM development GROUP BY ending ORDER BY ending",
    );
    process.stdout.write(`they ended ${endings.map(({ ending, n }) => `${ending} ${n}`).join(", ")}\n`);
    if (STORIES >= 60) expect(endings.map(({ ending }) => ending)).toContain("settled");
  },
);
