import type { Failure } from "@freehold/local-world";
import { DAY_MS, HOUR_MS } from "@freehold/values";
import fc from "fast-check";
import { type Meddling, type PledgeModel, refusals, type StoryModel } from "./story-model.ts";
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

const failures: readonly Failure[] = [
  { status: 429, path: "/v1/refunds", method: "POST" },
  { status: 409, path: "/v1/transfers", method: "POST" },
  { status: 500, path: "/v1/refunds", method: "POST" },
  { status: 500, path: "/v1/transfers", method: "POST" },
  { status: "500_after", path: "/v1/refunds", method: "POST" },
  { status: "500_after", path: "/v1/transfers", method: "POST" },
  { status: "reset_after", path: "/v1/refunds", method: "POST" },
  { status: "reset", path: "/v1/transfers", method: "POST" },
  { status: 429, path: "/v1/checkout/sessions", method: "POST" },
  { status: "500_after", path: /reversals$/, method: "POST" },
];

interface Dice {
  pick: number;
  minor: bigint;
  hours: number;
}
const dice: fc.Arbitrary<Dice> = fc.record({
  pick: fc.nat(9999),
  minor: fc.oneof(
    { arbitrary: fc.bigInt({ min: 500n, max: 20_000n }), weight: 8 },
    { arbitrary: fc.constantFrom(500n, 501n, 999n, 2500n, 500_000n), weight: 2 },
  ),
  hours: fc.oneof({ arbitrary: fc.integer({ min: 1, max: 48 }), weight: 3 }, { arbitrary: fc.integer({ min: 100, max: 800 }), weight: 1 }),
});

type Possible = (model: StoryModel) => boolean;
type Does = (tale: Tale, dice: Dice, pledge: PledgeModel) => Promise<void>;

/** One move of a story, as fast-check's commands are. */
class Move implements fc.AsyncCommand<StoryModel, Tale> {
  readonly #name: string;
  readonly #possible: Possible;
  readonly #does: Does;
  readonly #dice: Dice;

  constructor(name: string, possible: Possible, does: Does, thrown: Dice) {
    this.#name = name;
    this.#possible = possible;
    this.#does = does;
    this.#dice = thrown;
  }

  check(model: Readonly<StoryModel>): boolean {
    return this.#possible(model as StoryModel);
  }

  async run(model: StoryModel, tale: Tale): Promise<void> {
    model.moves.push(this.#name);
    const pledge = model.pledges[this.#dice.pick % Math.max(1, model.pledges.length)]!;
    await this.#does(tale, this.#dice, pledge);
    // The worker is about as quick as the people are.
    if (this.#dice.pick % 3 !== 0) await tale.work();
  }

  toString(): string {
    const { pick, minor, hours } = this.#dice;
    return `${this.#name}(pick ${pick}, ${minor} c, ${hours} h)`;
  }
}

const always: Possible = () => true;
const anyPledge: Possible = (model) => model.pledges.length > 0;
const anyCharged: Possible = (model) => model.pledges.some((pledge) => pledge.charged !== "no");
const undecided: Possible = (model) => model.batch === null && anyCharged(model);

const payeesOf = (tale: Tale, pick: number) => {
  const parts = [[10_000], [7000, 3000], [5000, 4999, 1]][pick % 3]!;
  return parts.map((basisPoints, i) => ({ payeeId: tale.ground.payees[i]!, basisPoints }));
};
const ignore = () => {};

const moves: [weight: number, name: string, possible: Possible, does: Does][] = [
  [
    9,
    "pledge",
    (model) => !model.closed && model.batch === null && model.pledges.length < 5,
    async (tale, { pick, minor }) => {
      const pledge = await tale.begin(minor);
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
      const done = await tale.verb(refusals.refund(state), (tx, vault) => vault.refund(tx, pledge.id, "pledge", because));
      if (done && state === "held") pledge.decided ??= "pledge";
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
      if (amount === heldMinor) pledge.decided ??= "pledge";
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
      await tale.transact((tx, vault) => vault.stop(tx, stopped.map((one) => one.id), { cause: "case", subject }));
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
  [1, "weeks pass", (model) => anyCharged(model) && model.moves.length > 12, async (tale, { pick }) => tale.wind((7 + (pick % 50)) * DAY_MS)],
  [
    3,
    "a message comes, late or again",
    anyPledge,
    async (tale, { pick }, pledge) => {
      const types = ["charge.succeeded", "charge.dispute.created", "charge.refunded", "transfer.reversed", "radar.early_fraud_warning.created"];
      await tale.look(pledge, types[pick % types.length]);
    },
  ],
  [
    2,
    "the bank opens a case",
    anyCharged,
    async (tale, { pick }, pledge) => {
      const charge = await tale.chargeOf(pledge);
      if (charge === null) return;
      const how = pick % 5 === 0 ? { inquiry: true } : pick % 2 === 0 ? { amount: Number((pledge.amount + pledge.fee) / 3n) } : {};
      await tale.meddle(pledge, "bank", () => tale.till.stripe.openDispute(charge, how));
      pledge.stalled = true;
      if (pick % 4 > 0) await tale.look(pledge, "charge.dispute.created");
    },
  ],
  [
    2,
    "the bank decides, or thinks again",
    (model) => model.pledges.some((pledge) => pledge.meddled.has("bank")),
    async (tale, { pick }) => {
      const asked = tale.model.pledges.filter((pledge) => pledge.meddled.has("bank"));
      const pledge = asked[pick % asked.length]!;
      const charge = (await tale.chargeOf(pledge))!;
      const { stripe } = tale.till;
      const lost = (await tale.till.database.chargeback.count({ where: { paymentId: pledge.id, state: "lost" } })) > 0;
      const outcome = [
        () => stripe.winDispute(charge),
        () => stripe.loseDispute(charge),
        () => stripe.setDisputeStatus(charge, "under_review"),
        () => stripe.setDisputeStatus(charge, "needs_response"),
      ][lost ? 0 : pick % 4]!;
      await outcome().catch(ignore);
      if (pick % 5 > 0) await tale.look(pledge, "charge.dispute.closed");
    },
  ],
  [
    1,
    "an early fraud warning",
    anyCharged,
    async (tale, { pick }, pledge) => {
      const charge = await tale.chargeOf(pledge);
      if (charge === null) return;
      await tale.meddle(pledge, "warned", () => tale.till.stripe.raiseWarning(charge));
      if (pick % 3 > 0) await tale.look(pledge, "radar.early_fraud_warning.created");
    },
  ],
  [
    1,
    "somebody refunds in the dashboard",
    anyCharged,
    async (tale, { pick, minor }, pledge) => {
      const charge = await tale.chargeOf(pledge);
      if (charge === null) return;
      const amount = pick % 2 === 0 ? {} : { amount: String(minor / 5n) };
      await tale.meddle(pledge, "by_hand", () => tale.till.byHand("refunds", { charge, ...amount }));
      if (pick % 3 > 0) await tale.look(pledge, "charge.refunded");
    },
  ],
  [
    1,
    "somebody reverses a transfer in the dashboard",
    (model) => model.batch?.kind === "settle",
    async (tale, { pick }, pledge) => {
      const payout = await tale.till.database.payout.findFirst({
        where: { paymentId: pledge.id, state: "confirmed", objectId: { startsWith: "tr_" } },
      });
      if (payout === null) return;
      const amount = pick % 2 === 0 ? {} : { amount: "7" };
      await tale.meddle(pledge, "reversed", () => tale.till.byHand(`transfers/${payout.objectId}/reversals`, amount));
      await tale.look(pledge, "transfer.reversed");
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
      const done = await tale.verb(refusals.reclaim(state), (tx, vault) => vault.reclaim(tx, pledge.id, { reason: "fraud_found" }));
      if (done) pledge.meddled.add("reclaimed");
    },
  ],
  [
    1,
    "the bank sends a refund back",
    (model) => model.pledges.some((pledge) => pledge.decided !== null),
    async (tale, _dice, pledge) => {
      const refund = await tale.till.database.refund.findFirst({ where: { paymentId: pledge.id, objectId: { not: null } } });
      if (refund === null) return;
      await tale.meddle(pledge, "sent_back", () => tale.till.stripe.failRefund(refund.objectId!));
      await tale.look(pledge, "refund.failed");
    },
  ],
  [
    1,
    "a person repays what is owed",
    (model) => model.pledges.some((pledge) => pledge.meddled.has("sent_back")),
    async (tale) => {
      const refund = await tale.till.database.refund.findFirst({ where: { payment: { developmentId: tale.developmentId } } });
      if (refund === null) return;
      await tale.verb(refusals.noteRepaid(refund.state), (tx, vault) => vault.noteRepaid(tx, refund.id, "By bank transfer."));
    },
  ],
  [
    1,
    "a payee cannot be paid, or can again",
    anyCharged,
    async (tale, { pick }) => {
      const { model, ground } = tale;
      const payee = ground.payees[pick % ground.payees.length]!;
      const restrict = !model.restricted.has(payee);
      await tale.till.stripe.setCapability(ground.accounts.get(payee)!, restrict ? "restricted" : "active");
      if (restrict) model.restricted.add(payee);
      else model.restricted.delete(payee);
      if (restrict) for (const pledge of model.pledges) pledge.stalled = true;
    },
  ],
  [2, "the processor fails", always, async (tale, { pick }) => tale.fail(1 + (pick % 3), failures[pick % failures.length]!)],
  [
    3,
    "the process will die",
    anyPledge,
    async (tale, { pick }) => {
      tale.dying = 1 + (pick % 12);
    },
  ],
  [1, "the worker clears up", anyPledge, async (tale) => tale.sweep()],
];

async function pay(tale: Tale, pledge: PledgeModel, card: string, pick: number): Promise<void> {
  await tale.pay(pledge, card, pick % 8 === 0 ? "fail" : "complete");
  const meddling = meddlingCards[card];
  if (pledge.charged !== "no" && meddling !== undefined) pledge.meddled.add(meddling);
  // As when the payer comes back to our page; else nobody tells us for a while.
  if (pick % 4 > 0) await tale.look(pledge);
}

const weighted = (only?: readonly string[]) =>
  moves
    .filter(([, name]) => only === undefined || only.includes(name))
    .flatMap(([weight, name, possible, does]) =>
      Array.from({ length: weight }, () => dice.map((thrown) => new Move(name, possible, does, thrown))),
    );

/** Stories of up to 60 moves, of all kinds. */
export const anyStory = () => fc.commands(weighted(), { maxCommands: 60, size: "max" });

/** Stories in which nobody decides anything by themselves. */
export const undecidedStory = () =>
  fc.commands(
    weighted([
      "pledge",
      "a case stops pledges",
      "a case is dismissed",
      "time passes",
      "weeks pass",
      "the bank opens a case",
      "the bank decides, or thinks again",
      "the processor fails",
      "the process will die",
      "settle",
    ]),
    { maxCommands: 20, size: "max" },
  );
