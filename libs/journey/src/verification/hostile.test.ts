import { now } from "@freehold/database";
import { type ForgeVerifier, replay, type Report } from "@freehold/forge-verify";
import { findingsOf, openStory, type Story } from "@freehold/testing";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { lockDevelopment } from "../development/development.ts";
import { ReleaseQueries } from "../pages/release.queries.ts";
import { Reports } from "../release/report.ts";
import { DeadlineService } from "../settlement/deadline.service.ts";
import { MirrorKeeping } from "../settlement/mirror-keeping.ts";
import { OperatorTaskService } from "../space/operator-task.service.ts";
import { dueAt, endingOf, fates, inVerification, releasing, type Told } from "../testing/told.ts";
import { ReleaseWatch } from "./release-watch.service.ts";

// What somebody could try to be paid without a release, and what could take an honest developer's money.

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
const look = (releaseId: string) => story.get(ReleaseWatch).recheck(story.database, releaseId);
const windowOf = (releaseId: string) => story.database.verification.findUniqueOrThrow({ where: { releaseId } });
const releaseOf = (id: string) => story.database.release.findUniqueOrThrow({ where: { id } });
const setPrivate = (told: Told, yes: boolean) => story.market.github.setPrivate({ ...told.repository, private: yes });
const until = async (at: Date, less = 0) =>
  `${(at.getTime() - (await story.database.now()).getTime()) / 1000 - less} seconds`;
const unclearLicence = { "f.js": "1;\n", "package.json": JSON.stringify({ name: "x", license: "Apache-2.0" }) };

/** A verb of the verifier, replaced for one call. */
function once<Verb extends "recheck" | "verifyRelease">(
  verb: Verb,
  act: (real: ForgeVerifier[Verb]) => ForgeVerifier[Verb],
) {
  const verifier = story.market.parts.verifier;
  const real = verifier[verb];
  verifier[verb] = act(((...args: never[]) => {
    verifier[verb] = real;
    return (real as (...all: never[]) => unknown)(...args);
  }) as ForgeVerifier[Verb]);
}

test("a window that starts again after a final pass is watched like the first, and private code in it is not paid for", async () => {
  const told = await inVerification(story, sums);
  await story.wind("7 days 1 minute");
  expect((await windowOf(told.releaseId)).endedAt).not.toBeNull();
  await setPrivate(told, true);
  await story.market.wind(await until((await dueAt(story, "window_ends", told.developmentId))!, -60));
  await story.drain();
  expect(await windowOf(told.releaseId)).toMatchObject({ suspendedCode: "not_public", endedAt: null });
  await setPrivate(told, false);
  await story.wind("1 hour");
  expect(await windowOf(told.releaseId)).toMatchObject({ suspendedAt: null, restarts: 1 });
  await setPrivate(told, true);
  for (let half = 0; half < 8; half += 1) await story.wind("12 hours");
  expect(await endingOf(story, told.developmentId)).toBe("release_failed");
  expect(await story.stage(told.proposalId)).toBe("open");
});

test("a look that was overtaken by another changes nothing: neither a glance nor the final check", async () => {
  const told = await inVerification(story, sums, 14);
  await story.market.wind("1 day");
  const gone = async () => {
    await setPrivate(told, true);
    await look(told.releaseId);
  };
  once("recheck", (real) => async (...args) => {
    const early = await real(...args);
    await gone();
    return early;
  });
  await look(told.releaseId);
  expect(await windowOf(told.releaseId)).toMatchObject({ suspendedCode: "not_public", restarts: 0 });
  await setPrivate(told, false);
  await look(told.releaseId);
  await story.market.wind(await until((await windowOf(told.releaseId)).endsAt, -1));
  once("verifyRelease", (real) => async (input) => {
    const passed = await real(input);
    await gone();
    return passed;
  });
  await story.drain();
  expect(await story.stage(told.proposalId)).toBe("in_verification");
  expect(await windowOf(told.releaseId)).toMatchObject({ suspendedCode: "not_public", endedAt: null });
  await setPrivate(told, false);
  await story.decline("dave", told.developmentId);
});

test("suspended over the end of its window, it is looked at again, and paid once it is in order", async () => {
  const told = await inVerification(story, sums, 14);
  for (const hidden of [true, false]) {
    await setPrivate(told, hidden);
    await look(told.releaseId);
  }
  await story.market.wind(await until((await windowOf(told.releaseId)).endsAt, 20 * 60));
  await setPrivate(told, true);
  await look(told.releaseId);
  await story.wind("21 minutes");
  expect(await dueAt(story, "window_ends", told.developmentId)).not.toBeNull();
  await setPrivate(told, false);
  await story.wind("1 hour");
  await story.wind("1 hour");
  expect(await story.stage(told.proposalId)).toBe("settled");
});

test("a word for the release from before it was away does not shorten the window that starts again", async () => {
  const told = await inVerification(story, sums, 14);
  await story.confirm("alice", told.releaseId);
  await story.wind("8 days");
  await setPrivate(told, true);
  await look(told.releaseId);
  await setPrivate(told, false);
  await look(told.releaseId);
  const { endsAt } = await windowOf(told.releaseId);
  await story.confirm("bob", told.releaseId);
  expect((await windowOf(told.releaseId)).endsAt).toEqual(endsAt);
  await story.confirm("alice", told.releaseId);
  expect((await windowOf(told.releaseId)).endsAt < endsAt, "said again, it counts").toBe(true);
  await story.decline("dave", told.developmentId);
});

test("code that was paid for is not new again, although our copy of its repository is gone", async () => {
  const told = await inVerification(story, sums);
  await story.wind("30 days");
  expect(await story.stage(told.proposalId)).toBe("settled");
  await story.get(MirrorKeeping).sweep(story.database);
  const parent = await story.market.github.bare(told.repository).git(["rev-parse", `${told.commit}^`]);
  const move = (sha: string) =>
    story.market.github.setRef({ ...told.repository, ref: "refs/heads/main", sha: sha.trim() });
  await move(parent);
  const proposalId = await story.propose("alice", "Read threads without a connection");
  const developmentId = await story.reserve("dave", proposalId, told.repository.url);
  await story.openPreview("dave", developmentId);
  await story.pledge("alice", developmentId, 2000n);
  await story.wind("3 days");
  await story.chooseRelease("dave", developmentId);
  await move(told.commit);
  const again = await story.submitRelease("dave", developmentId, told.commit);
  expect(await releaseOf(again)).toMatchObject({ state: "failed", failureCode: "not_new" });
  await story.decline("dave", developmentId);
});

test("what waits for a person does not run out of its developer's time, and another commit takes its place unpunished", async () => {
  const told = await releasing(story, sums);
  await story.market.wind("70 hours");
  const first = await story.submitRelease(
    "dave",
    told.developmentId,
    await story.push(told.repository, unclearLicence),
  );
  expect(await releaseOf(first)).toMatchObject({ state: "needs_human" });
  await story.wind("90 minutes");
  const failing = { "package.json": null as unknown as string, LICENSE: null as unknown as string };
  const second = await story.submitRelease("dave", told.developmentId, await story.push(told.repository, failing));
  expect(await releaseOf(first)).toMatchObject({ state: "failed", failureCode: "superseded" });
  expect(await releaseOf(second)).toMatchObject({ state: "failed", failureCode: "license_missing" });
  expect(await story.stage(told.proposalId), "the one cure is still to come").toBe("releasing");
  const asked = { subjectId: first, doneAt: null };
  expect(await story.database.operatorTask.count({ where: asked })).toBe(0);
  await story.decline("dave", told.developmentId);
  const late = await releasing(story, sums);
  await story.market.wind("70 hours");
  await story.submitRelease("dave", late.developmentId, await story.push(late.repository, unclearLicence));
  await story.wind("3 hours");
  expect(await story.stage(late.proposalId), "a person has not answered yet").toBe("releasing");
  await story.wind("5 days");
  expect(await endingOf(story, late.developmentId), "seven days in all").toBe("release_failed");
});

test("a person's answer is written down for the question it was given to, and for no other", async () => {
  const told = await releasing(story, sums);
  const releaseId = await story.submitRelease(
    "dave",
    told.developmentId,
    await story.push(told.repository, unclearLicence),
  );
  const frank = await story.party("frank");
  const answer = async (about: string, accepted: boolean) => {
    const task = await story.database.operatorTask.findFirstOrThrow({
      where: { key: { startsWith: `release:${releaseId}:${about}` }, doneAt: null },
    });
    const given = { note: "It was looked at with care.", accepted };
    await story.database.transact((tx) => story.get(OperatorTaskService).complete(tx, frank, task.id, given));
    await story.drain();
  };
  await answer("license_ambiguous", true);
  expect(await story.stage(told.proposalId)).toBe("in_verification");
  story.market.github.setMode("503");
  for (let half = 0; half < 8; half += 1) await story.market.wind("12 hours").then(() => look(releaseId));
  story.market.github.setMode("ok");
  await answer("outage_over_cap", false);
  const findings = await story.database.releaseFinding.findMany({ where: { releaseId }, orderBy: { id: "asc" } });
  expect(findings.map(({ reason, accepted }) => [reason, accepted])).toEqual([
    ["license_ambiguous", true],
    ["outage_over_cap", false],
  ]);
  await story.decline("dave", told.developmentId);
});

test("two looks that are stored at the same time stand in one chain, whichever began first", async () => {
  const told = await inVerification(story, sums, 14);
  const { report } = await story.database.verificationReport.findFirstOrThrow({ where: { releaseId: told.releaseId } });
  const begun = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const keep = (wait: Promise<void>, opened: () => void) =>
    story.database.transact(async (tx) => {
      await tx.release.findUniqueOrThrow({ where: { id: told.releaseId } });
      opened();
      await wait;
      await lockDevelopment(tx, told.developmentId);
      await story.get(Reports).keep(tx, told.releaseId, report as unknown as Report, await now(tx));
    });
  const first = keep(gate.promise, begun.resolve);
  await begun.promise;
  await keep(Promise.resolve(), () => {});
  gate.resolve();
  await first;
  const file = await story.get(ReleaseQueries).evidence(told.releaseId);
  expect([file.links.length, replay(file).faults]).toEqual([3, []]);
  expect((await story.get(ReleaseQueries).release(told.releaseId)).newestLink).toBe(file.links.at(-1)!.link);
  await story.decline("dave", told.developmentId);
});

test("a verifier that cannot look at all on the latest day does not keep the money", async () => {
  const told = await inVerification(story, sums, 14);
  await story.dispute("alice", told.releaseId);
  const { verifier } = story.market.parts;
  const { recheck, verifyRelease } = verifier;
  verifier.recheck = verifier.verifyRelease = () => Promise.reject(new Error("ENOSPC: no space left on device, write"));
  const { decideBy } = await story.database.development.findUniqueOrThrow({ where: { id: told.developmentId } });
  await story.market.wind(await until(decideBy!, -60));
  await story.database.deadline.updateMany({ where: { doneAt: null }, data: { nextTryAt: new Date(0) } });
  await story.get(DeadlineService).sweep(() => {});
  Object.assign(verifier, { recheck, verifyRelease });
  await story.drain();
  expect(await fates(story, told)).toEqual({ alice: "refunded whole 2095", bob: "refunded whole 1065" });
});
