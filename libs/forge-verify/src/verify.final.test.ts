import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createForgeVerifier, type ForgeVerifier } from "./index.ts";
import { later, passes, StoriesOnGitHub } from "./testing/story-on-github.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let world: StoriesOnGitHub;
let between: Server;
let verifier: ForgeVerifier;
/** The server between shows branches as before, and hands out nothing any more. */
let mute = false;

beforeAll(async () => {
  world = await StoriesOnGitHub.start();
  between = createServer((asked, answer) => {
    const chunks: Buffer[] = [];
    asked.on("data", (chunk: Buffer) => chunks.push(chunk));
    asked.on("end", () => {
      const body = Buffer.concat(chunks);
      if (mute && body.includes("command=fetch")) return answer.writeHead(500).end();
      const headers = { ...asked.headers, host: world.github.host };
      const on = request(world.github.url + asked.url!, { method: asked.method!, headers }, (from) => {
        answer.writeHead(from.statusCode!, from.headers);
        from.pipe(answer);
      });
      on.end(body);
    });
  });
  await new Promise<void>((resolve) => between.listen(0, "127.0.0.1", resolve));
  const { port } = between.address() as AddressInfo;
  verifier = createForgeVerifier({
    mirrorsDir: path.join(world.folder, "between"),
    githubApiUrl: world.github.apiUrl,
    githubWebUrl: world.github.webUrl.replace(world.github.host, `127.0.0.1:${port}`),
    allowPrivateAddresses: [world.github.host, `127.0.0.1:${port}`],
    limits: { minFreeBytes: 0 },
  });
});
afterAll(async () => {
  between.close();
  await world.close();
});

describe("a server that goes on showing the branch", () => {
  it("but no longer hands out the code passes glances, and never the final look", async () => {
    const story = await world.begin();
    const taken = await verifier.takeBaseline({ repository: story.repository, mirrorKey: "a", at: later });
    if (!taken.ok) throw new Error(taken.fault);
    const commit = await world.publish(story);
    const input = {
      repository: story.repository,
      baseline: taken.value,
      mirrorKey: "a",
      commit,
      branch: "main",
      at: later,
    };
    const release = await verifier.verifyRelease({ ...input, phase: "release" });
    expect(release.verdict).toEqual(passes);
    mute = true;
    const recheck = await verifier.recheck({ ...input, phase: "recheck" }, release);
    expect(recheck).toMatchObject({ verdict: passes, policy: { phase: "glance" } });
    const at = later.toISOString();
    const window = { from: at, until: at, looks: 2, good: 2, unobservedMs: 0, movedMs: 0, gone: null };
    const last = () => verifier.verifyRelease({ ...input, phase: "final", window });
    expect((await last()).verdict).toMatchObject({ kind: "inconclusive" });
    mute = false;
    expect((await last()).verdict).toEqual(passes);
  });
});
