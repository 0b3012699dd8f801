import { DAY_MS, HOUR_MS } from "@freehold/values";
import { type Meddling, type PledgeModel, refusals } from "./story-model.ts";
import { anyCharged, anyPledge, type MoveKind, undecided } from "./story-move.ts";
import { begin, payOn } from "./story-payment.ts";
import type { Tale } from "./story-tale.ts";

const VISA = "4242424242424242";
/** The simulator's name for a bank account, whose bank answers after four days. */
const BANK_ACCOUNT = "000123456789";
const cards = [
  VISA,
  VISA,
  "4000000000000077",
  "4000000000000002",
  "4000000000009995",
  "4000002760003184",
  "4000000000007726",
  "4000000000005126",
  BANK_ACCOUNT,
];
/** Cards whose bank does something by itself later on. */
const meddlingCards: Record<string, Meddling> = { "4000000000005126": "sent_back" };

const payeesOf = (tale: Tale, pick: number) => {
  const parts = [[10_000], [7000, 3000], [5000, 4999, 1]][pick % 3]!;
  return parts.map((basisPoints, i) => ({ payeeId: tale.ground.payees[i]!, basisPoints }));
};
/** What backers, developers and staff do, what the rooms make of it, and time. */
export const movesOfPeople: MoveKind[] = [
  [
    9,
    "pledge",
    (model) => !model.closed && model.batch === null && model.pledges.length < 5,
    async (tale, { pick, minor }) => {
      const pledge = await begin(tale, minor);
      const card = cards[pick % cards.length]!;
      if (pick % 7 === 0) return;
      await pay(tale, pledge, card, pick);
    },
  ],
  [
    2,
    "pay on an open page",
    (model) => model.pledges.some((pledge) => pledge.charged === "no"),
    async (tale, { pick }) => {
      const open = tale.model.pledges.filter((pledge) => pledge.charged === "no");
      await pay(tale, open[pick % open.length]!, VISA, pick);
    },
  ],
  [
    2,
    "take back",
    anyPledge,
    async (tale, _dice, pledge) => {
      const { state } = await tale.row(pledge);
      const because = { reason: "taken_back" };
      const done = await tale.verb(refusals.refund(state), (tx, vault) =>
        vault.refund(tx, pledge.id, "pledge", because),
      );
      // What is still held has not followed the others, whatever was decided for all of them.
      if (done && state === "held") pledge.decided = "pledge";
    },
  ],
  [
    1,
    "return a part",
    anyPledge,
    async (tale, { pick, minor }, pledge) => {
      const { state, heldMinor } = await tale.row(pledge);
      const amount = [minor / 10n, heldMinor, heldMinor + 1n, 0n, 1n][pick % 5]!;
      const expected = refusals.refundPart(state, heldMinor, amount);
      const again = state !== "held" && (await tale.wasAll(pledge, amount));
      const done = await tale.verb(again ? null : expected, (tx, vault) =>
        vault.refundPart(tx, pledge.id, amount, `part-${tale.model.moves.length}`, { reason: "agreed" }),
      );
      if (!done || again) return;
      if (amount === heldMinor) pledge.decided = "pledge";
      else pledge.parts += amount;
    },
  ],
  [
    1,
    "close",
    (model) => !model.closed,
    async (tale, { pick }) => {
      await tale.close();
      if (pick % 2 === 0) await tale.expirePages();
    },
  ],
  [
    1,
    "decline",
    undecided,
    async (tale) => {
      await tale.close();
      await tale.expirePages();
      await tale.refundAll("pledge");
    },
  ],
  [
    2,
    "a case stops pledges",
    anyCharged,
    async (tale, { pick }, pledge) => {
      const subject = `case-${pick % 2}`;
      const stopped = pick % 3 === 0 ? tale.model.pledges : [pledge];
      await tale.transact((tx, vault) =>
        vault.stop(
          tx,
          stopped.map((one) => one.id),
          { cause: "case", subject },
        ),
      );
      for (const one of stopped) {
        one.stops.add(subject);
        one.stalled = true;
      }
    },
  ],
  [
    2,
    "a case is dismissed",
    (model) => model.pledges.some((pledge) => pledge.stops.size > 0),
    async (tale, { pick }) => tale.dismiss(`case-${pick % 2}`),
  ],
  [
    1,
    "a case is ruled for the backers",
    (model) => undecided(model) && model.pledges.some((pledge) => pledge.stops.size > 0),
    async (tale) => {
      await tale.close();
      await tale.refundAll("whole");
    },
  ],
  [
    4,
    "settle",
    undecided,
    async (tale, { pick }) => {
      await tale.close();
      await tale.expirePages();
      const returned = tale.model.pledges.filter((_, i) => (pick >> i) % 5 === 0).map((pledge) => pledge.id);
      await tale.settle(payeesOf(tale, pick), new Set(returned));
    },
  ],
  [2, "time passes", anyPledge, async (tale, { hours }) => tale.wind(hours * HOUR_MS)],
  [
    1,
    "weeks pass",
    (model) => anyCharged(model) && model.moves.length > 12,
    async (tale, { pick }) => {
      // A processor that keeps its errors for weeks lets the latest day come first (F6).
      if (tale.model.moves.includes("the processor fails"))
        for (const pledge of tale.model.pledges) pledge.stalled = true;
      await tale.wind((7 + (pick % 50)) * DAY_MS);
    },
  ],
  [
    1,
    "it is paid again",
    (model) => model.pledges.some((pledge) => pledge.meddled.has("reversed")),
    async (tale) => {
      const reversal = await tale.till.database.transferReversal.findFirst({
        where: { origin: "outside", payout: { payment: { developmentId: tale.developmentId } } },
      });
      if (reversal !== null) await tale.verb(null, (tx, vault) => vault.payAgain(tx, reversal.id));
    },
  ],
  [
    1,
    "a finding of fraud",
    (model) => model.batch?.kind === "settle",
    async (tale, _dice, pledge) => {
      const { state } = await tale.row(pledge);
      const done = await tale.verb(refusals.reclaim(state), (tx, vault) =>
        vault.reclaim(tx, pledge.id, { reason: "fraud_found" }),
      );
      if (done) pledge.meddled.add("reclaimed");
    },
  ],
  [
    1,
    "a person repays what is owed",
    (model) => model.pledges.some((pledge) => pledge.meddled.has("sent_back")),
    async (tale) => {
      const refund = await tale.till.database.refund.findFirst({
        where: { payment: { developmentId: tale.developmentId } },
      });
      if (refund === null) return;
      await tale.verb(refusals.noteRepaid(refund.state), (tx, vault) =>
        vault.noteRepaid(tx, refund.id, "By bank transfer."),
      );
    },
  ],
  [1, "the worker clears up", anyPledge, async (tale) => tale.sweep()],
];

async function pay(tale: Tale, pledge: PledgeModel, card: string, pick: number): Promise<void> {
  await payOn(tale, pledge, card, pick % 8 === 0 ? "fail" : "complete");
  const meddling = meddlingCards[card];
  if (pledge.charged !== "no" && meddling !== undefined) pledge.meddled.add(meddling);
  // As when the payer comes back to our page; else nobody tells us for a while.
  if (pick % 4 > 0) await tale.look(pledge);
}
