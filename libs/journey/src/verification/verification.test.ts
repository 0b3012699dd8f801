import { findingsOf, openStory, type Story } from "@freehold/testing";
import { DAY_MS, newId } from "@freehold/values";
import { replay, signatureFaults } from "@freehold/forge-verify";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { dueAt, endingOf, fates, inVerification, noticesOf } from "../testing/told.ts";
import { ReleaseQueries } from "../pages/release.queries.ts";
import { OperatorTaskService } from "../space/operator-task.service.ts";
import { ServiceKey } from "../space/service-key.ts";
import { ReleaseWatch } from "./release-watch.service.ts";

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

const watch = () => story.get(ReleaseWatch);
/** One look now, as the schedule makes it. */
const look = async (releaseId: string) => watch().recheck(story.database, releaseId);
const looksOf = async (releaseId: string) =>
  (await story.database.verificationReport.findMany({ where: { releaseId }, orderBy: { id: "asc" } })).map(
    (report) => `${report.phase} ${report.verdict}`,
  );
const hours = async (count: number) => story.market.wind(`${count} hours`);

test("E7 case 9: code that is private for two hours is noticed, nobody is paid, and public again the window starts again", async () => {
  const told = await inVerification(story, sums);
  await story.market.wind("1 day");
  expect(await watch().claimDue(story.database)).toEqual([told.releaseId]);
  expect(await watch().claimDue(story.database), "another worker does not look as well").toEqual([]);
  await story.market.github.setPrivate({ ...told.repository, private: true });
  await look(told.releaseId);
  const suspended = await windowOf(told.releaseId);
  expect(suspended).toMatchObject({ suspendedCode: "not_public", cureUntil: null });
  expect(await noticesOf(story, "dave", `/proposals/${told.proposalId}`)).toContain("release_withdrawn");
  expect(await noticesOf(story, "alice", `/proposals/${told.proposalId}`)).toContain("release_suspended");
  await hours(2);
  await story.market.github.setPrivate({ ...told.repository, private: false });
  await look(told.releaseId);
  const restored = await windowOf(told.releaseId);
  expect(restored).toMatchObject({ suspendedAt: null, restarts: 1 });
  expect(restored.endsAt).toEqual(new Date(restored.lastGoodAt!.getTime() + 7 * DAY_MS));
  expect(await dueAt(story, "window_ends", told.developmentId)).toEqual(restored.endsAt);
  await story.market.wind(await secondsFromNow(suspended.endsAt));
  await story.drain();
  expect(await story.stage(told.proposalId), "the first end has no meaning any more").toBe("in_verification");
  await story.wind("14 days");
  expect(await story.stage(told.proposalId)).toBe("settled");
  expect(await looksOf(told.releaseId)).toEqual([
    "release pass",
    "recheck fail",
    "recheck pass",
    "glance pass",
    "final pass",
  ]);
});

test("E7 a final check that fails pays nobody: it is looked at again, and made good it is paid for", async () => {
  const told = await inVerification(story, sums, 14);
  await story.market.github.setPrivate({ ...told.repository, private: true });
  await story.wind("14 days");
  expect(await story.stage(told.proposalId)).toBe("in_verification");
  expect(await fates(story, told)).toEqual({ alice: "held", bob: "held" });
  expect(await looksOf(told.releaseId)).toEqual(["release pass", "final fail"]);
  await story.market.github.setPrivate({ ...told.repository, private: false });
  await story.wind("2 hours");
  expect(await windowOf(told.releaseId)).toMatchObject({ suspendedAt: null, restarts: 1 });
  await story.wind("14 days");
  expect(await story.stage(told.proposalId)).toBe("settled");
});

test("case 8: one answer 404 proves nothing; three over a day do, and 72 hours later everything goes back", async () => {
  const told = await inVerification(story, sums, 14);
  await story.market.github.setPrivate({ ...told.repository, private: true });
  await look(told.releaseId);
  await hours(12);
  await look(told.releaseId);
  expect((await windowOf(told.releaseId)).cureUntil).toBeNull();
  await hours(12);
  await look(told.releaseId);
  const { cureUntil } = await windowOf(told.releaseId);
  expect(cureUntil!.getTime() - (await story.database.now()).getTime()).toBeGreaterThan(71 * 3_600_000);
  expect(await noticesOf(story, "dave", `/proposals/${told.proposalId}`)).toContain("release_cure");
  await hours(71);
  await look(told.releaseId);
  expect(await story.stage(told.proposalId)).toBe("in_verification");
  await story.wind("2 hours");
  expect(await story.stage(told.proposalId)).toBe("open");
  expect(await endingOf(story, told.developmentId)).toBe("release_failed");
  expect(await fates(story, told)).toEqual({ alice: "refunded whole 2095", bob: "refunded whole 1065" });
});

test("E10 case 17: a branch that no longer holds the commit has 72 hours; the kept copy still has it", async () => {
  const told = await inVerification(story, sums);
  const [, before] = await story.market.github.bare(told.repository).log("main", 2);
  await story.market.github.setRef({ ...told.repository, ref: "refs/heads/main", sha: before!.sha });
  await story.wind("7 days");
  expect(await story.stage(told.proposalId)).toBe("in_verification");
  expect(await windowOf(told.releaseId)).toMatchObject({
    suspendedCode: "withdrawn_in_window",
    suspendedSentence: expect.stringContaining("The forge notes a "),
  });
  await story.wind("73 hours");
  expect(await endingOf(story, told.developmentId)).toBe("release_failed");
  const { bundleSha256, bundleBytes, commit } = await story.database.release.findUniqueOrThrow({
    where: { id: told.releaseId },
  });
  const kept = await story.market.parts.evidence.read(bundleSha256!);
  expect([kept?.length, kept?.includes(commit)]).toEqual([Number(bundleBytes), true]);
});

test("case 24: a forge that is away for twenty hours fails nobody; the end moves by what could not be watched", async () => {
  const told = await inVerification(story, sums);
  const { endsAt } = await windowOf(told.releaseId);
  await hours(1);
  await look(told.releaseId);
  for (const mode of ["503", "429", "503", "429"] as const) {
    story.market.github.setMode(mode);
    await hours(5);
    await look(told.releaseId);
  }
  story.market.github.setMode("ok");
  const moved = await windowOf(told.releaseId);
  expect(Math.round((moved.endsAt.getTime() - endsAt.getTime()) / 3_600_000)).toBe(14);
  expect(await dueAt(story, "window_ends", told.developmentId)).toEqual(moved.endsAt);
  expect(await noticesOf(story, "bob", `/proposals/${told.proposalId}`)).toContain("window_moved");
  await look(told.releaseId);
  const back = await windowOf(told.releaseId);
  expect(back.suspendedAt).toBeNull();
  expect(back.endsAt.getTime() - moved.endsAt.getTime()).toBeLessThan(60_000);
  await story.wind("6 days 12 hours");
  await expect(story.confirm("alice", told.releaseId), "the window is still open").resolves.toBeUndefined();
  await story.wind("5 days");
  expect(await story.stage(told.proposalId)).toBe("settled");
  expect((await looksOf(told.releaseId)).slice(0, 3)).toEqual(["release pass", "glance pass", "glance inconclusive"]);
});

test("the reports stand in a signed chain that anybody can go through again, and a changed word breaks it", async () => {
  const told = await inVerification(story, sums);
  await hours(5);
  await look(told.releaseId);
  await story.wind("7 days");
  const file = await story.get(ReleaseQueries).evidence(told.releaseId);
  expect(replay(file)).toMatchObject({
    faults: [],
    verdicts: [{ phase: "release" }, { phase: "glance" }, { phase: "final", verdict: { kind: "pass" } }],
  });
  const { keys } = story.get(ServiceKey);
  expect(signatureFaults(file, keys)).toEqual([]);
  const spoilt = [
    { ...file, links: file.links.toSpliced(1, 1) },
    { ...file, links: file.links.with(0, { ...file.links[0]!, verdict: "fail" }) },
    { ...file, reports: file.reports.with(0, { ...file.reports[0]!, commit: "0".repeat(40) }) },
  ];
  for (const one of spoilt) expect(replay(one).faults).not.toEqual([]);
  const forged = { ...file, links: file.links.map((link) => ({ ...link, signature: file.links[0]!.signature })) };
  expect(signatureFaults(forged, keys)).toHaveLength(2);
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

test("case 24: beyond three days a person decides: what they find is said to everybody, and then it is paid", async () => {
  const told = await inVerification(story, sums, 14);
  story.market.github.setMode("503");
  for (let half = 0; half < 14; half += 1) await hours(12).then(() => look(told.releaseId));
  const { opensAt, endsAt } = await windowOf(told.releaseId);
  expect(endsAt.getTime() - opensAt.getTime(), "three days at most").toBe(17 * DAY_MS);
  story.market.github.setMode("ok");
  await story.wind("17 days");
  expect(await story.stage(told.proposalId)).toBe("in_verification");
  expect((await looksOf(told.releaseId)).at(-1)).toBe("final needs_human");
  const frank = await story.party("frank");
  const task = await story.database.operatorTask.findFirstOrThrow({
    where: { subjectId: told.releaseId, doneAt: null },
  });
  const answer = (accepted?: boolean) =>
    story.database.transact((tx) =>
      story
        .get(OperatorTaskService)
        .complete(tx, frank, task.id, { note: "The forge was down for everybody.", accepted }),
    );
  await expect(answer()).rejects.toMatchObject({ code: "finding_needed" });
  await answer(true);
  await story.wind("6 minutes");
  expect(await story.stage(told.proposalId)).toBe("settled");
  const page = await story.get(ReleaseQueries).release(told.releaseId);
  expect(page.findings).toMatchObject([{ reason: "outage_over_cap", accepted: true }]);
  expect(replay(await story.get(ReleaseQueries).evidence(told.releaseId)).faults).toEqual([]);
});

test("E3 a worker that was away past the end pays once when it comes back", async () => {
  const told = await inVerification(story, sums);
  const before = await story.database.payout.count();
  await story.market.wind("20 days 6 hours");
  await Promise.all([story.drain(), story.drain()]);
  expect(await story.stage(told.proposalId)).toBe("settled");
  expect((await story.database.payout.count()) - before).toBe(2);
});
