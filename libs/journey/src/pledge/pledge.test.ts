import { payCheckout } from "@freehold/local-world";
import { findingsOf, openStory, type Story } from "@freehold/testing";
import { DAY_MS, newId } from "@freehold/values";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DecisionService } from "../decision/decision.service.ts";
import { endingOf, fates, movesOf, noticesOf, pledged, usd } from "../testing/told.ts";
import { PledgeService } from "./pledge.service.ts";

let story: Story;
beforeAll(async () => {
  story = await openStory();
});
afterAll(() => story.close());

const payment = (id: string) => story.database.payment.findUniqueOrThrow({ where: { id } });
const begin = async (name: string, developmentId: string, minor: bigint, id = newId(), currency = "USD") => {
  const partyId = await story.party(name);
  return story.database.transact((tx) =>
    story.get(PledgeService).pledge(tx, partyId, developmentId, id, { amount: { ...usd(minor), currency } }),
  );
};

describe("what is taken (003-26 to 003-28)", () => {
  let told: Awaited<ReturnType<typeof pledged>>;
  beforeAll(async () => {
    told = await pledged(story, {});
  });

  test("B6 any sum from 500 to 500000, whatever the estimate's cap; B17 nothing else", async () => {
    for (const minor of [499n, 0n, -1n])
      await expect(begin("alice", told.developmentId, minor)).rejects.toMatchObject({ code: "amount_too_small" });
    await expect(begin("alice", told.developmentId, 500_001n)).rejects.toMatchObject({ code: "amount_too_large" });
    await expect(begin("alice", told.developmentId, 2500n, newId(), "JPY")).rejects.toMatchObject({
      code: "currency_not_accepted",
    });
    await expect(begin("alice", newId(), 2500n)).rejects.toMatchObject({ code: "development_not_found" });
    expect(await story.database.payment.count()).toBe(0);
    told.pledges["alice"] = await story.pledge("alice", told.developmentId, 10_000n);
    expect(await payment(told.pledges["alice"])).toMatchObject({
      state: "held",
      amountMinor: 10_000n,
      serviceFeeMinor: 335n,
      platformFeeBasis: 500,
    });
    expect(await movesOf(story, told.pledges["alice"])).toEqual(["open", "pledge"]);
    expect(await noticesOf(story, "alice", `/payments/${told.pledges["alice"]}`)).toEqual(["pledge_held"]);
    expect(await noticesOf(story, "dave", `/proposals/${told.proposalId}`)).toContain("pledge_new");
  });

  test("H1 the developer's own money is refused, and so is that of whoever is linked to them", async () => {
    await expect(begin("dave", told.developmentId, 1000n)).rejects.toMatchObject({ code: "own_money" });
    await story.market.asOwner(
      `INSERT INTO link (id, party_id, other_party_id, evidence, valid_from) VALUES (gen_random_uuid(), $1, $2, '{}', now())`,
      [await story.party("dave"), await story.party("mallory")],
    );
    await expect(begin("mallory", told.developmentId, 1000n)).rejects.toMatchObject({ code: "own_money" });
  });

  test("H7 a new developer's unsealed feature holds 100000, exactly, open pages counted", async () => {
    await begin("bob", told.developmentId, 80_000n);
    await expect(begin("carla", told.developmentId, 10_001n)).rejects.toMatchObject({
      code: "newcomer_hold_limit",
      facts: { left: "10000" },
    });
    told.pledges["carla"] = await story.pledge("carla", told.developmentId, 10_000n);
    await expect(begin("carla", told.developmentId, 500n)).rejects.toMatchObject({
      code: "newcomer_hold_limit",
      facts: { left: "0" },
    });
  });

  test("B7 the same request twice at once is one pledge and one page", async () => {
    await story.market.wind("24 hours");
    const id = newId();
    const [first, second] = await Promise.all([
      begin("erin", told.developmentId, 500n, id),
      begin("erin", told.developmentId, 500n, id),
    ]);
    expect(second).toEqual(first);
    await Promise.all([story.market.vault.perform(first.intentId), story.market.vault.perform(first.intentId)]);
    const calls = (await story.market.stripe.control.journal()).filter(
      (call) => call.key === `payment_${id}_checkout_1`,
    );
    expect(calls.length).toBe(1);
    await story.takeBack("erin", id);
    expect(await payment(id)).toMatchObject({ state: "expired" });
  });

  test("and afterwards it is declined: everybody has their pledge back, the service fee stays, and each is told", async () => {
    await story.decline("dave", told.developmentId);
    expect(await fates(story, told)).toEqual({ alice: "refunded pledge 10000", carla: "refunded pledge 10000" });
    expect(await movesOf(story, told.pledges["alice"]!)).toEqual(["open", "pledge", "declined", "refund"]);
    expect(await noticesOf(story, "alice", `/payments/${told.pledges["alice"]}`)).toEqual([
      "pledge_held",
      "pledge_refunded",
    ]);
    await expect(begin("alice", told.developmentId, 1000n), "B16").rejects.toMatchObject({ code: "wrong_stage" });
    expect(await findingsOf(story.market)).toEqual([]);
  });
});

describe("taking back", () => {
  test("is possible until the close, returns the pledge without the service fee, and only to whom it belongs (H11)", async () => {
    const told = await pledged(story, { alice: 2000n, bob: 1000n });
    const { alice, bob } = told.pledges;
    await expect(story.takeBack("bob", alice!), "H11").rejects.toMatchObject({ code: "pledge_not_found" });
    await story.takeBack("alice", alice!);
    expect(await fates(story, told)).toEqual({ alice: "refunded pledge 2000", bob: "held" });
    expect(await movesOf(story, alice!)).toEqual(["open", "pledge", "take_back", "refund"]);
    await story.takeBack("alice", alice!);
    expect(await story.database.refund.count({ where: { paymentId: alice! } })).toBe(1);
    const open = await story.pledge("carla", told.developmentId, 1000n, null);
    await story.takeBack("carla", open);
    expect(await payment(open)).toMatchObject({ state: "expired", chargeId: null });
    await story.wind("3 days");
    await expect(story.takeBack("bob", bob!)).rejects.toMatchObject({ code: "not_taken_back" });
    expect(await story.stage(told.proposalId)).toBe("in_decision");
    await story.decline("dave", told.developmentId);
  });

  test("a page that was paid in the moment it was to be closed is taken back all the same", async () => {
    const told = await pledged(story, { bob: 1000n });
    const id = await story.pledge("alice", told.developmentId, 1500n, null);
    await story.market.stripe.control.hold();
    const { checkoutUrl } = await payment(id);
    await payCheckout(checkoutUrl!, { number: "4242424242424242" });
    const alice = await story.party("alice");
    const pledges = story.get(PledgeService);
    expect(await story.database.transact((tx) => pledges.takeBack(tx, alice, id))).toMatchObject({
      closeCheckout: true,
    });
    await pledges.closeCheckout(story.database, alice, id);
    await story.market.stripe.control.release();
    await story.drain();
    expect(await fates(story, { ...told, pledges: { alice: id } })).toEqual({ alice: "refunded pledge 1500" });
    await story.decline("dave", told.developmentId);
  });

  test("five times in thirty days is free; the sixth new pledge waits, and taking back never does", async () => {
    const told = await pledged(story, { bob: 1000n });
    const last = await story.pledge("ivan", told.developmentId, 600n);
    for (let i = 0; i < 5; i += 1) await story.takeBack("ivan", await story.pledge("ivan", told.developmentId, 500n));
    await expect(begin("ivan", told.developmentId, 500n)).rejects.toMatchObject({ code: "taken_back_too_often" });
    await story.takeBack("ivan", last);
    expect(await payment(last)).toMatchObject({ state: "refunded" });
    await story.decline("dave", told.developmentId);
    await story.wind("31 days");
    const later = await pledged(story, {});
    await story.takeBack("ivan", await story.pledge("ivan", later.developmentId, 500n));
    await story.wind("3 days");
    expect(await endingOf(story, later.developmentId)).toBe("nothing_held");
    expect(await findingsOf(story.market)).toEqual([]);
  });
});

describe("the closing instant", () => {
  test("two tabs: what was charged before the close counts, also when it is seen after it; the other page closes", async () => {
    const told = await pledged(story, {}, 3);
    await story.market.wind("2 days 23 hours 40 minutes");
    const paid = await story.pledge("alice", told.developmentId, 2000n, null);
    const open = await story.pledge("alice", told.developmentId, 3000n, null);
    await story.market.wind("19 minutes");
    await story.market.stripe.control.hold();
    await payCheckout((await payment(paid)).checkoutUrl!, { number: "4242424242424242" });
    await story.market.wind("2 minutes");
    await expect(begin("bob", told.developmentId, 1000n), "half-open").rejects.toMatchObject({
      code: "preview_closed",
    });
    await expect(story.takeBack("alice", open)).rejects.toMatchObject({ code: "not_taken_back" });
    await story.market.stripe.control.release();
    await story.drain();
    expect(await payment(paid)).toMatchObject({ state: "held", late: false });
    expect(await payment(open)).toMatchObject({ state: "expired" });
    expect(await story.stage(told.proposalId)).toBe("in_decision");
    expect((await story.page(told.proposalId)).development?.held.minor).toBe("2000");
    await story.decline("dave", told.developmentId);
    expect(await findingsOf(story.market)).toEqual([]);
  });

  test("B10 a charge made after it goes back whole, and its backer is told", async () => {
    const told = await pledged(story, { bob: 1000n }, 3);
    await story.market.wind("2 days 23 hours 59 minutes");
    // The processor keeps a page open for half an hour at least, so this one outlives the preview.
    const late = await story.pledge("alice", told.developmentId, 2000n, null);
    await story.market.wind("5 minutes");
    expect(await payCheckout((await payment(late)).checkoutUrl!, { number: "4242424242424242" })).toMatchObject({
      paid: true,
    });
    await story.drain();
    expect(await payment(late)).toMatchObject({ state: "refunded", late: true });
    expect(await fates(story, { ...told, pledges: { alice: late } })).toEqual({ alice: "refunded whole 2095" });
    expect(await noticesOf(story, "alice", `/payments/${late}`)).toEqual(["pledge_late", "pledge_refunded"]);
    expect(await story.stage(told.proposalId)).toBe("in_decision");
    await story.decline("dave", told.developmentId);
    expect(await findingsOf(story.market)).toEqual([]);
  });

  test("C2 what was paid just before a decline and seen after it goes back like the rest, and the story ends", async () => {
    const told = await pledged(story, { bob: 1000n });
    const unseen = await story.pledge("alice", told.developmentId, 2000n, null);
    const open = await story.pledge("carla", told.developmentId, 3000n, null);
    await story.market.stripe.control.hold();
    await payCheckout((await payment(unseen)).checkoutUrl!, { number: "4242424242424242" });
    await story.market.wind("2 seconds");
    await story.market.stripe.control.release();
    const dave = await story.party("dave");
    await story.database.transact((tx) =>
      story.get(DecisionService).decline(tx, dave, told.developmentId, "Not enough."),
    );
    await story.drain();
    expect(await story.stage(told.proposalId)).toBe("open");
    expect(await fates(story, { ...told, pledges: { ...told.pledges, alice: unseen, carla: open } })).toEqual({
      bob: "refunded pledge 1000",
      alice: "refunded pledge 2000",
      carla: "expired",
    });
    expect(await findingsOf(story.market)).toEqual([]);
  });

  test("the latest day is 71 days after the oldest charge, and is shown", async () => {
    const told = await pledged(story, { bob: 1000n });
    await story.market.wind("1 day");
    await story.pledge("alice", told.developmentId, 1000n);
    const { chargedAt } = await payment(told.pledges["bob"]!);
    const { decideBy } = await story.database.development.findUniqueOrThrow({ where: { id: told.developmentId } });
    expect(decideBy!.getTime() - chargedAt!.getTime()).toBe(71 * DAY_MS);
    await story.decline("dave", told.developmentId);
  });
});

test("H6 after ten pages in an hour that nobody paid on, the next has to wait; taking back never does", async () => {
  const told = await pledged(story, { erin: 1000n });
  const open = () => begin("carla", told.developmentId, 600n);
  for (let i = 0; i < 10; i += 1) await open();
  await expect(open()).rejects.toMatchObject({ code: "too_many_attempts" });
  await story.takeBack("erin", told.pledges["erin"]!);
  await story.wind("61 minutes");
  await open();
});
