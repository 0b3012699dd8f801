import { findingsOf, openStory, type Story } from "@freehold/testing";
import { newId } from "@freehold/values";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ProposalService } from "../proposal/proposal.service.ts";
import { movesOf } from "../testing/told.ts";
import { EstimateService } from "./estimate.service.ts";

let story: Story;
let proposalId: string;
beforeAll(async () => {
  story = await openStory();
  proposalId = await story.propose("alice");
});
afterAll(() => story.close());

const current = (name: string, proposal = proposalId) =>
  story
    .party(name)
    .then((partyId) =>
      story.database.estimate.findMany({ where: { partyId, proposalId: proposal, supersededAt: null } }),
    );
const withdraw = async (name: string) => {
  const partyId = await story.party(name);
  await story.database.transact((tx) => story.get(EstimateService).withdraw(tx, partyId, proposalId));
};

describe("B3 the cap (003-13)", () => {
  test("2500 is accepted and 2501 is refused, with the limit in the answer", async () => {
    await expect(story.estimate("alice", proposalId, 2501n)).rejects.toMatchObject({
      code: "estimate_above_cap",
      facts: { limit: "2500" },
    });
    expect(await current("alice")).toEqual([]);
    await story.estimate("alice", proposalId, 2500n);
    expect(await current("alice")).toMatchObject([{ amountMinor: 2500n, currency: "USD", source: "estimate" }]);
  });

  test("the smallest is 500, and B17 odd numbers reach nothing", async () => {
    await expect(story.estimate("bob", proposalId, 499n)).rejects.toMatchObject({ code: "amount_too_small" });
    await expect(story.estimate("bob", proposalId, 0n)).rejects.toMatchObject({ code: "amount_too_small" });
    await expect(story.estimate("bob", proposalId, -2500n)).rejects.toMatchObject({ code: "amount_too_small" });
    await expect(story.estimate("bob", proposalId, 999_999_999_999n)).rejects.toMatchObject({
      code: "estimate_above_cap",
    });
    await story.estimate("bob", proposalId, 500n);
  });

  test("another currency is refused before any number is looked at", async () => {
    const partyId = await story.party("bob");
    const asking = story.database.transact((tx) =>
      story.get(EstimateService).estimate(tx, partyId, proposalId, { minor: "999999", currency: "EUR" }),
    );
    await expect(asking).rejects.toMatchObject({ code: "currency_not_accepted" });
  });
});

test("a new number replaces the old one, which stays in the rows as it was", async () => {
  await story.estimate("alice", proposalId, 1000n);
  await story.estimate("alice", proposalId, 2000n);
  expect(await current("alice")).toMatchObject([{ amountMinor: 2000n }]);
  const partyId = await story.party("alice");
  const all = await story.database.estimate.findMany({ where: { partyId, proposalId }, orderBy: { id: "asc" } });
  expect(all.map((row) => row.amountMinor)).toEqual([2500n, 1000n, 2000n]);
});

test("B6 two estimates of one party at once leave one row", async () => {
  await Promise.all([600n, 700n, 800n, 900n].map((minor) => story.estimate("carla", proposalId, minor)));
  expect(await current("carla")).toHaveLength(1);
});

test("it can be taken back, once", async () => {
  await withdraw("carla");
  expect(await current("carla")).toEqual([]);
  await expect(withdraw("carla")).rejects.toMatchObject({ code: "estimate_not_found" });
});

test("H4 a newcomer's open estimates together stay within 25000; after a week here the limit is gone", async () => {
  const ids: string[] = [];
  for (let i = 0; i < 11; i += 1) ids.push(await story.propose("erin", `Wish number ${i}`));
  for (const id of ids.slice(0, 10)) await story.estimate("mallory", id, 2500n);
  await expect(story.estimate("mallory", ids[10]!, 500n)).rejects.toMatchObject({ code: "open_estimates_above_limit" });
  await story.estimate("mallory", ids[0]!, 2000n);
  await story.estimate("mallory", ids[10]!, 500n);
  const ranked = async () => (await story.database.proposal.findUniqueOrThrow({ where: { id: ids[10]! } })).rankMinor;
  expect(await ranked(), "newcomers are shown beside the ranking, not in it").toBe(0n);
  await story.market.wind("7 days");
  await story.estimate("mallory", ids[10]!, 2500n);
  expect(await ranked()).toBe(2500n);
});

test("where there is no such proposal, or it is closed, nothing is estimated", async () => {
  await expect(story.estimate("alice", newId(), 1000n)).rejects.toMatchObject({ code: "proposal_not_found" });
  const closed = await story.propose("alice", "Another");
  const partyId = await story.party("alice");
  const close = (by: string, reason: "withdrawn" | "merged") =>
    story.database.transact((tx) => story.get(ProposalService).close(tx, by, closed, reason, "Not wanted any more."));
  await expect(close(await story.party("bob"), "withdrawn")).rejects.toMatchObject({ code: "not_proposer" });
  await expect(close(await story.party("bob"), "merged")).rejects.toMatchObject({ code: "not_staff" });
  await story.estimate("bob", closed, 1000n);
  await expect(close(partyId, "withdrawn")).rejects.toMatchObject({ code: "others_have_estimated" });
  await close(await story.party("frank"), "merged");
  expect(await movesOf(story, closed)).toEqual(["propose", "close"]);
  await expect(story.estimate("alice", closed, 1000n)).rejects.toMatchObject({ code: "wrong_stage" });
});

test("no money has moved in all of this (003-12)", async () => {
  expect(await story.database.payment.count()).toBe(0);
  expect(await findingsOf(story.market)).toEqual([]);
});

test("the developer of a proposal does not estimate it", async () => {
  const repository = await story.repository("dave");
  const wish = await story.propose("alice", "A third");
  await story.reserve("dave", wish, repository.url);
  await expect(story.estimate("dave", wish, 1000n)).rejects.toMatchObject({ code: "own_money" });
  await story.estimate("alice", wish, 1000n);
});
