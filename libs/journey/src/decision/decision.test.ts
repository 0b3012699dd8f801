import { findingsOf, openStory, type Story } from "@freehold/testing";
import { DAY_MS } from "@freehold/values";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import {
  dueAt,
  endingOf,
  fates,
  inDecision,
  inVerification,
  movesOf,
  noticesOf,
  pledged,
  releasing,
  type Told,
} from "../testing/told.ts";

let story: Story;
beforeAll(async () => {
  story = await openStory();
});
afterAll(() => story.close());
afterEach(async () => expect(await findingsOf(story.market)).toEqual([]));

const back = { alice: "refunded pledge 2000", bob: "refunded pledge 1000" };
const sums = { alice: 2000n, bob: 1000n };

test("C4 nobody decides but the developer", async () => {
  const told = await inDecision(story, sums);
  for (const name of ["alice", "judy", "frank"]) {
    await expect(story.decline(name, told.developmentId)).rejects.toMatchObject({ code: "not_developer" });
    await expect(story.chooseRelease(name, told.developmentId)).rejects.toMatchObject({ code: "not_developer" });
  }
  const page = await story.page(told.proposalId, "alice");
  expect([page.stage, page.development?.held.minor]).toEqual(["in_decision", "3000"]);
  const { chargedAt } = await story.database.payment.findUniqueOrThrow({ where: { id: told.pledges["alice"]! } });
  const due = await dueAt(story, "decision_due", told.developmentId);
  expect(Math.round((due!.getTime() - chargedAt!.getTime()) / DAY_MS)).toBe(10);
  await story.decline("dave", told.developmentId);
  await expect(story.decline("dave", told.developmentId), "twice").rejects.toMatchObject({ code: "wrong_stage" });
});

const stages: readonly [string, () => Promise<Told>][] = [
  ["in_preview", () => pledged(story, sums)],
  ["in_decision", () => inDecision(story, sums)],
  ["releasing", () => releasing(story, sums)],
  ["in_verification", () => inVerification(story, sums)],
];
// A developer who has declined a proposal twice starts no third time: each story here is a proposal of its own.
test.each(stages)(
  "C1 'it was not enough' can be said %s: every pledge goes back, the proposal is open, its estimates stay",
  async (stage, begin) => {
    const told = await begin();
    expect(await story.stage(told.proposalId)).toBe(stage);
    await story.decline("dave", told.developmentId);
    expect(await story.stage(told.proposalId)).toBe("open");
    expect(await fates(story, told)).toEqual(back);
    expect(await endingOf(story, told.developmentId)).toBe("declined");
    expect((await movesOf(story, told.proposalId)).slice(-2)).toEqual(["decline", "finish_refund"]);
    expect(await noticesOf(story, "bob", `/proposals/${told.proposalId}`)).toContain("refunding");
    const open = await story.database.deadline.count({ where: { subjectId: told.developmentId, doneAt: null } });
    expect(open, "nothing is waited for any more").toBe(0);
    expect(await story.database.payout.count()).toBe(0);
  },
);

test("C5 seven days without a word decline, also when nobody was there to notice", async () => {
  const told = await inDecision(story, sums);
  await story.wind("6 days 23 hours");
  expect(await story.stage(told.proposalId)).toBe("in_decision");
  await story.wind("40 days");
  expect(await story.stage(told.proposalId)).toBe("open");
  expect(await endingOf(story, told.developmentId)).toBe("silent");
  expect(await fates(story, told)).toEqual(back);
  await expect(story.chooseRelease("dave", told.developmentId)).rejects.toMatchObject({ code: "wrong_stage" });
});

test("staff stop a development with a public reason, and then the service fee goes back as well", async () => {
  const told = await pledged(story, sums);
  await expect(story.stop("alice", told.developmentId)).rejects.toMatchObject({ code: "not_staff" });
  await story.stop("frank", told.developmentId);
  expect(await fates(story, told)).toEqual({ alice: "refunded whole 2095", bob: "refunded whole 1065" });
  expect(await endingOf(story, told.developmentId)).toBe("stopped");
});

test("staff with a stake in it do not stop it", async () => {
  const told = await pledged(story, { alice: 2000n, frank: 500n });
  await expect(story.stop("frank", told.developmentId)).rejects.toMatchObject({ code: "has_stake" });
  await story.stop("grace", told.developmentId);
  expect(await story.stage(told.proposalId)).toBe("open");
});
