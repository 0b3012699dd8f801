import { findingsOf, openStory, type Story } from "@freehold/testing";
import { DAY_MS } from "@freehold/values";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DecisionService } from "../decision/decision.service.ts";
import { DisputeService } from "../dispute/dispute.service.ts";
import { dueAt, endingOf, movesOf, noticesOf } from "../testing/told.ts";
import { Baselines } from "./baselines.service.ts";
import { DevelopmentService } from "./development.service.ts";

let story: Story;
let url: string;
beforeAll(async () => {
  story = await openStory();
  ({ url } = await story.repository("dave"));
});
afterAll(() => story.close());

async function reserve(
  name: string,
  proposalId: string,
  given: { inDays?: number; destination?: "own" | "project"; repository?: string } = {},
): Promise<string> {
  const partyId = await story.party(name);
  const developments = story.get(DevelopmentService);
  const at = await story.database.now();
  const repository = given.repository ?? url;
  const found = await developments.lookUp(repository);
  const expectedPreviewAt = new Date(at.getTime() + (given.inDays ?? 20) * DAY_MS).toISOString();
  const body = { expectedPreviewAt, repository, destination: given.destination ?? ("own" as const) };
  const { id } = await story.database.transact((tx) => developments.reserve(tx, partyId, proposalId, body, found));
  return id;
}
const giveUp = async (name: string, developmentId: string) => {
  const partyId = await story.party(name);
  await story.database.transact((tx) =>
    story.get(DevelopmentService).giveUp(tx, partyId, developmentId, "No time after all."),
  );
};

describe("reserving (003-15)", () => {
  let proposalId: string;
  beforeAll(async () => {
    proposalId = await story.propose("alice");
    await story.estimate("bob", proposalId, 2000n);
  });

  test("the expected preview lies ahead, and at most 90 days", async () => {
    for (const inDays of [-1, 91])
      await expect(reserve("dave", proposalId, { inDays })).rejects.toMatchObject({ code: "preview_date_invalid" });
  });

  test("a project's own repository needs its maintainer's acceptance; an unknown or a private one is not taken", async () => {
    await expect(reserve("dave", proposalId, { destination: "project" })).rejects.toMatchObject({
      code: "destination_not_accepted",
    });
    const nowhere = story.market.github.webUrl;
    await expect(reserve("dave", proposalId, { repository: `${nowhere}/dave/not-there` })).rejects.toMatchObject({
      code: "repository_not_found",
    });
    await expect(reserve("dave", proposalId, { repository: "ftp://example.org/x" })).rejects.toMatchObject({
      code: "repository_not_found",
    });
    const hidden = await story.repository("dave");
    await story.market.github.setPrivate({ ...hidden, private: true });
    await expect(reserve("dave", proposalId, { repository: hidden.url })).rejects.toMatchObject({
      code: expect.stringMatching(/^repository_not_(found|public)$/) as string,
    });
    expect(await story.stage(proposalId)).toBe("open");
  });

  test("a maintainer who refused funding is not passed over", async () => {
    await story.market.asOwner("UPDATE project SET funding_state = 'refused'");
    await expect(reserve("dave", proposalId)).rejects.toMatchObject({ code: "funding_refused" });
    await story.market.asOwner("UPDATE project SET funding_state = 'unanswered'");
  });

  test("whoever has estimated is told; it is theirs until a fortnight after the expected preview; nobody else reserves it", async () => {
    const developmentId = await reserve("dave", proposalId, { inDays: 20 });
    expect(await story.stage(proposalId)).toBe("in_development");
    expect(await movesOf(story, proposalId)).toEqual(["propose", "reserve"]);
    expect(await noticesOf(story, "bob", `/proposals/${proposalId}`)).toEqual(["development_started"]);
    const due = await dueAt(story, "reservation_lapses", developmentId);
    const { startedAt, payees } = await story.database.development.findUniqueOrThrow({
      where: { id: developmentId },
      include: { payees: true },
    });
    expect(Math.round((due!.getTime() - startedAt.getTime()) / DAY_MS)).toBe(34);
    expect(payees).toMatchObject([{ basisPoints: 10_000, reason: "developer", frozenAt: null }]);
    await expect(reserve("judy", proposalId)).rejects.toMatchObject({ code: "reserved_by_another" });
    const another = await story.propose("alice", "Another");
    await expect(reserve("dave", another), "one at a time for a newcomer").rejects.toMatchObject({
      code: "too_many_reservations",
    });
    await expect(giveUp("judy", developmentId)).rejects.toMatchObject({ code: "not_developer" });
    await giveUp("dave", developmentId);
    expect(await story.stage(proposalId)).toBe("open");
    expect((await story.page(proposalId, "bob")).you?.estimate?.minor).toBe("2000");
  });
});

test("a reservation without a preview lapses, and its developer lets somebody else go first", async () => {
  const proposalId = await story.propose("alice", "Lapsing");
  const first = await reserve("dave", proposalId, { inDays: 1 });
  await story.wind("14 days");
  expect(await story.stage(proposalId)).toBe("in_development");
  await story.wind("1 day");
  expect(await story.stage(proposalId)).toBe("open");
  expect(await endingOf(story, first)).toBe("lapsed");
  await giveUp("dave", await reserve("dave", proposalId));
  await giveUp("judy", await reserve("judy", proposalId));
  await expect(reserve("dave", proposalId)).rejects.toMatchObject({ code: "wait_after_lapse" });
  await story.wind("91 days");
  await giveUp("dave", await reserve("dave", proposalId));
});

test("an earlier developer has no say over the one who builds it now", async () => {
  const proposalId = await story.propose("alice", "Passed on");
  const former = await reserve("dave", proposalId);
  await giveUp("dave", former);
  await story.makePayable("judy");
  const repository = await story.repository("judy");
  const current = await reserve("judy", proposalId, { repository: repository.url });
  await story.drain();
  await expect(giveUp("dave", former)).rejects.toMatchObject({ code: "wrong_stage" });
  await story.openPreview("judy", current);
  await story.pledge("alice", current, 2000n);
  const dave = await story.party("dave");
  const frank = await story.party("frank");
  const decisions = story.get(DecisionService);
  await expect(story.decline("dave", former)).rejects.toMatchObject({ code: "wrong_stage" });
  await expect(
    story.database.transact((tx) => story.get(DisputeService).stop(tx, frank, former, "A public reason.")),
  ).rejects.toMatchObject({ code: "wrong_stage" });
  await story.wind("3 days");
  await expect(
    story.database.transact((tx) => decisions.chooseRelease(tx, dave, former, undefined)),
  ).rejects.toMatchObject({ code: "wrong_stage" });
  expect(await story.stage(proposalId)).toBe("in_decision");
  await story.decline("judy", current);
  expect(await story.stage(proposalId)).toBe("open");
  expect(await findingsOf(story.market)).toEqual([]);
});

test("who declined a proposal twice develops it no more", async () => {
  const proposalId = await story.propose("alice", "Declined twice");
  await story.makePayable("dave");
  for (let i = 0; i < 2; i += 1) {
    const developmentId = await reserve("dave", proposalId);
    await story.drain();
    await story.openPreview("dave", developmentId);
    await story.decline("dave", developmentId);
    expect(await story.stage(proposalId)).toBe("open");
  }
  await expect(reserve("dave", proposalId)).rejects.toMatchObject({ code: "two_declines" });
});

test("while the forge is away no preview opens: what was there at the start has to be known first", async () => {
  const proposalId = await story.propose("alice", "Away");
  await story.makePayable("judy");
  const repository = await story.repository("judy");
  const developmentId = await reserve("judy", proposalId, { repository: repository.url });
  story.market.github.setMode("503");
  await story.drain();
  await expect(story.openPreview("judy", developmentId)).rejects.toMatchObject({ code: "baseline_missing" });
  story.market.github.setMode("ok");
  expect(await story.get(Baselines).missing(story.database)).toEqual([developmentId]);
  expect(await story.get(Baselines).take(story.database, developmentId)).toBe("taken");
  await story.openPreview("judy", developmentId);
});
