import { findingsOf, openStory, type Story } from "@freehold/testing";
import { DAY_MS, newId } from "@freehold/values";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { dueAt, endingOf, fates, inVerification, noticesOf } from "../testing/told.ts";
import { VerificationService } from "./verification.service.ts";

let story: Story;
beforeAll(async () => {
  story = await openStory();
});
afterAll(() => story.close());
afterEach(async () => {
  story.market.github.setMode("ok");
  expect(await findingsOf(story.market)).toEqual([]);
});

const sums = { alice: 2000n, bob: 1000n };
const windowOf = (releaseId: string) => story.database.verification.findUniqueOrThrow({ where: { releaseId } });
const secondsFromNow = async (at: Date, less = 0) =>
  `${(at.getTime() - (await story.database.now()).getTime()) / 1000 - less} seconds`;

test("when every backer says it is as they tried it, the window ends at its seventh day, and not before", async () => {
  const told = await inVerification(story, sums, 14);
  const { opensAt, endsAt } = await windowOf(told.releaseId);
  expect(endsAt.getTime() - opensAt.getTime()).toBe(14 * DAY_MS);
  await expect(story.confirm("carla", told.releaseId)).rejects.toMatchObject({ code: "not_a_backer" });
  await expect(story.confirm("alice", newId())).rejects.toMatchObject({ code: "release_not_found" });
  await story.confirm("alice", told.releaseId);
  await expect(story.confirm("alice", told.releaseId)).rejects.toMatchObject({ code: "already_confirmed" });
  expect((await windowOf(told.releaseId)).endsAt, "one of two").toEqual(endsAt);
  await story.confirm("bob", told.releaseId);
  const seventh = new Date(opensAt.getTime() + 7 * DAY_MS);
  expect((await windowOf(told.releaseId)).endsAt).toEqual(seventh);
  expect(await dueAt(story, "window_ends", told.developmentId)).toEqual(seventh);
  await story.wind("6 days 23 hours");
  expect(await story.stage(told.proposalId)).toBe("in_verification");
  await story.wind("8 days");
  expect(await story.stage(told.proposalId)).toBe("settled");
});

test("E1, E2 the right to dispute ends with the window, by the database's clock: at its last moment yes, at its end no", async () => {
  const told = await inVerification(story, sums);
  const { endsAt } = await windowOf(told.releaseId);
  await story.market.wind(await secondsFromNow(endsAt, 5));
  await story.dispute("alice", told.releaseId);
  await story.market.wind(await secondsFromNow(endsAt));
  await expect(story.dispute("bob", told.releaseId)).rejects.toMatchObject({ code: "window_closed" });
  await expect(story.confirm("bob", told.releaseId)).rejects.toMatchObject({ code: "window_closed" });
  await story.decline("dave", told.developmentId);
});

test("E7 code that is withdrawn in the window is noticed; made good, it is paid for", async () => {
  const told = await inVerification(story, sums);
  await story.wind("1 day");
  const verifications = story.get(VerificationService);
  expect(await verifications.toRecheck(story.database)).toEqual([told.releaseId]);
  await story.market.github.setPrivate({ ...told.repository, private: true });
  await verifications.recheck(story.database, told.releaseId);
  expect(await verifications.toRecheck(story.database)).toEqual([]);
  expect(await noticesOf(story, "dave", `/proposals/${told.proposalId}`)).toContain("release_withdrawn");
  await story.wind("14 days");
  expect(await story.stage(told.proposalId), "the final check fails, and nobody is paid").toBe("in_verification");
  expect(await fates(story, told)).toEqual({ alice: "held", bob: "held" });
  await story.market.github.setPrivate({ ...told.repository, private: false });
  await story.wind("2 hours");
  expect(await story.stage(told.proposalId)).toBe("settled");
  const reports = await story.database.verificationReport.findMany({
    where: { releaseId: told.releaseId },
    orderBy: { at: "asc" },
  });
  const phases = reports.map((report) => `${report.phase} ${report.verdict}`);
  expect([phases[0], phases[1], phases.at(-1)]).toEqual(["release pass", "recheck fail", "final pass"]);
  expect(phases).toContain("final fail");
});

test("E7 withdrawn and not made good in 72 hours: everything goes back, the service fee included", async () => {
  const told = await inVerification(story, sums);
  await story.market.github.setPrivate({ ...told.repository, private: true });
  await story.wind("7 days");
  await story.wind("71 hours");
  expect(await story.stage(told.proposalId)).toBe("in_verification");
  await story.wind("2 hours");
  expect(await story.stage(told.proposalId)).toBe("open");
  expect(await endingOf(story, told.developmentId)).toBe("release_failed");
  expect(await fates(story, told)).toEqual({ alice: "refunded whole 2095", bob: "refunded whole 1065" });
});

test("E10 a branch that no longer holds the commit is code withdrawn", async () => {
  const told = await inVerification(story, sums);
  const [, before] = await story.market.github.bare(told.repository).log("main", 2);
  await story.market.github.setRef({ ...told.repository, ref: "refs/heads/main", sha: before!.sha });
  await story.wind("7 days");
  expect(await story.stage(told.proposalId)).toBe("in_verification");
  const [last] = await story.database.verificationReport.findMany({
    where: { releaseId: told.releaseId },
    orderBy: { at: "desc" },
    take: 1,
  });
  expect(last).toMatchObject({ phase: "final", verdict: "fail" });
  await story.wind("73 hours");
  expect(await endingOf(story, told.developmentId)).toBe("release_failed");
});

test("an outage at the end fails nobody and pays nobody: it waits, and is paid when the forge is back", async () => {
  const told = await inVerification(story, sums);
  story.market.github.setMode("503");
  await story.wind("15 days");
  expect(await story.stage(told.proposalId)).toBe("in_verification");
  expect(await fates(story, told)).toEqual({ alice: "held", bob: "held" });
  story.market.github.setMode("ok");
  await story.wind("6 minutes");
  expect(await story.stage(told.proposalId)).toBe("settled");
});

test("E3 a worker that was away past the end pays once when it comes back", async () => {
  const told = await inVerification(story, sums);
  const before = await story.database.payout.count();
  await story.market.wind("20 days 6 hours");
  await Promise.all([story.drain(), story.drain()]);
  expect(await story.stage(told.proposalId)).toBe("settled");
  expect((await story.database.payout.count()) - before).toBe(2);
});
