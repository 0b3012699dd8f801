import { finishOnboarding } from "@freehold/local-world";
import { findingsOf, openStory, type Story } from "@freehold/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DevelopmentService } from "../development/development.service.ts";
import { movesOf, noticesOf } from "../testing/told.ts";

let story: Story;
let proposalId: string;
let developmentId: string;
beforeAll(async () => {
  story = await openStory();
  proposalId = await story.propose("alice");
  const { url } = await story.repository("dave");
  developmentId = await story.reserve("dave", proposalId, url);
});
afterAll(() => story.close());

const estimateOf = async (name: string) => (await story.page(proposalId, name)).you?.estimate?.minor;

test("payable first: nothing is taken for a developer who cannot be paid", async () => {
  await expect(story.donate("bob", developmentId, 1000n, 2000n)).rejects.toMatchObject({ code: "payee_not_payable" });
  const dave = await story.party("dave");
  await finishOnboarding(
    await story.market.vault.accounts.onboardingUrl(dave, "dave", "http://127.0.0.1:4000/get-paid"),
    { unpayable: true },
  );
  await story.market.vault.accounts.refresh(dave);
  await expect(story.donate("bob", developmentId, 1000n, 2000n)).rejects.toMatchObject({ code: "payee_not_payable" });
  await expect(story.openPreview("dave", developmentId)).rejects.toMatchObject({ code: "payee_not_payable" });
  expect(await story.database.payment.count()).toBe(0);
  await story.makePayable("dave");
});

test("B6 the gift is part of the full amount, and the full amount is at most own gifts and the cap", async () => {
  await expect(story.donate("bob", developmentId, 499n, 2000n)).rejects.toMatchObject({ code: "amount_too_small" });
  await expect(story.donate("bob", developmentId, 2001n, 2000n)).rejects.toMatchObject({
    code: "donation_above_full_amount",
  });
  await expect(story.donate("bob", developmentId, 5000n, 7501n)).rejects.toMatchObject({ code: "estimate_above_cap" });
  await expect(story.donate("bob", developmentId, 500_001n, 500_001n)).rejects.toMatchObject({
    code: "amount_too_large",
  });
  await story.donate("bob", developmentId, 5000n, 7500n);
  expect(await estimateOf("bob")).toBe("7500");
  // What was given counts from now on, for the second gift and for an estimate alone.
  await expect(story.estimate("bob", proposalId, 7501n)).rejects.toMatchObject({ code: "estimate_above_cap" });
  await story.estimate("bob", proposalId, 7500n);
  await expect(story.donate("bob", developmentId, 500n, 8001n)).rejects.toMatchObject({ code: "estimate_above_cap" });
});

test("one act, two numbers: the money goes straight to the developer, and the estimate stands when it has arrived (003-19)", async () => {
  const id = await story.donate("carla", developmentId, 1000n, 3000n, { number: "4000000000000002" });
  expect(await story.database.payment.findUniqueOrThrow({ where: { id } })).toMatchObject({ state: "opened" });
  expect(await estimateOf("carla"), "a declined card says nothing").toBeUndefined();
  await story.pay(id);
  expect(await story.database.payment.findUniqueOrThrow({ where: { id } })).toMatchObject({
    state: "given",
    amountMinor: 1000n,
    serviceFeeMinor: 65n,
  });
  expect(await estimateOf("carla")).toBe("3000");
  expect(await movesOf(story, id)).toEqual(["open", "donate"]);
  expect(await noticesOf(story, "dave", `/proposals/${proposalId}`)).toContain("donation_received");
  const transfers = (await story.market.stripe.control.dump())["transfer"] as { amount: number }[];
  expect(transfers.map((transfer) => transfer.amount).toSorted()).toEqual([1000, 5000]);
  expect(await findingsOf(story.market)).toEqual([]);
});

test("H1 a developer's own money is refused, and so is that of whoever is linked to them", async () => {
  await expect(story.donate("dave", developmentId, 1000n, 2000n)).rejects.toMatchObject({ code: "own_money" });
  await story.market.asOwner(
    `INSERT INTO link (id, party_id, other_party_id, evidence, valid_from) VALUES (gen_random_uuid(), $1, $2, '{}', now())`,
    [await story.party("mallory"), await story.party("dave")],
  );
  await expect(story.donate("mallory", developmentId, 1000n, 2000n)).rejects.toMatchObject({ code: "own_money" });
});

test("H7 a new developer takes 20000 in donations, exactly, and not a cent more", async () => {
  await expect(story.donate("erin", developmentId, 14_001n, 16_000n)).rejects.toMatchObject({
    code: "newcomer_donations_limit",
  });
  await story.donate("erin", developmentId, 14_000n, 16_000n);
  await expect(story.donate("erin", developmentId, 500n, 16_000n)).rejects.toMatchObject({
    code: "newcomer_donations_limit",
  });
});

test("donations end with the preview (003-26), and are not returned when it comes to nothing (003-36)", async () => {
  await story.openPreview("dave", developmentId);
  await expect(story.donate("bob", developmentId, 500n, 1000n)).rejects.toMatchObject({ code: "wrong_stage" });
  await expect(story.estimate("bob", proposalId, 1000n)).rejects.toMatchObject({ code: "wrong_stage" });
  await story.pledge("bob", developmentId, 2000n);
  await story.decline("dave", developmentId);
  expect(await story.stage(proposalId)).toBe("open");
  expect(await story.database.payment.count({ where: { kind: "donation", state: "given" } })).toBe(3);
  expect(await story.database.refund.count()).toBe(1);
  const dave = await story.party("dave");
  await expect(
    story.database.transact((tx) => story.get(DevelopmentService).giveUp(tx, dave, developmentId, "Too late.")),
  ).rejects.toMatchObject({ code: "wrong_stage" });
  expect(await findingsOf(story.market)).toEqual([]);
});

test("H3 what is given to a developer raises no cap, however much and however often", async () => {
  const wish = await story.propose("bob", "A loop of gifts");
  const { url } = await story.repository("heidi");
  await story.makePayable("heidi");
  const loop = await story.reserve("heidi", wish, url);
  for (const full of [2500n, 5000n, 7500n]) await story.donate("carla", loop, 2500n, full);
  const other = await story.propose("bob", "Something else again");
  await expect(story.estimate("carla", other, 2501n)).rejects.toMatchObject({ facts: { limit: "2500" } });
});
