import { createHash, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { asks, passes, StoriesOnGitHub } from "./testing/story-on-github.ts";
import { patientLimits, standardLimits } from "./verifier-options.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
let world: StoriesOnGitHub;
beforeAll(async () => {
  world = await StoriesOnGitHub.start();
});
afterAll(() => world.close());

const tooLarge = asks("repo_too_large");
const noise = (bytes: number) => randomBytes(bytes).toString("base64");

describe("a repository larger than we look at by ourselves", () => {
  it("passes when a person lets us look again with more patience, at every look of the window", async () => {
    const story = await world.begin();
    const by = world.newVerifier({ limits: { maxPackBytes: 150_000, maxBundleBytes: 150_000 } });
    const commit = await world.publish(story, { "noise.txt": noise(400_000) });
    expect((await world.verify(story, commit, {}, by)).verdict).toEqual(tooLarge);
    expect((await world.verify(story, commit, { patience: 2 }, by)).verdict).toEqual(tooLarge);
    const release = await world.verify(story, commit, { patience: 4 }, by);
    expect(release.verdict).toEqual(passes);
    const { repository, baseline, mirrorKey } = story;
    const at = new Date("2026-05-27T12:00:00Z");
    const input = {
      repository,
      baseline,
      mirrorKey,
      commit,
      branch: "main",
      at,
      phase: "recheck" as const,
      patience: 4,
    };
    expect((await by.recheck(input, release)).verdict).toEqual(passes);
    await world.publish(story);
    expect((await by.recheck(input, release)).verdict).toEqual(passes);
  });

  it("is never looked at without end, however much patience is asked for", async () => {
    const story = await world.begin();
    const by = world.newVerifier({ limits: { maxPackBytes: 60_000 } });
    const commit = await world.publish(story, { "noise.txt": noise(400_000) });
    for (const patience of [5, 50, Number.POSITIVE_INFINITY, Number.NaN, -3]) {
      expect([patience, (await world.verify(story, commit, { patience }, by)).verdict]).toEqual([patience, tooLarge]);
    }
    expect(patientLimits(standardLimits, 50)).toEqual(patientLimits(standardLimits, 5));
    expect(patientLimits(standardLimits, 0.1)).toEqual({ ...standardLimits, patience: 1 });
    const { maxMemoryBytes, minFreeBytes, requestTimeoutMs } = patientLimits(standardLimits, 5);
    expect(standardLimits).toMatchObject({ maxMemoryBytes, minFreeBytes, requestTimeoutMs });
  });

  it("may also have many branches, submodules and large files kept beside it", async () => {
    const bytes = Buffer.alloc(30_000, "a picture\n");
    const oid = createHash("sha256").update(bytes).digest("hex");
    const lfs = createServer((request, response) => {
      if (request.method === "GET") return void response.end(bytes);
      const href = `http://${host}/object`;
      response.end(JSON.stringify({ objects: [{ oid, actions: { download: { href } } }] }));
    });
    await new Promise<void>((resolve) => lfs.listen(0, "127.0.0.1", resolve));
    const host = `127.0.0.1:${(lfs.address() as AddressInfo).port}`;
    try {
      const by = (limits: object) => world.newVerifier({ allow: [world.github.host, host], limits });
      const story = await world.begin();
      const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize ${bytes.length}\n`;
      const commit = await world.publish(story, {
        "feature.bin": pointer,
        ".lfsconfig": `[lfs]\n\turl = http://${host}/files\n`,
      });
      const parts = await Promise.all([world.begin(), world.begin()]);
      const modules = parts.map(({ at }, n) => `[submodule "${n}"]\n\tpath = p${n}\n\turl = ../${at.name}.git\n`);
      await world.publish(story, { ".gitmodules": modules.join("") });
      const heads = await Promise.all(parts.map((part) => world.head(part)));
      const whole = await world.commitEntries(
        story,
        heads.map((sha, n) => `160000 commit ${sha}\tp${n}`),
      );
      for (const name of ["a", "b", "c"])
        await world.github.setRef({ ...story.at, ref: `refs/heads/${name}`, sha: commit });
      for (const limits of [{ maxLfsBytes: 20_000 }, { maxSubmodules: 1 }, { maxRefs: 3 }]) {
        expect([limits, (await world.verify(story, whole, {}, by(limits))).verdict]).toEqual([limits, tooLarge]);
        const patient = await world.verify(story, whole, { patience: 2 }, by(limits));
        expect([limits, patient.verdict]).toEqual([limits, passes]);
      }
    } finally {
      lfs.closeAllConnections();
      lfs.close();
    }
  });
});
