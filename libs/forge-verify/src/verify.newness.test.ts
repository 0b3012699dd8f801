import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { digestOf } from "./index.ts";
import { asks, failed, later, passes, StoriesOnGitHub } from "./testing/story-on-github.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
let world: StoriesOnGitHub;
beforeAll(async () => {
  world = await StoriesOnGitHub.start();
});
afterAll(() => world.close());

const code = (name: string, lines = 30) =>
  Array.from({ length: lines }, (_, n) => `export const ${name}${n} = compute("${name}", ${n});\n`).join("");
const feature = { "src/feature.js": code("feature"), "src/more.js": code("more") };
const unclear = asks("newness_unclear");

describe("code that was public before the development started", () => {
  it("fails for a commit of the beginning, and for an empty commit on top of it", async () => {
    const story = await world.begin();
    expect((await world.verify(story, await world.head(story))).verdict).toEqual(failed("not_new"));
    const empty = await world.publish(story, {});
    expect((await world.verify(story, empty)).verdict).toEqual(failed("not_new"));
  });

  it("fails for a side branch or a tag that is merged, squashed or picked now, also on top of other work", async () => {
    const story = await world.begin();
    const root = await world.head(story);
    await world.publish(story, { "a.js": "1\n" });
    const { github } = world;
    const side = await github.forcePush({ ...story.at, branch: "side", to: root, files: feature });
    await github.setRef({ ...story.at, ref: "refs/tags/old", sha: side });
    await github.setRef({ ...story.at, ref: "refs/heads/side", sha: null });
    const again = await world.beginAgain(story);
    const main = await world.head(story);
    const squashed = await world.publish(story, feature);
    expect((await world.verify(again, squashed)).verdict).toEqual(failed("not_new"));
    const merged = await github.forcePush({ ...story.at, to: main, files: feature, mergeOf: [side] });
    expect((await world.verify(again, merged)).verdict).toEqual(failed("not_new"));
  });

  it("fails for a change that is picked onto a file which others changed meanwhile", async () => {
    const base = code("old");
    const story = await world.begin({ files: { "a.js": base } });
    const root = await world.head(story);
    const change = { "a.js": `${base}\nexport const added = "at the end";\n` };
    await world.github.forcePush({ ...story.at, branch: "side", to: root, files: change });
    await world.publish(story, { "a.js": `import "top";\n${base}` });
    const again = await world.beginAgain(story);
    const picked = await world.publish(story, { "a.js": `import "top";\n${change["a.js"]}` });
    expect((await world.verify(again, picked)).verdict).toEqual(failed("not_new"));
  });

  it("fails for a feature that was taken out and is put back, also under other names or in another folder", async () => {
    const story = await world.begin({ files: feature });
    await world.publish(story, { "src/feature.js": null, "src/more.js": null, "b.js": "1\n" });
    const again = await world.beginAgain(story);
    const back = await world.publish(story, feature);
    expect((await world.verify(again, back)).verdict).toEqual(failed("not_new"));
    const moved = { "lib/one.js": feature["src/feature.js"], "lib/two.js": feature["src/more.js"] };
    const renamed = await world.publish(story, { "src/feature.js": null, "src/more.js": null, ...moved });
    expect((await world.verify(again, renamed)).verdict).toEqual(failed("not_new"));
  });

  it("fails for a merge that only joins two old lines, and asks a person when both changed one file", async () => {
    const base = code("base");
    const story = await world.begin({ files: { "a.js": base } });
    const root = await world.head(story);
    const { github } = world;
    const onSide = { "a.js": `${base}\n${code("side", 5)}`, "side.js": "export const side = 1;\n" };
    const side = await github.forcePush({ ...story.at, branch: "side", to: root, files: onSide });
    await world.publish(story, { "a.js": `${code("main", 5)}\n${base}` });
    const again = await world.beginAgain(story);
    const main = await world.head(story);
    const apart = await github.forcePush({
      ...story.at,
      to: main,
      files: { "side.js": onSide["side.js"] },
      mergeOf: [side],
    });
    expect((await world.verify(again, apart)).verdict).toEqual(failed("not_new"));
    const joined = { ...onSide, "a.js": `${code("main", 5)}\n${onSide["a.js"]}` };
    const both = await github.forcePush({ ...story.at, to: main, files: joined, mergeOf: [side] });
    expect((await world.verify(again, both)).verdict).toEqual(unclear);
  });

  it("asks a person about old code with a blank line more in each file, other indentation, or its lines shuffled", async () => {
    const story = await world.begin();
    const root = await world.head(story);
    await world.github.forcePush({ ...story.at, branch: "side", to: root, files: feature });
    const again = await world.beginAgain(story);
    for (const dress of [
      (text: string) => `\n${text}`,
      (text: string) => text.replaceAll(/^/gm, "\t").replaceAll(" = ", "="),
      (text: string) => text.split("\n").toReversed().join("\n"),
    ]) {
      const files = { "new/place.js": dress(feature["src/feature.js"]), "new/more.js": dress(feature["src/more.js"]) };
      const dressed = await world.github.forcePush({ ...story.at, branch: "main", to: root, files });
      expect((await world.verify(again, dressed)).verdict).toEqual(unclear);
    }
  });

  it("asks a person about a version bump with old code, and passes when the code is new", async () => {
    const story = await world.begin({ files: { "package.json": '{ "version": "1.0.0" }\n' } });
    const root = await world.head(story);
    await world.github.forcePush({ ...story.at, branch: "side", to: root, files: feature });
    const again = await world.beginAgain(story);
    const bump = { "package.json": '{ "version": "2.0.0" }\n' };
    const old = await world.publish(story, { ...bump, ...feature });
    const report = await world.verify(again, old);
    expect(report.verdict).toEqual(unclear);
    expect(report.checks[5]?.sentence).toContain("all but 1");
    const fresh = await world.publish(story, { "src/feature.js": code("fresh") });
    const passed = await world.verify(again, fresh);
    expect(passed.verdict).toEqual(passes);
    expect(passed.checks[5]?.sentence).toContain("1 of them has contents that were public before");
  });

  it("remembers an earlier attempt that was pushed away before this beginning and is released again", async () => {
    const story = await world.begin();
    const base = await world.head(story);
    const earlier = await world.publish(story);
    await world.verify(story, earlier);
    await world.github.forcePush({ ...story.at, branch: "main", to: base });
    const again = { ...story, baseline: await world.baselineOf(story.repository, story.mirrorKey, later) };
    await world.github.forcePush({ ...story.at, branch: "main", to: earlier });
    expect((await world.verify(again, earlier)).verdict).toEqual(failed("not_new"));
  });

  it("remembers an earlier attempt that was made in another repository", async () => {
    const theirs = await world.begin();
    await world.publish(theirs, feature);
    const attempt = await world.beginAgain(theirs);
    const story = await world.begin();
    const commit = await world.publish(story, feature);
    expect((await world.verify(story, commit)).verdict).toEqual(passes);
    const earlier = [attempt.baseline];
    expect((await world.verify(story, commit, { earlier })).verdict).toEqual(failed("not_new"));
    await world.verifier.forget(attempt.mirrorKey);
    expect((await world.verify(story, commit, { earlier })).verdict).toEqual(asks("baseline_unavailable"));
  });

  it("asks a person when what was public at the beginning was changed or lost in our own keeping", async () => {
    const story = await world.begin();
    const commit = await world.publish(story);
    const forged = { ...story.baseline, refs: {} };
    expect((await world.verify({ ...story, baseline: forged }, commit)).verdict).toEqual(asks("baseline_unavailable"));
    const { digest: _digest, ...plain } = { ...story.baseline, refs: { "refs/heads/main": "1".repeat(40) } };
    const lost = { ...plain, digest: digestOf(plain) };
    expect((await world.verify({ ...story, baseline: lost }, commit)).verdict).toEqual(asks("baseline_unavailable"));
  });

  it("is compared also when it lies in another mirror", async () => {
    const story = await world.begin();
    const commit = await world.publish(story);
    expect((await world.verify(story, commit, { mirrorKey: "another/one" })).verdict).toEqual(passes);
  });
});
