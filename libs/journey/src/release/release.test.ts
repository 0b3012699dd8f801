import { findingsOf, openStory, type Story } from "@freehold/testing";
import { HOUR_MS } from "@freehold/values";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { dueAt, endingOf, fates, movesOf, noticesOf, releasing } from "../testing/told.ts";
import { ReleaseService } from "./release.service.ts";

let story: Story;
beforeAll(async () => {
  story = await openStory();
});
afterAll(() => story.close());
afterEach(async () => expect(await findingsOf(story.market)).toEqual([]));

const sums = { alice: 2000n };
const whole = { alice: "refunded whole 2095" };
const releaseOf = (id: string) => story.database.release.findUniqueOrThrow({ where: { id } });
const submit = async (name: string, developmentId: string, commit: string, branch = "main") => {
  const partyId = await story.party(name);
  return story.database.transact((tx) =>
    story.get(ReleaseService).submit(tx, partyId, developmentId, { commit, branch }),
  );
};

test("a release is its developer's, on the pinned branch, named by a whole commit, and one at a time — then the window opens", async () => {
  const told = await releasing(story, sums);
  const commit = await story.push(told.repository);
  await expect(submit("judy", told.developmentId, "no", "no")).rejects.toMatchObject({ code: "not_developer" });
  await expect(submit("dave", told.developmentId, "no", "other")).rejects.toMatchObject({ code: "branch_invalid" });
  for (const wrong of [commit.slice(0, 7), "HEAD", `${commit}x`, commit.toUpperCase().replace(/[0-9]/g, "G"), "--help"])
    await expect(submit("dave", told.developmentId, wrong)).rejects.toMatchObject({ code: "commit_invalid" });
  const { id } = await submit("dave", told.developmentId, commit);
  await expect(submit("dave", told.developmentId, commit)).rejects.toMatchObject({ code: "release_being_checked" });
  await story.drain();
  expect(await releaseOf(id)).toMatchObject({ state: "passed", attempt: 1, licence: "MIT" });
  expect(await story.stage(told.proposalId)).toBe("in_verification");
  expect((await movesOf(story, told.proposalId)).at(-1)).toBe("pass_release");
  expect(await noticesOf(story, "alice", `/proposals/${told.proposalId}`)).toContain("released");
  expect(await dueAt(story, "release_due", told.developmentId)).toBeNull();
  expect(await dueAt(story, "window_ends", told.developmentId)).not.toBeNull();
  await story.decline("dave", told.developmentId);
});

test("code that is not new fails with its reason; the cure in time opens the window", async () => {
  const told = await releasing(story, sums);
  const [old] = await story.market.github.bare(told.repository).log("main", 1);
  const first = await story.submitRelease("dave", told.developmentId, old!.sha);
  expect(await releaseOf(first)).toMatchObject({ state: "failed", failureCode: "not_new" });
  expect(await story.stage(told.proposalId)).toBe("releasing");
  expect(await noticesOf(story, "dave", `/proposals/${told.proposalId}`)).toContain("release_failed");
  await story.wind("71 hours");
  const second = await story.submitRelease("dave", told.developmentId, await story.push(told.repository));
  expect(await releaseOf(second)).toMatchObject({ state: "passed", attempt: 2 });
  expect(await story.stage(told.proposalId)).toBe("in_verification");
  await story.decline("dave", told.developmentId);
});

test("a second failure gives everything back at once, the service fee included", async () => {
  const told = await releasing(story, sums);
  await story.market.github.setPrivate({ ...told.repository, private: true });
  const commit = await story.push(told.repository);
  const first = await story.submitRelease("dave", told.developmentId, commit);
  expect(await releaseOf(first)).toMatchObject({ state: "failed", failureCode: "not_public" });
  await story.market.github.setPrivate({ ...told.repository, private: false });
  const unlicensed = await story.push(told.repository, {
    LICENSE: null as unknown as string,
    "src/offline.ts": "export const offline = 2;\n",
  });
  const second = await story.submitRelease("dave", told.developmentId, unlicensed);
  expect(await releaseOf(second)).toMatchObject({ state: "failed", failureCode: "license_missing" });
  expect(await story.stage(told.proposalId)).toBe("open");
  expect(await endingOf(story, told.developmentId)).toBe("release_failed");
  expect(await fates(story, told)).toEqual(whole);
  expect(await story.database.payout.count()).toBe(0);
});

test("a failure that is not cured within 72 hours gives everything back", async () => {
  const told = await releasing(story, sums);
  const unpushed = "1234567890123456789012345678901234567890";
  const first = await story.submitRelease("dave", told.developmentId, unpushed);
  expect(await releaseOf(first)).toMatchObject({ state: "failed", failureCode: "commit_not_reachable" });
  await story.market.wind("72 hours");
  await expect(submit("dave", told.developmentId, unpushed)).rejects.toMatchObject({ code: "release_too_late" });
  await story.drain();
  expect(await story.stage(told.proposalId)).toBe("open");
  expect(await fates(story, told)).toEqual(whole);
});

test("no release at all within 72 hours gives everything back", async () => {
  const told = await releasing(story, sums);
  await story.wind("71 hours 59 minutes");
  expect(await story.stage(told.proposalId)).toBe("releasing");
  await story.wind("1 minute");
  expect(await endingOf(story, told.developmentId)).toBe("release_failed");
  expect(await fates(story, told)).toEqual(whole);
});

test("a forge that is away fails nobody: the check comes again; after seven days in all everything goes back", async () => {
  const told = await releasing(story, sums);
  const total = await dueAt(story, "release_total", told.developmentId);
  expect(total!.getTime() - (await story.database.now()).getTime()).toBeGreaterThan(167 * HOUR_MS);
  const commit = await story.push(told.repository);
  story.market.github.setMode("503");
  const id = await story.submitRelease("dave", told.developmentId, commit);
  expect(await releaseOf(id)).toMatchObject({ state: "submitted" });
  await story.wind("4 days");
  expect(await story.stage(told.proposalId), "submitted in time, so it is waited for").toBe("releasing");
  expect(await story.get(ReleaseService).unchecked(story.database)).toEqual([id]);
  await story.wind("3 days");
  expect(await endingOf(story, told.developmentId)).toBe("release_failed");
  expect(await fates(story, told)).toEqual(whole);
  story.market.github.setMode("ok");
  await story.get(ReleaseService).check(story.database, id);
  expect(await story.stage(told.proposalId), "a check that comes too late moves nothing").toBe("open");
});
