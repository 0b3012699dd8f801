import { findingsOf, openStory, type Story } from "@freehold/testing";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { endingOf, fates, inDecision, inVerification, movesOf, noticesOf, releasing } from "../testing/told.ts";
import { SettlementService } from "./settlement.service.ts";

let story: Story;
beforeAll(async () => {
  story = await openStory();
});
afterAll(() => story.close());
afterEach(async () => expect(await findingsOf(story.market)).toEqual([]));

const advance = (developmentId: string) => story.get(SettlementService).advance(story.database, developmentId);
const transfers = async () => ((await story.market.stripe.control.dump())["transfer"] as unknown[]).length;

test("no money goes to a new developer within 14 days of its charge; B4 and nothing is a success before it has arrived", async () => {
  const told = await inVerification(story, { alice: 4000n });
  await story.wind("7 days");
  expect(await story.stage(told.proposalId), "the window is over, the charge is ten days old").toBe("in_verification");
  await story.wind("3 days 20 hours");
  expect(await story.stage(told.proposalId)).toBe("in_verification");
  expect(await transfers()).toBe(0);
  const other = await story.propose("bob", "Another");
  await expect(story.estimate("alice", other, 2501n)).rejects.toMatchObject({ code: "estimate_above_cap" });
  await story.wind("5 hours");
  expect(await story.stage(told.proposalId)).toBe("settled");
  expect(await transfers()).toBe(1);
  await story.estimate("alice", other, 8000n);
  await expect(story.estimate("alice", other, 8001n)).rejects.toMatchObject({
    code: "estimate_above_cap",
    facts: { limit: "8000" },
  });
  expect(await movesOf(story, told.proposalId)).toEqual([
    "propose",
    "reserve",
    "open_preview",
    "close_preview",
    "choose_release",
    "pass_release",
    "authorise_settlement",
    "finish_settlement",
  ]);
  expect(await noticesOf(story, "dave", "/payouts")).toEqual(["paid"]);
  expect(await noticesOf(story, "alice", `/proposals/${told.proposalId}`)).toContain("settled");
});

test("B3 with a largest contribution of 900 the cap stays 2500, and what was paid to a linked developer counts for nothing", async () => {
  const told = await inVerification(story, { bob: 900n, carla: 5000n });
  await story.market.asOwner(
    `INSERT INTO link (id, party_id, other_party_id, evidence, valid_from) VALUES (gen_random_uuid(), $1, $2, '{}', now())`,
    [await story.party("carla"), await story.party("dave")],
  );
  await story.wind("15 days");
  expect(await fates(story, told)).toEqual({ bob: "paid", carla: "paid" });
  const other = await story.propose("alice", "Another still");
  for (const name of ["bob", "carla"]) {
    await expect(story.estimate(name, other, 2501n)).rejects.toMatchObject({ facts: { limit: "2500" } });
    await story.estimate(name, other, 2500n);
  }
});

test("a settlement is authorised once, by one fresh report, however many ask at the same time", async () => {
  const told = await inVerification(story, { alice: 2000n, bob: 1000n, erin: 501n });
  const before = await transfers();
  await story.market.wind("15 days");
  await Promise.all(Array.from({ length: 4 }, () => advance(told.developmentId)));
  await story.drain();
  await advance(told.developmentId);
  expect(await transfers()).toBe(before + 3);
  const settlement = await story.database.settlement.findUniqueOrThrow({
    where: { developmentId: told.developmentId },
  });
  const report = await story.database.verificationReport.findUniqueOrThrow({ where: { id: settlement.reportId! } });
  expect(report).toMatchObject({ phase: "final", verdict: "pass" });
  expect(settlement.authorisedAt.getTime() - report.at.getTime()).toBeLessThan(3_600_000);
  expect((await movesOf(story, told.proposalId)).filter((move) => move === "authorise_settlement")).toHaveLength(1);
});

test("F12 while a payee cannot be paid the story is settling, not settled; E8 E9 code withdrawn meanwhile changes nothing", async () => {
  const told = await inVerification(story, { alice: 2000n });
  const dave = await story.party("dave");
  const { accountId } = await story.market.vault.accounts.refresh(dave);
  await story.market.stripe.control.setCapability(accountId!, "restricted");
  await story.wind("15 days");
  expect(await story.stage(told.proposalId)).toBe("settling");
  expect(await fates(story, told)).toEqual({ alice: "settling" });
  await story.market.github.setPrivate({ ...told.repository, private: true });
  await expect(story.decline("dave", told.developmentId)).rejects.toMatchObject({ code: "wrong_stage" });
  await expect(story.stop("frank", told.developmentId)).rejects.toMatchObject({ code: "wrong_stage" });
  await story.market.stripe.control.setCapability(accountId!, "active");
  await story.market.asOwner("UPDATE intent SET due_at = now() - interval '1 second' WHERE state = 'PLANNED'");
  await story.drain();
  expect(await story.stage(told.proposalId)).toBe("settled");
  expect(await fates(story, told)).toEqual({ alice: "paid" });
});

test("decide by: no pledge is held 75 days, wherever its story stands", async () => {
  const waiting = await inVerification(story, { alice: 2000n });
  await story.dispute("alice", waiting.releaseId);
  const due = (await story.database.development.findUniqueOrThrow({ where: { id: waiting.developmentId } })).decideBy!;
  const left = (due.getTime() - (await story.database.now()).getTime()) / 3_600_000;
  await story.wind(`${left - 1} hours`);
  expect(await story.stage(waiting.proposalId)).toBe("in_verification");
  await story.wind("1 hour 1 minute");
  // The only backer disputed, so there is nobody left to be paid by.
  expect(await fates(story, waiting)).toEqual({ alice: "refunded whole 2095" });
  expect(await story.stage(waiting.proposalId)).toBe("open");
});

test("a worker that was away for 80 days first gives back what it should have given back", async () => {
  const undecided = await inDecision(story, { alice: 2000n });
  const unreleased = await releasing(story, { bob: 1000n });
  await story.wind("80 days");
  expect(await fates(story, undecided)).toEqual({ alice: "refunded pledge 2000" });
  expect(await fates(story, unreleased)).toEqual({ bob: "refunded whole 1065" });
  expect([await endingOf(story, undecided.developmentId), await endingOf(story, unreleased.developmentId)]).toEqual([
    "silent",
    "release_failed",
  ]);
});
