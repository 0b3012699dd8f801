import { findingsOf, openStory, type Story } from "@freehold/testing";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { inDecision, inVerification, pledged } from "../testing/told.ts";
import { BooksQueries } from "./books.queries.ts";
import { MoneyQueries } from "./money.queries.ts";
import { PayoutsQueries } from "./payouts.queries.ts";
import { ReceiptQueries } from "./receipt.queries.ts";
import { TimetableQueries } from "./timetable.queries.ts";

let story: Story;
beforeAll(async () => {
  story = await openStory();
});
afterAll(() => story.close());
afterEach(async () => expect(await findingsOf(story.market)).toEqual([]));

const receipt = async (name: string, id: string) => story.get(ReceiptQueries).receipt(await story.party(name), id);
const sentences = async (name: string, id: string) => (await receipt(name, id)).events.map((event) => event.sentence);
const usd = (minor: bigint) => ({ minor: minor.toString(), currency: "USD" });

test("a receipt of money that is held says where it would go, by when, and how many days that is", async () => {
  const told = await pledged(story, { alice: 1001n });
  const seen = await receipt("alice", told.pledges["alice"]!);
  expect(seen).toMatchObject({ state: "held", daysLeft: 71, claimable: true, platformFee: usd(50n) });
  expect(seen.payees).toEqual([
    { name: "dave", reason: "developer", amount: usd(951n), state: "foreseen", paidAt: null },
  ]);
  expect(seen.events.map((event) => event.sentence)).toEqual([
    "The payment page was opened, for $10.67.",
    "You paid $10.67: $10.01 is held for the feature, and $0.66 is our service fee. The payment processor has your card's number; we never see it.",
  ]);
  await story.wind("1 day");
  expect((await receipt("alice", told.pledges["alice"]!)).daysLeft).toBe(70);
  await expect(receipt("bob", told.pledges["alice"]!)).rejects.toMatchObject({ code: "pledge_not_found" });
  const books = await story.get(BooksQueries).books();
  expect(books).toMatchObject({
    held: usd(1001n),
    developments: 1,
    oldestHold: { days: 1 },
    ownFundsEnough: true,
    settlements: null,
  });
  expect(BigInt(books.atProcessor.minor) - BigInt(books.owed.minor)).toBe(BigInt(books.ownFunds.minor));
  await story.takeBack("alice", told.pledges["alice"]!);
  expect((await sentences("alice", told.pledges["alice"]!)).slice(2)).toEqual([
    "$10.01 began its way back to your card because you took your pledge back. The service fee of $0.66 does not come back for this cause, as the page said before you paid.",
    "$10.01 went back to your card.",
  ]);
});

test("a receipt says which kind of refund it was, and why the service fee came back or did not", async () => {
  const declined = await inDecision(story, { bob: 2000n });
  await story.decline("dave", declined.developmentId);
  expect((await sentences("bob", declined.pledges["bob"]!)).slice(2)).toEqual([
    "$20.00 began its way back to your card because dave decided not to release. The service fee of $0.95 does not come back for this cause, as the page said before you paid.",
    "$20.00 went back to your card.",
  ]);
  const stopped = await pledged(story, { carla: 2000n });
  await story.stop("frank", stopped.developmentId);
  expect((await sentences("carla", stopped.pledges["carla"]!)).slice(2)).toEqual([
    "$20.95 began its way back to your card because staff stopped the development. That is all of it: for this cause the service fee of $0.95 comes back, too.",
    "$20.95 went back to your card.",
  ]);
  expect(await receipt("carla", stopped.pledges["carla"]!)).toMatchObject({
    refunded: usd(2095n),
    daysLeft: null,
    payees: [],
  });
});

test("after a settlement the receipt, the developer's payouts and the books say the same, and none forgets a cent", async () => {
  const before = await story.get(BooksQueries).books();
  const told = await inVerification(story, { alice: 1999n, bob: 501n });
  const released = await story.database.release.findUniqueOrThrow({ where: { id: told.releaseId } });
  await story.wind("15 days");
  expect(await story.stage(told.proposalId)).toBe("settled");
  const seen = await receipt("alice", told.pledges["alice"]!);
  expect(seen).toMatchObject({ state: "paid", platformFee: usd(99n), daysLeft: null });
  expect(seen.payees).toMatchObject([{ name: "dave", amount: usd(1900n), state: "paid" }]);
  expect(seen.events.map((event) => event.sentence).slice(2)).toEqual([
    "The release stood: your pledge was divided into $19.00 for dave, $0.99 for Freehold.",
    "$19.00 was paid out to dave.",
  ]);
  const paid = await story.get(PayoutsQueries).payouts(await story.party("dave"), {});
  expect(paid.developments[0]).toMatchObject({
    pledges: 2,
    sums: { gross: usd(2500n), platformFee: usd(124n), net: usd(2376n), paid: usd(2376n), waiting: usd(0n) },
  });
  expect(await story.get(MoneyQueries).mine(await story.party("dave"))).toMatchObject({
    received: { payouts: usd(2376n) },
  });
  expect((await story.page(told.proposalId)).development!.settlement).toMatchObject({
    paid: usd(2376n),
    platformFee: usd(124n),
    items: 2,
    done: 2,
  });
  const after = await story.get(BooksQueries).books();
  const front = await story.get(TimetableQueries).front();
  expect(front.books).toMatchObject({ held: after.held, developments: after.developments, paid: after.paid });
  const grown = (name: "paid" | "platformFees") => BigInt(after[name].minor) - BigInt(before[name].minor);
  expect([grown("paid"), grown("platformFees")]).toEqual([2376n, 124n]);
  const settlement = await story.database.settlement.findUniqueOrThrow({
    where: { developmentId: told.developmentId },
  });
  const took = Math.round((settlement.completedAt!.getTime() - released.submittedAt.getTime()) / 1000);
  expect(after.settlements).toMatchObject({ count: 1 });
  expect(Math.abs(after.settlements!.medianSeconds - took)).toBeLessThanOrEqual(1);
});

test("a claim states what was so at that moment, for the payer's DID; of what was never paid nothing can be stated", async () => {
  const told = await pledged(story, { alice: 1500n });
  const alice = await story.party("alice");
  const claim = (id: string) => story.get(ReceiptQueries).claim(alice, id, "http://127.0.0.1:4000", "did:test:alice");
  expect(await claim(told.pledges["alice"]!)).toMatchObject({
    iss: "http://127.0.0.1:4000",
    sub: "did:test:alice",
    payment: { id: told.pledges["alice"], kind: "pledge", amount: usd(1500n), state: "held", refunded: usd(0n) },
    developmentId: told.developmentId,
    proposalId: told.proposalId,
  });
  const open = await story.pledge("alice", told.developmentId, 700n, null);
  await expect(claim(open)).rejects.toMatchObject({ code: "not_charged" });
  const bobs = await story.pledge("bob", told.developmentId, 700n);
  await expect(claim(bobs)).rejects.toMatchObject({ code: "pledge_not_found" });
});

test("of a pledge of which the bank took a part the pages show what is still held, and what of it was really paid", async () => {
  const told = await inVerification(story, { carla: 2000n });
  const id = told.pledges["carla"]!;
  const { chargeId } = await story.database.payment.findUniqueOrThrow({ where: { id } });
  await story.market.stripe.control.openDispute(chargeId!, { amount: 500 });
  await story.drain();
  const mine = async () => {
    const { held, paid, payments } = await story.get(MoneyQueries).mine(await story.party("carla"));
    return { held, paid, payment: payments.find((one) => one.id === id) };
  };
  const before = await mine();
  expect(before).toMatchObject({ held: usd(1500n), payment: { amount: usd(2000n), held: usd(1500n) } });
  expect(await receipt("carla", id)).toMatchObject({
    held: usd(1500n),
    platformFee: usd(75n),
    payees: [{ amount: usd(1425n), state: "foreseen" }],
  });
  await story.market.stripe.control.loseDispute(chargeId!);
  await story.wind("15 days");
  const after = await mine();
  expect(after).toMatchObject({ held: usd(0n), payment: { state: "paid", held: usd(0n) } });
  expect(BigInt(after.paid.minor) - BigInt(before.paid.minor)).toBe(1500n);
});
