import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { failed, passes, StoriesOnGitHub } from "./testing/story-on-github.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
let world: StoriesOnGitHub;
beforeAll(async () => {
  world = await StoriesOnGitHub.start();
});
afterAll(() => world.close());

describe("a commit that is not on the agreed branch", () => {
  it("case 12: fails when it lives only in a fork, though the forge hands it out by its id", async () => {
    const story = await world.begin();
    const fork = { owner: "mallory", name: story.at.name };
    await world.github.fork({ ...fork, from: story.at });
    const commit = await world.github.commit({ ...fork, files: { "x.js": "1\n" }, message: "Only in the fork" });
    expect(await world.github.bare(story.at).git(["cat-file", "-t", commit])).toBe("commit");
    expect((await world.verify(story, commit)).verdict).toEqual(failed("commit_not_reachable"));
  });

  it("cases 13 and 14: fails when it is only a pull request, a tag, or a side branch", async () => {
    const story = await world.begin();
    const { github } = world;
    const side = await github.commit({ ...story.at, branch: "side", files: { "x.js": "1\n" }, message: "Beside" });
    await github.setRef({ ...story.at, ref: "refs/heads/side", sha: null });
    await github.setRef({ ...story.at, ref: "refs/pull/7/head", sha: side });
    expect((await world.verify(story, side)).verdict).toEqual(failed("commit_not_reachable"));
    await github.setRef({ ...story.at, ref: "refs/tags/v1", sha: side });
    expect((await world.verify(story, side)).verdict).toEqual(failed("commit_not_reachable"));
    await github.setRef({ ...story.at, ref: "refs/heads/side", sha: side });
    expect((await world.verify(story, side)).verdict).toEqual(failed("commit_not_reachable"));
    expect((await world.verify(story, side, { branch: "side" })).verdict).toEqual(passes);
  });

  it("fails when a tag's own id is given for the commit's, or a file's or a folder's", async () => {
    const story = await world.begin();
    const commit = await world.publish(story);
    const bare = world.github.bare(story.at);
    const who = "tagger dave <d@freehold.test> 1770000000 +0000";
    const text = `object ${commit}\ntype commit\ntag v1\n${who}\n\nFirst\n`;
    const tag = await bare.git(["mktag"], { input: text });
    await world.github.setRef({ ...story.at, ref: "refs/tags/v1", sha: tag });
    const tree = await bare.git(["rev-parse", `${commit}^{tree}`]);
    const blob = await bare.git(["rev-parse", `${commit}:LICENSE`]);
    await world.github.setRef({ ...story.at, ref: "refs/tags/tree", sha: tree });
    await world.github.setRef({ ...story.at, ref: "refs/tags/blob", sha: blob });
    for (const other of [tag, tree, blob]) {
      expect((await world.verify(story, other)).verdict).toEqual(failed("commit_not_reachable"));
    }
    expect((await world.verify(story, commit)).verdict).toEqual(passes);
    // Tags of folders and files are part of the beginning too, and no commit is behind them.
    const again = await world.beginAgain(story);
    expect((await world.verify(again, await world.publish(again, { "next.js": "next\n" }))).verdict).toEqual(passes);
  });

  it("fails for names that git cannot have, without asking anybody", async () => {
    const story = await world.begin();
    const commit = await world.publish(story);
    const before = world.github.requests.length;
    for (const branch of ["--upload-pack=touch /tmp/x", "a..b", "", "HEAD", "-d", "a\u0000b", "a b", "a.lock"]) {
      expect((await world.verify(story, commit, { branch })).verdict).toEqual(failed("commit_not_reachable"));
    }
    for (const bad of ["main", "--all", commit.slice(0, 12), `${commit}^`, "0".repeat(64), "HEAD@{1}"]) {
      expect((await world.verify(story, bad)).verdict).toEqual(failed("commit_not_reachable"));
    }
    expect(world.github.requests).toHaveLength(before);
  });

  it("fails as withdrawn when it was pushed away during the window; our copy still holds it", async () => {
    const story = await world.begin();
    const base = await world.head(story);
    const commit = await world.publish(story);
    expect((await world.verify(story, commit)).verdict).toEqual(passes);
    await world.github.forcePush({ ...story.at, branch: "main", to: base, files: { "other.js": "2\n" } });
    expect((await world.verify(story, commit, { phase: "recheck" })).verdict).toEqual(failed("withdrawn_in_window"));
    await world.github.forcePush({ ...story.at, branch: "main", to: commit });
    expect((await world.verify(story, commit, { phase: "recheck" })).verdict).toEqual(passes);
  });

  it("passes a forced push that keeps the commit", async () => {
    const story = await world.begin();
    const commit = await world.publish(story);
    await world.publish(story, { "later.js": "3\n" });
    await world.github.forcePush({ ...story.at, branch: "main", to: commit, files: { "other.js": "4\n" } });
    expect((await world.verify(story, commit, { phase: "recheck" })).verdict).toEqual(passes);
  });
});
