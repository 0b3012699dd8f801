import { createHash } from "node:crypto";
import { commitmentOf, replay } from "@freehold/forge-verify";
import { findingsOf, openStory, type Story } from "@freehold/testing";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { existsSync } from "node:fs";
import { mirrorKeyOf } from "../development/development.ts";
import { ReleaseQueries } from "../pages/release.queries.ts";
import { MirrorKeeping } from "../settlement/mirror-keeping.ts";
import { OperatorTaskService } from "../space/operator-task.service.ts";
import { endingOf, fates, inVerification, releasing, type Told } from "../testing/told.ts";
import { ReleaseService } from "./release.service.ts";

let story: Story;
beforeAll(async () => {
  story = await openStory();
});
afterAll(() => story.close());
afterEach(async () => {
  story.market.github.setMode("ok");
  expect(await findingsOf(story.market)).toEqual([]);
});

const sums = { alice: 2000n };
const releaseOf = (id: string) => story.database.release.findUniqueOrThrow({ where: { id } });
const page = (id: string) => story.get(ReleaseQueries).release(id);
const oddLicence = {
  LICENSE:
    "MIT License\n\nCopyright (c) 2026 dave\n\nPermission is hereby granted, free of charge, to any person obtaining a copy of this software, to use it kindly.\n",
  "src/offline.ts": "export const offline = 3;\n",
};

/** A release whose licence the machine cannot read, and the task that asks a person. */
async function ambiguous(): Promise<{ told: Told; releaseId: string; taskId: string }> {
  const told = await releasing(story, sums);
  const text = await story.market.github.bare(told.repository).git(["show", "main:LICENSE"]);
  const files = { ...oddLicence, LICENSE: text.replace("is hereby granted", "is hereby not granted") };
  const releaseId = await story.submitRelease("dave", told.developmentId, await story.push(told.repository, files));
  expect(await releaseOf(releaseId)).toMatchObject({ state: "needs_human", failureCode: "license_ambiguous" });
  const task = await story.database.operatorTask.findFirstOrThrow({ where: { subjectId: releaseId, doneAt: null } });
  return { told, releaseId, taskId: task.id };
}

async function answer(name: string, taskId: string, accepted?: boolean): Promise<void> {
  const partyId = await story.party(name);
  await story.database.transact((tx) =>
    story.get(OperatorTaskService).complete(tx, partyId, taskId, { note: "Read word for word, beside MIT.", accepted }),
  );
  await story.drain();
}

test("cases 1 and 2: checked, kept and not yet paid; after its window paid once, though the work is done twice", async () => {
  const told = await inVerification(story, { alice: 2000n, bob: 1000n });
  const seen = await page(told.releaseId);
  expect(seen.checks.every((check) => check.outcome === "ok")).toBe(true);
  expect(seen.copy).toMatchObject({
    revision: `swh:1:rev:${told.commit}`,
    directory: expect.stringMatching(/^swh:1:dir:/),
  });
  const payouts = () => story.database.payout.count({ where: { payment: { developmentId: told.developmentId } } });
  expect(await payouts()).toBe(0);
  await story.market.wind("15 days");
  await Promise.all([story.drain(), story.drain()]);
  expect(await story.stage(told.proposalId)).toBe("settled");
  expect(await payouts()).toBe(2);
});

test("case 19: what the machine cannot judge waits for staff; what they accept goes on, and their sentence is public", async () => {
  const { told, releaseId, taskId } = await ambiguous();
  await expect(answer("dave", taskId, true)).rejects.toMatchObject({ code: "not_staff" });
  await expect(answer("frank", taskId)).rejects.toMatchObject({ code: "finding_needed" });
  await answer("frank", taskId, true);
  expect(await story.stage(told.proposalId)).toBe("in_verification");
  const seen = await page(releaseId);
  expect(seen.findings).toMatchObject([{ reason: "license_ambiguous", accepted: true }]);
  expect(seen.checks.find((check) => check.name === "licence")).toMatchObject({ outcome: "ok" });
  expect(replay(await story.get(ReleaseQueries).evidence(releaseId)).faults).toEqual([]);
  await story.decline("dave", told.developmentId);
});

test("case 19: what they do not accept has failed, and may be cured once", async () => {
  const { told, releaseId, taskId } = await ambiguous();
  await answer("grace", taskId, false);
  expect(await releaseOf(releaseId)).toMatchObject({ state: "failed", failureCode: "license_not_allowed" });
  expect(await story.stage(told.proposalId)).toBe("releasing");
  await story.decline("dave", told.developmentId);
});

test("code that an earlier attempt made public in another repository is not new for the next developer", async () => {
  const first = await inVerification(story, sums);
  await story.decline("dave", first.developmentId);
  expect(await endingOf(story, first.developmentId)).toBe("declined");
  await story.makePayable("erin");
  const repository = await story.repository("erin");
  const developmentId = await story.reserve("erin", first.proposalId, repository.url);
  await story.openPreview("erin", developmentId);
  await story.pledge("alice", developmentId, 2000n);
  await story.wind("3 days");
  await story.chooseRelease("erin", developmentId);
  const copied = await story.submitRelease("erin", developmentId, await story.push(repository));
  expect(await releaseOf(copied)).toMatchObject({ state: "failed", failureCode: "not_new" });
  const own = await story.push(repository, { "src/offline.ts": "export const offline = await readAll();\n" });
  const second = await story.submitRelease("erin", developmentId, own);
  expect(await releaseOf(second)).toMatchObject({ state: "passed" });
  await story.decline("erin", developmentId);
});

test("our copy of a repository goes when nothing open needs it; the bundle and the evidence stay", async () => {
  const told = await inVerification(story, sums);
  const { repository } = await story.database.development.findUniqueOrThrow({
    where: { id: told.developmentId },
    include: { repository: true },
  });
  const folder = `${story.market.mirrorsDir}/${mirrorKeyOf(repository)}.git`;
  const keeping = story.get(MirrorKeeping);
  await keeping.sweep(story.database);
  expect(existsSync(folder)).toBe(true);
  await story.wind("15 days");
  expect(await story.stage(told.proposalId)).toBe("settled");
  expect(await keeping.sweep(story.database)).toBeGreaterThan(0);
  expect(existsSync(folder)).toBe(false);
  expect(await keeping.sweep(story.database)).toBe(0);
  const { copy } = await page(told.releaseId);
  expect(await story.market.parts.evidence.holds(copy!)).toBe(true);
  const { sha256 } = await story.get(ReleaseQueries).bundle(told.releaseId);
  expect(sha256).toBe(copy!.sha256);
});

test("a sealed preview is released with what opens its seal, and with nothing else; forgetting it costs nothing", async () => {
  const text = "export const offline = 'sealed';\n";
  const files = [{ path: "src/offline.ts", mode: "100644", sha256: createHash("sha256").update(text).digest("hex") }];
  const nonce = "ab".repeat(32);
  const commitment = commitmentOf(files, nonce);
  const proposalId = await story.propose();
  await story.makePayable("dave");
  const repository = await story.repository("dave");
  const developmentId = await story.reserve("dave", proposalId, repository.url);
  await story.openPreview("dave", developmentId, 3, 7, { commitment });
  await story.pledge("alice", developmentId, 2000n);
  await story.wind("3 days");
  await story.chooseRelease("dave", developmentId);
  const commit = await story.push(repository, { "src/offline.ts": text });
  const dave = await story.party("dave");
  const submit = (reveal?: string) =>
    story.database.transact((tx) =>
      story.get(ReleaseService).submit(tx, dave, developmentId, { commit, branch: "main", nonce: reveal }),
    );
  const reveal = (of: string, with_ = files) =>
    JSON.stringify({ version: 1, baseline: "none", commit, commitment: of, nonce, files: with_ });
  await expect(submit()).rejects.toMatchObject({ code: "seal_not_opened" });
  const other = [{ ...files[0]!, path: "README.md" }];
  await expect(submit(reveal(commitmentOf(other, nonce), other))).rejects.toMatchObject({ code: "seal_not_opened" });
  expect(await story.database.release.count({ where: { developmentId } })).toBe(0);
  const { id } = await submit(reveal(commitment));
  await story.drain();
  expect(await releaseOf(id)).toMatchObject({ state: "passed", attempt: 1 });
  const seen = await page(id);
  expect([seen.sealed, seen.checks.find((check) => check.name === "same-as-preview")?.outcome]).toEqual([true, "ok"]);
  await story.decline("dave", developmentId);
});

test("while the forge is away a release is asked about again when it said so, not every quarter of a minute", async () => {
  const told = await releasing(story, sums);
  const commit = await story.push(told.repository);
  story.market.github.setMode("503");
  const id = await story.submitRelease("dave", told.developmentId, commit);
  const releases = story.get(ReleaseService);
  expect(await releases.unchecked(story.database)).toEqual([]);
  await story.market.wind("6 minutes");
  expect(await releases.unchecked(story.database)).toEqual([id]);
  story.market.github.setMode("ok");
  await releases.check(story.database, id);
  expect(await releaseOf(id)).toMatchObject({ state: "passed" });
  await story.decline("dave", told.developmentId);
  expect(await fates(story, told)).toEqual({ alice: "refunded pledge 2000" });
});
