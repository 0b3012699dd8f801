import { findingsOf, openStory, type Story } from "@freehold/testing";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { endingOf, fates, inDecision, inVerification, noticesOf, pledged, type Told } from "../testing/told.ts";

/** What the bank and the payees' accounts may do to a story that is under way. */
let story: Story;
beforeAll(async () => {
  story = await openStory();
});
afterAll(() => story.close());
afterEach(async () => expect(await findingsOf(story.market)).toEqual([]));

async function chargeOf(told: Told, name: string): Promise<string> {
  const { chargeId } = await story.database.payment.findUniqueOrThrow({ where: { id: told.pledges[name]! } });
  return chargeId!;
}

const held = async (told: Told) => {
  const rows = await story.database.payment.findMany({ where: { developmentId: told.developmentId } });
  return rows.reduce((sum, row) => sum + row.heldMinor, 0n);
};

async function restrict(status: "restricted" | "active"): Promise<void> {
  const { accountId } = await story.market.vault.accounts.refresh(await story.party("dave"));
  await story.market.stripe.control.setCapability(accountId!, status);
  await story.drain();
}

describe("chargebacks", () => {
  test("G1 while the developer decides: the total they decide on is smaller, and those concerned are told", async () => {
    const told = await inDecision(story, { alice: 4000n, bob: 1000n });
    await story.market.stripe.control.openDispute(await chargeOf(told, "alice"));
    await story.drain();
    expect(await held(told)).toBe(1000n);
    expect(await noticesOf(story, "alice", `/payments/${told.pledges["alice"]}`)).toContain("pledge_charged_back");
    expect(await noticesOf(story, "dave", `/proposals/${told.proposalId}`)).toContain("held_changed");
    await story.decline("dave", told.developmentId);
    await story.drain();
    expect(await fates(story, told)).toEqual({ alice: "charged_back", bob: "refunded pledge 1000" });
    expect(await story.stage(told.proposalId)).toBe("open");
    await story.market.stripe.control.winDispute(await chargeOf(told, "alice"));
    await story.drain();
    expect(await fates(story, told)).toEqual({ alice: "refunded pledge 4000", bob: "refunded pledge 1000" });
  });

  test("the only pledge of a preview is charged back and comes back after it has closed empty: it goes to the backer", async () => {
    const told = await pledged(story, { alice: 2000n });
    await story.market.stripe.control.openDispute(await chargeOf(told, "alice"));
    await story.drain();
    await story.wind("3 days");
    expect(await endingOf(story, told.developmentId)).toBe("nothing_held");
    await story.market.stripe.control.winDispute(await chargeOf(told, "alice"));
    await story.drain();
    expect(await fates(story, told)).toEqual({ alice: "refunded whole 2095" });
  });

  test("won after the others were paid: the payees are paid, and it counts as a contribution only then", async () => {
    const told = await inVerification(story, { alice: 4000n, bob: 1000n });
    await story.market.stripe.control.openDispute(await chargeOf(told, "alice"));
    await story.drain();
    await story.wind("15 days");
    expect(await story.stage(told.proposalId)).toBe("settled");
    const other = await story.propose("erin", "Something else");
    await expect(story.estimate("alice", other, 2501n)).rejects.toMatchObject({ facts: { limit: "2500" } });
    await story.market.stripe.control.winDispute(await chargeOf(told, "alice"));
    await story.drain();
    expect(await fates(story, told)).toEqual({ alice: "paid", bob: "paid" });
    await story.estimate("alice", other, 8000n);
  });

  test("G3 B4 after payout: the feature stays settled, and the pledge counts for no cap any more", async () => {
    const told = await inVerification(story, { carla: 4000n });
    await story.wind("15 days");
    expect(await story.stage(told.proposalId)).toBe("settled");
    await story.market.stripe.control.openDispute(await chargeOf(told, "carla"));
    await story.drain();
    expect(await story.stage(told.proposalId)).toBe("settled");
    const other = await story.propose("bob", "For the cap");
    await expect(story.estimate("carla", other, 2501n)).rejects.toMatchObject({ facts: { limit: "2500" } });
  });

  test("G8 a question of the bank holds up one pledge only, and after 71 days that one goes back", async () => {
    const told = await inVerification(story, { alice: 2000n, bob: 1000n });
    await story.market.stripe.control.openDispute(await chargeOf(told, "alice"), { inquiry: true });
    await story.drain();
    await story.wind("15 days");
    expect(await story.stage(told.proposalId)).toBe("settled");
    expect(await fates(story, told)).toEqual({ alice: "held", bob: "paid" });
    await story.wind("60 days");
    await story.market.asOwner(
      "UPDATE intent SET due_at = now() - interval '1 second' WHERE state IN ('PLANNED', 'UNKNOWN')",
    );
    await story.drain();
    expect((await fates(story, told))["alice"]).toMatch(/^refund(ing|ed) whole 2095$/);
  });
});

test("a donation that the bank takes back: the giver is told, the developer keeps it", async () => {
  const wish = await story.propose("erin", "Something to give for");
  const { url } = await story.repository("judy");
  await story.makePayable("judy");
  const developmentId = await story.reserve("judy", wish, url);
  await story.donate("erin", developmentId, 1000n, 2000n);
  const gift = await story.database.payment.findFirstOrThrow({ where: { developmentId, kind: "donation" } });
  await story.market.stripe.control.openDispute(gift.chargeId!);
  await story.drain();
  expect(await noticesOf(story, "erin", `/payments/${gift.id}`)).toContain("donation_charged_back");
  expect((await story.database.payment.findUniqueOrThrow({ where: { id: gift.id } })).state).toBe("given");
});

test("G9 an early fraud warning in the preview: the pledge goes back whole, and both sides are told", async () => {
  const told = await inDecision(story, { alice: 2000n, bob: 1000n });
  await story.market.stripe.control.raiseWarning(await chargeOf(told, "alice"));
  await story.drain();
  expect(await fates(story, told)).toEqual({ alice: "refunded whole 2095", bob: "held" });
  expect(await noticesOf(story, "alice", `/payments/${told.pledges["alice"]}`)).toContain("pledge_fraud_warned");
  expect(await noticesOf(story, "dave", `/proposals/${told.proposalId}`)).toContain("held_changed");
});

test("F6 a payee who cannot be paid from the authorisation on: on the latest day everything goes back, and the story is open", async () => {
  const told = await inVerification(story, { alice: 2000n, bob: 1000n });
  await restrict("restricted");
  await story.wind("15 days");
  expect(await story.stage(told.proposalId)).toBe("settling");
  expect(await fates(story, told)).toEqual({ alice: "settling", bob: "settling" });
  await story.wind("60 days");
  await story.drain();
  expect(await fates(story, told)).toEqual({ alice: "refunded whole 2095", bob: "refunded whole 1065" });
  expect(await story.stage(told.proposalId)).toBe("open");
  await restrict("active");
});
