import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { asks, failed, later, passes, StoriesOnGitHub } from "./testing/story-on-github.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
let world: StoriesOnGitHub;
beforeAll(async () => {
  world = await StoriesOnGitHub.start();
});
afterEach(() => world.github.setMode("ok"));
afterAll(() => world.close());

describe("a repository that is not public", () => {
  it("case 8: never passes while it is private, also when our own token may read it", async () => {
    const story = await world.begin();
    const commit = await world.publish(story);
    await world.github.setPrivate({ ...story.at, private: true });
    expect((await world.verify(story, commit)).verdict).toEqual(failed("not_public"));
    const withToken = world.newVerifier({ githubToken: world.github.tokenFor("dave") });
    expect((await world.verify(story, commit, {}, withToken)).verdict).toEqual(failed("not_public"));
    await world.github.setPrivate({ ...story.at, private: false });
    expect((await world.verify(story, commit)).verdict).toEqual(passes);
  });

  it("fails when it was deleted", async () => {
    const story = await world.begin();
    const commit = await world.publish(story);
    await world.github.deleteRepository(story.at);
    expect((await world.verify(story, commit, { phase: "recheck" })).verdict).toEqual(failed("not_public"));
  });

  it("fails for good when another repository has taken its name", async () => {
    const story = await world.begin();
    const commit = await world.publish(story);
    await world.github.deleteRepository(story.at);
    await world.github.createRepository({ ...story.at, license: "MIT" });
    const { verdict } = await world.verify(story, commit);
    expect(verdict).toEqual({ kind: "fail", code: "identity_changed", cure: null });
  });

  it("asks a person when the forge and git contradict each other", async () => {
    const story = await world.begin();
    const commit = await world.publish(story);
    world.github.setMode("404", { ...story.at, part: "git" });
    const { verdict } = await world.verify(story, commit);
    world.github.setMode("ok", { ...story.at, part: "git" });
    expect(verdict).toEqual(asks("visibility_conflict"));
  });
});

describe("a forge that does not answer", () => {
  it.each([
    ["503", "server_error"],
    ["429", "rate_limited"],
    ["hang", "timeout"],
    ["reset", "server_error"],
  ] as const)("gives no verdict on %s, for the API and for git, and passes afterwards", async (mode, cause) => {
    const story = await world.begin();
    const commit = await world.publish(story);
    for (const part of ["api", "git"] as const) {
      world.github.setMode(mode, { part });
      // A verifier of its own, since one remembers how long a forge asked it to wait.
      const by = world.newVerifier(mode === "hang" ? { limits: { requestTimeoutMs: 300 } } : {});
      const { verdict } = await world.verify(story, commit, { phase: "recheck" }, by);
      world.github.setMode("ok", { part });
      expect(verdict).toMatchObject({ kind: "inconclusive", cause });
      const retryAt = verdict.kind === "inconclusive" ? Date.parse(verdict.retryAt) - later.getTime() : 0;
      if (mode === "429") expect(retryAt).toBeGreaterThan(5000);
    }
    expect((await world.verify(story, commit, {}, world.newVerifier())).verdict).toEqual(passes);
  });

  it("waits until the hourly allowance is renewed", async () => {
    const story = await world.begin();
    const commit = await world.publish(story);
    world.github.setRateLimit(0);
    const { verdict } = await world.verify(story, commit, {}, world.newVerifier());
    world.github.setRateLimit(5000);
    expect(verdict).toMatchObject({ kind: "inconclusive", cause: "rate_limited" });
  });

  it("case 11: hands a legal block to a person", async () => {
    const story = await world.begin();
    const commit = await world.publish(story);
    world.github.setMode("451");
    expect((await world.verify(story, commit, {}, world.newVerifier())).verdict).toEqual(asks("legal_block"));
    world.github.setMode("ok");
    world.github.setMode("451", { part: "git" });
    expect((await world.verify(story, commit, {}, world.newVerifier())).verdict).toEqual(asks("legal_block"));
    world.github.setMode("ok", { part: "git" });
  });
});

describe("addresses", () => {
  it("are never asked when they are private and not allowed by name", async () => {
    const story = await world.begin();
    const commit = await world.publish(story);
    const before = world.github.requests.length;
    const { verdict } = await world.verify(story, commit, {}, world.newVerifier({ allow: [] }));
    expect(verdict).toMatchObject({ kind: "inconclusive", cause: "unsafe_url" });
    expect(world.github.requests).toHaveLength(before);
  });

  it("are understood as a page, a clone address and a plain name, private told from public", async () => {
    const { at, repository } = await world.begin();
    const slug = `${at.owner}/${at.name}`;
    const { url } = world.github;
    for (const typed of [slug, `${url}/${slug}`, `${url}/${slug}.git`, `${url}/${slug}/tree/main?x=1#y`]) {
      const found = await world.verifier.resolve(typed);
      expect(found.ok && { id: found.value.stableId, visibility: found.value.visibility }).toEqual({
        id: repository.stableId,
        visibility: "public",
      });
    }
    await world.github.setPrivate({ ...at, private: true });
    expect(await world.verifier.resolve(slug)).toMatchObject({ ok: false, fault: "not_found" });
    const seen = await world.newVerifier({ githubToken: world.github.tokenFor("dave") }).resolve(slug);
    expect(seen).toMatchObject({ ok: true, value: { visibility: "private" } });
  });
});
