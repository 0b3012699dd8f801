import { findingsOf, openStory, type Story } from "@freehold/testing";
import { afterAll, beforeAll, expect, test } from "vitest";

let story: Story;
beforeAll(async () => {
  story = await openStory({ validate: true });
});
afterAll(() => story.close());

test("a wish becomes free code and money in the developer's account", async () => {
  const proposalId = await story.propose("alice");
  await story.estimate("alice", proposalId, 2500n);
  await story.estimate("bob", proposalId, 2000n);
  await story.makePayable("dave");
  const repository = await story.repository("dave");
  const developmentId = await story.reserve("dave", proposalId, repository.url);
  await story.donate("bob", developmentId, 1000n, 3500n);
  expect((await story.page(proposalId, "bob")).you?.estimate?.minor).toBe("3500");
  await story.openPreview("dave", developmentId);
  await story.pledge("alice", developmentId, 4000n);
  await story.pledge("bob", developmentId, 1500n);
  await story.pledge("carla", developmentId, 501n);
  expect((await story.page(proposalId)).development?.held.minor).toBe("6001");
  await story.wind("3 days");
  expect(await story.stage(proposalId)).toBe("in_decision");
  await story.chooseRelease("dave", developmentId);
  const commit = await story.push(repository);
  await story.submitRelease("dave", developmentId, commit);
  const page = await story.page(proposalId, "alice");
  expect(page.development?.releases[0]?.failure).toBeNull();
  expect(page.stage).toBe("in_verification");
  await story.wind("15 days");
  expect(await story.stage(proposalId)).toBe("settled");
  const payouts = await story.database.payout.findMany({ orderBy: { amountMinor: "desc" } });
  expect(payouts.map((payout) => payout.amountMinor)).toEqual([3800n, 1425n, 476n]);
  expect(await findingsOf(story.market)).toEqual([]);

  const next = await story.propose("bob", "Another feature");
  await expect(story.estimate("alice", next, 8001n)).rejects.toMatchObject({ code: "estimate_above_cap" });
  await story.estimate("alice", next, 8000n);
});
