import { readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { licenceText } from "@freehold/local-world";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { decide, digestOf, explain, remarksOn, type Report } from "./index.ts";
import { copyIn } from "./report.ts";
import { commitmentOf } from "./seal.ts";
import { sha256 } from "./evidence.ts";
import { asks, failed, later, noon, passes, StoriesOnGitHub } from "./testing/story-on-github.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
let world: StoriesOnGitHub;
beforeAll(async () => {
  world = await StoriesOnGitHub.start();
});
afterAll(() => world.close());

describe("a release that is really out", () => {
  it("passes every check, without any account, and says so in sentences", async () => {
    const story = await world.begin();
    const report = await world.verify(story, await world.publish(story));
    expect(report.verdict).toEqual(passes);
    expect(report.licence).toBe("MIT");
    expect(report.checks.map((check) => [check.name, check.outcome])).toEqual([
      ["safe-address", "ok"],
      ["identity", "ok"],
      ["public-now", "ok"],
      ["mirror", "ok"],
      ["reachable", "ok"],
      ["new-since-baseline", "ok"],
      ["licence", "ok"],
      ["complete-source", "ok"],
      ["preserved", "ok"],
    ]);
    expect(report.checks.every((check) => /^\S.+\.$/.test(check.sentence))).toBe(true);
    expect(explain(report.verdict)).toContain("public");
  });

  it("gives the same verdict and the same digest from the same evidence, at any later time", async () => {
    const story = await world.begin();
    const commit = await world.publish(story);
    const report = await world.verify(story, commit);
    const stored = JSON.parse(JSON.stringify(report)) as Report;
    const { digest, ...rest } = stored;
    expect(digestOf(rest)).toBe(digest);
    expect(decide(stored.observations, stored.policy)).toEqual(report.verdict);
    const bundle = report.observations.flatMap((one) =>
      one.check === "preserved" && "bundle" in one.facts ? [one.facts] : [],
    )[0];
    const again = bundle ? { copy: bundle } : {};
    expect((await world.verify(story, commit, again)).digest).toBe(digest);
    expect((await world.verify(story, commit, { ...again, at: noon })).digest).not.toBe(digest);
  });

  it("passes the final look on a copy fetched anew, which leaves nothing on the disk", async () => {
    const story = await world.begin();
    const commit = await world.publish(story);
    await world.verify(story, commit);
    const before = world.github.requests.length;
    const at = later.toISOString();
    const window = { from: at, until: at, looks: 1, good: 1, unobservedMs: 0, movedMs: 0, gone: null };
    const report = await world.verify(story, commit, { phase: "final", window });
    expect(report.verdict).toEqual(passes);
    expect(report.checks.at(-1)).toMatchObject({ name: "final", outcome: "ok" });
    const asked = world.github.requests.slice(before);
    // One REST request, two looks at the branches of two requests each, and the fetch of the new copy.
    expect(asked.filter((line) => line.includes("/repositories/"))).toHaveLength(1);
    expect(asked.length).toBeGreaterThan(5);
    expect(readdirSync(path.join(world.folder, "mirrors")).filter((name) => name.includes("anew"))).toEqual([]);
  });

  it("asks two questions for a look again when nothing has moved, and fetches no pack", async () => {
    const story = await world.begin();
    const commit = await world.publish(story);
    const first = await world.verify(story, commit);
    const before = world.github.requests.length;
    const { repository, baseline, mirrorKey } = story;
    const input = { repository, baseline, mirrorKey, commit, branch: "main", at: later, phase: "recheck" as const };
    const again = await world.verifier.recheck(input, first);
    expect(again).toMatchObject({ verdict: passes, policy: { phase: "glance" } });
    expect(again.checks.map((check) => check.name)).toEqual(["safe-address", "public-now", "held"]);
    expect(world.github.requests.slice(before)).toHaveLength(2);
    await world.publish(story, { "more.js": "1\n" });
    expect(await world.verifier.recheck(input, first)).toMatchObject({ verdict: passes, policy: { phase: "recheck" } });
  });

  it("says of a later look what has happened since and decides nothing: a rewritten branch, another licence, an archive", async () => {
    const story = await world.begin();
    const commit = await world.publish(story);
    await world.verify(story, commit);
    await world.publish(story, { "later.js": "1\n" });
    await world.verify(story, commit, { phase: "recheck" });
    await world.github.setRef({ ...story.at, ref: "refs/heads/main", sha: commit });
    await world.publish(story, { LICENSE: licenceText("ISC", "dave") });
    await world.github.setArchived({ ...story.at, archived: true });
    const report = await world.verify(story, commit, { phase: "recheck" });
    expect(report).toMatchObject({ verdict: passes, licence: "MIT" });
    expect(remarksOn(report.observations)).toBe(
      " It is archived. The branch was rewritten since we last copied it. Its newest commit is under ISC; what was released keeps its own.",
    );
    expect(remarksOn((await world.verify(story, commit)).observations), "a first look has nothing before it").toBe(
      " It is archived.",
    );
  });

  it("case 5: stays the same repository under a new name and a new owner", async () => {
    const story = await world.begin();
    const commit = await world.publish(story);
    const { name } = story.at;
    await world.github.rename({ owner: "dave", name, toOwner: "larkspur", toName: `${name}-moved` });
    const report = await world.verify(story, commit, { phase: "recheck" });
    expect(report.verdict).toEqual(passes);
    expect(report.checks[1]?.sentence).toContain(`larkspur/${name}-moved`);
  });

  it("case 6: passes an archived repository, and one whose default branch was renamed", async () => {
    const story = await world.begin();
    const commit = await world.publish(story);
    await world.github.setArchived({ ...story.at, archived: true });
    await world.github.setRef({ ...story.at, ref: "refs/heads/trunk", sha: commit });
    await world.github.setDefaultBranch({ ...story.at, branch: "trunk" });
    await world.github.setRef({ ...story.at, ref: "refs/heads/main", sha: null });
    const report = await world.verify(story, commit, { phase: "recheck" });
    expect(report.verdict).toEqual(passes);
    expect(report.checks[4]?.sentence).toContain("trunk, which has taken the place of main");
  });
});

describe("the copy that is kept of a release", () => {
  it("is asked for at every later look, and a person looks when it is gone or changed", async () => {
    const story = await world.begin();
    const commit = await world.publish(story);
    const report = await world.verify(story, commit);
    const copy = copyIn(report);
    if (!copy) throw new Error("no copy was kept");
    expect((await world.verify(story, commit, { phase: "recheck", copy })).verdict).toEqual(passes);
    const { sha256: name } = copy.bundle;
    writeFileSync(path.join(world.folder, "mirrors", "evidence", name.slice(0, 2), name), "something else");
    expect((await world.verify(story, commit, { phase: "recheck", copy })).verdict).toEqual(asks("copy_unavailable"));
  });
});

describe("case 4: a sealed preview that is released by squash or rebase", () => {
  it("passes under another commit id, wherever the branch stands, and fails for other files or another nonce", async () => {
    const story = await world.begin();
    const base = await world.head(story);
    const on = { ...story.at, branch: "feature" };
    await world.github.commit({ ...on, files: { "feature.js": "1\n" }, message: "First try" });
    const shown = await world.github.commit({ ...on, files: { "feature.js": "export 2\n" }, message: "As shown" });
    const files = [{ path: "feature.js", mode: "100644", sha256: sha256("export 2\n") }];
    const seal = { commitment: commitmentOf(files, "nonce"), reveal: "nonce" };
    await world.github.setRef({ ...story.at, ref: "refs/heads/feature", sha: null });
    const squashed = await world.publish(story, { "feature.js": "export 2\n" });
    expect(squashed).not.toBe(shown);
    await world.publish(story, { "later.js": "4\n" });
    const report = await world.verify(story, squashed, { seal });
    expect(report.verdict).toEqual(passes);
    expect(report.checks.find((check) => check.name === "same-as-preview")?.outcome).toBe("ok");
    const wrong = { ...seal, reveal: "another" };
    expect((await world.verify(story, squashed, { seal: wrong })).verdict).toEqual(failed("commitment_mismatch"));
    const other = await world.github.forcePush({
      ...story.at,
      branch: "main",
      to: base,
      files: { "feature.js": "5\n" },
    });
    expect((await world.verify(story, other, { seal })).verdict).toEqual(failed("commitment_mismatch"));
  });
});

describe("several looks at once", () => {
  it("do not disturb each other: on one mirror or on several, by one worker or by two", async () => {
    const [one, two] = [await world.begin(), await world.begin()];
    const [first, second] = [await world.publish(one), await world.publish(two)];
    const otherWorker = world.newVerifier();
    const reports = await Promise.all([
      world.verify(one, first),
      world.verify(two, second),
      world.verify(one, first, {}, otherWorker),
      world.verify(one, second, {}, otherWorker),
    ]);
    expect(reports.map((report) => report.verdict.kind)).toEqual(["pass", "pass", "pass", "fail"]);
    expect(reports[2]?.observations[3]).toEqual(reports[0]?.observations[3]);
  });

  it("go on after a mirror was forgotten, with a person to say what is new when it held the beginning", async () => {
    const story = await world.begin();
    const commit = await world.publish(story);
    expect((await world.verify(story, commit)).verdict).toEqual(passes);
    await Promise.all([world.verifier.forget(story.mirrorKey), world.verifier.forget(story.mirrorKey)]);
    // What was the beginning is behind the released commit, so a new copy holds it again.
    expect((await world.verify(story, commit)).verdict).toEqual(passes);
    await world.github.forcePush({ ...story.at, branch: "main", files: { LICENSE: "none\n" } });
    await world.verifier.forget(story.mirrorKey);
    const head = await world.head(story);
    expect((await world.verify(story, head)).verdict).toEqual(failed("license_not_allowed"));
    expect((await world.verify(story, head)).checks[5]?.outcome).toBe("needs_human");
  });
});
