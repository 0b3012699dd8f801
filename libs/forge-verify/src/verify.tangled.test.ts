import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { startAtprotoNetwork, startKnot, type LocalKnot } from "@freehold/local-world";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createForgeVerifier, type Baseline, type ForgeVerifier, type RepositoryRef } from "./index.ts";

const folder = mkdtempSync(path.join(tmpdir(), "verify-tangled-"));
const noon = new Date("2026-05-01T12:00:00Z");
const later = new Date("2026-05-20T12:00:00Z");
vi.setConfig({ testTimeout: 60_000, hookTimeout: 90_000 });

let network: Awaited<ReturnType<typeof startAtprotoNetwork>>;
let knot: LocalKnot;
let verifier: ForgeVerifier;
let stories = 0;

const hostOf = (url: string) => new URL(url).host;
const openKnot = (port = 0) =>
  startKnot({
    port,
    dataDir: path.join(folder, "knot"),
    ...network,
    createRecord: network.createRecord,
    now: () => noon,
  });

beforeAll(async () => {
  network = await startAtprotoNetwork({ dataDir: path.join(folder, "atproto") });
  knot = await openKnot();
  verifier = newVerifier();
});
afterAll(async () => {
  await knot?.close();
  await network?.close();
  rmSync(folder, { recursive: true, force: true });
});

function newVerifier(
  allow = [knot.host, hostOf(network.plcUrl), hostOf(network.pdsUrl)],
  requestTimeoutMs = 20_000,
  secondAddress?: string,
): ForgeVerifier {
  return createForgeVerifier({
    mirrorsDir: path.join(folder, "mirrors"),
    plcUrl: network.plcUrl,
    handleResolverUrl: network.pdsUrl,
    tangledWebUrl: knot.webUrl,
    allowPrivateAddresses: allow,
    limits: { requestTimeoutMs, minFreeBytes: 0 },
    ...(secondAddress === undefined ? {} : { secondAddress }),
  });
}

interface Story {
  repoDid: string;
  name: string;
  repository: RepositoryRef;
  baseline: Baseline;
  mirrorKey: string;
}

/** judy has a repository with an MIT licence on the knot; the baseline is taken. */
async function begin(): Promise<Story> {
  const { did, handle } = network.people.judy;
  const name = `story-${++stories}`;
  const { repoDid } = await knot.createRepository({ ownerDid: did, ownerHandle: handle, name, license: "MIT" });
  const repository: RepositoryRef = { forge: "tangled", stableId: repoDid, slug: `${handle}/${name}` };
  const taken = await verifier.takeBaseline({ repository, mirrorKey: name, at: noon });
  if (!taken.ok) throw new Error(taken.fault);
  return { repoDid, name, repository, baseline: taken.value, mirrorKey: name };
}

const publish = ({ repoDid }: Story) =>
  knot.commit({ repoDid, files: { "feature.py": `n = ${stories}\n` }, message: "Add the feature" });

const verify = ({ repository, baseline, mirrorKey }: Story, commit: string, by = verifier) =>
  by.verifyRelease({ repository, baseline, mirrorKey, commit, branch: "main", at: later, phase: "release" });

describe("a release on Tangled", () => {
  it("case 3: passes with nothing but public questions, also under a new name", async () => {
    const story = await begin();
    const commit = await publish(story);
    const report = await verify(story, commit);
    expect(report.verdict).toEqual({ kind: "pass" });
    expect(report.licence).toBe("MIT");
    await knot.rename({ repoDid: story.repoDid, toName: `${story.name}-renamed` });
    const again = await verify(story, commit);
    expect(again.verdict).toEqual({ kind: "pass" });
    expect(again.checks[1]?.sentence).toContain(`${story.name}-renamed`);
  });

  it("is found by page, by handle, by DID and by clone address, always as the same repository", async () => {
    const { repoDid, name } = await begin();
    const { did, handle } = network.people.judy;
    for (const typed of [
      `${knot.webUrl}/@${handle}/${name}`,
      `https://tangled.org/@${handle}/${name}`,
      `https://tangled.sh/${handle}/${name}/tree/main`,
      `tangled.sh/${did}/${name}`,
      `@${handle}/${name}`,
      `${handle}/${name}`,
      `${did}/${name}`,
      repoDid,
      `https://somewhere.example/${repoDid}`,
    ]) {
      const found = await verifier.resolve(typed);
      expect([typed, found.ok && found.value.stableId]).toEqual([typed, repoDid]);
      expect(found.ok && found.value).toMatchObject({ ownerDid: did, visibility: "public", defaultBranch: "main" });
    }
    expect(await verifier.resolve(`${handle}/nothing-here`)).toMatchObject({ ok: false, fault: "not_found" });
    expect(await verifier.resolve(`nobody.test/${name}`)).toMatchObject({ ok: false, fault: "not_found" });
  });

  it("fails when the knot no longer shows it, and passes when it does again", async () => {
    const story = await begin();
    const commit = await publish(story);
    await knot.setPrivate({ repoDid: story.repoDid, private: true });
    expect((await verify(story, commit)).verdict).toEqual({
      kind: "fail",
      code: "not_public",
      cure: { until: expect.any(String) },
    });
    await knot.setPrivate({ repoDid: story.repoDid, private: false });
    expect((await verify(story, commit)).verdict).toEqual({ kind: "pass" });
  });

  it("fails for good when it was deleted and made anew under the same name", async () => {
    const story = await begin();
    const commit = await publish(story);
    const { did, handle } = network.people.judy;
    await knot.deleteRepository({ repoDid: story.repoDid });
    // The old record is left behind under the same name.
    await knot.createRepository({ ownerDid: did, ownerHandle: handle, name: story.name, license: "MIT" });
    const { verdict } = await verify(story, commit);
    expect(verdict).toEqual({ kind: "fail", code: "identity_changed", cure: null });
  });

  it("asks a person when the owner's record names another server than the repository's DID", async () => {
    const story = await begin();
    const commit = await publish(story);
    const found = await knot.find({ repoDid: story.repoDid });
    await network.createRecord(network.people.judy.did, "sh.tangled.repo", found?.rkey ?? "", {
      $type: "sh.tangled.repo",
      name: story.name,
      knot: "elsewhere.example",
      repoDid: story.repoDid,
      createdAt: noon.toISOString(),
    });
    expect((await verify(story, commit)).verdict).toEqual({ kind: "needs_human", reason: "equivocation" });
  });

  it("case 25 d: asks a person when the knot shows another branch to whoever asks from elsewhere", async () => {
    const story = await begin();
    const commit = await publish(story);
    const here = newVerifier();
    const both = newVerifier(undefined, 20_000, "127.0.0.2");
    expect((await verify(story, commit, both)).verdict).toEqual({ kind: "pass" });
    for (const sha of [null, story.baseline.refs["refs/heads/main"]!]) {
      await knot.equivocate({ repoDid: story.repoDid, to: "127.0.0.2", refs: { "refs/heads/main": sha } });
      expect((await verify(story, commit, here)).verdict, "from one place nothing is to be seen").toEqual({
        kind: "pass",
      });
      expect((await verify(story, commit, both)).verdict).toEqual({ kind: "needs_human", reason: "equivocation" });
    }
    await knot.equivocate({ repoDid: story.repoDid, to: "127.0.0.2", refs: null });
    expect((await verify(story, commit, both)).verdict).toEqual({ kind: "pass" });
  });

  it("gives no verdict while the knot hangs or fails, nor when its address is not allowed", async () => {
    const story = await begin();
    const commit = await publish(story);
    for (const [mode, cause] of [
      ["503", "server_error"],
      ["hang", "timeout"],
    ] as const) {
      knot.setMode(mode);
      const by = mode === "hang" ? newVerifier(undefined, 1000) : verifier;
      expect((await verify(story, commit, by)).verdict).toMatchObject({ kind: "inconclusive", cause });
      knot.setMode("ok");
    }
    const before = knot.requests.length;
    const careful = newVerifier([hostOf(network.plcUrl), hostOf(network.pdsUrl)]);
    expect((await verify(story, commit, careful)).verdict).toMatchObject({ kind: "inconclusive", cause: "unsafe_url" });
    expect(knot.requests).toHaveLength(before);
  });

  it("is still the same repository after the knot restarts on another port", async () => {
    const story = await begin();
    const commit = await publish(story);
    await knot.close();
    knot = await openKnot();
    verifier = newVerifier();
    expect((await verify(story, commit)).verdict).toEqual({ kind: "pass" });
  });
});
