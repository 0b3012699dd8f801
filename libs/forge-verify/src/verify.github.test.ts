import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { licenceText, startGitHub, type LocalGitHub } from "@freehold/local-world";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { sha256 } from "./evidence.ts";
import {
  commitmentOf,
  createForgeVerifier,
  decide,
  digestOf,
  explain,
  type Baseline,
  type ForgeVerifier,
  type Report,
  type RepositoryRef,
} from "./index.ts";

const folder = mkdtempSync(path.join(tmpdir(), "verify-github-"));
const noon = new Date("2026-05-01T12:00:00Z");
const later = new Date("2026-05-20T12:00:00Z");
const mit = licenceText("MIT", "dave");
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let github: LocalGitHub;
let verifier: ForgeVerifier;
let stories = 0;

beforeAll(async () => {
  github = await startGitHub({ dataDir: path.join(folder, "github"), now: () => noon });
  verifier = newVerifier();
});
afterEach(() => github.setMode("ok"));
afterAll(async () => {
  await github.close();
  rmSync(folder, { recursive: true, force: true });
});

function newVerifier(extra: { githubToken?: string; allow?: string[]; patienceMs?: number } = {}): ForgeVerifier {
  return createForgeVerifier({
    mirrorsDir: path.join(folder, "mirrors"),
    githubApiUrl: github.apiUrl,
    githubWebUrl: github.webUrl,
    allowPrivateAddresses: extra.allow ?? [github.host],
    limits: { requestTimeoutMs: extra.patienceMs ?? 20_000 },
    ...(extra.githubToken ? { githubToken: extra.githubToken } : {}),
  });
}

interface Story {
  at: { owner: string; name: string };
  repository: RepositoryRef;
  baseline: Baseline;
  mirrorKey: string;
}

/** dave has a public MIT repository with one commit; the baseline is taken; the feature is still to come. */
async function begin(options: { license?: string; files?: Record<string, string> } = {}): Promise<Story> {
  const at = { owner: "dave", name: `story-${++stories}` };
  const created = await github.createRepository({ ...at, license: options.license ?? "MIT" });
  if (options.files) await github.commit({ ...at, files: options.files, message: "Add what this story starts with" });
  const repository: RepositoryRef = { forge: "github", stableId: String(created.id), slug: `${at.owner}/${at.name}` };
  const mirrorKey = `development-${stories}`;
  const taken = await verifier.takeBaseline({ repository, mirrorKey, at: noon });
  if (!taken.ok) throw new Error(taken.fault);
  return { at, repository, baseline: taken.value, mirrorKey };
}

function publish(
  story: Story,
  files: Record<string, string | null> = { "feature.js": `export const n = ${stories};\n` },
) {
  return github.commit({ ...story.at, files, message: "Add the feature" });
}

function verify(
  story: Story,
  commit: string,
  more: Partial<Parameters<ForgeVerifier["verifyRelease"]>[0]> = {},
  by = verifier,
): Promise<Report> {
  const { repository, baseline, mirrorKey } = story;
  const plain = { repository, baseline, mirrorKey, commit, branch: "main", at: later, phase: "release" as const };
  return by.verifyRelease({ ...plain, ...more });
}

const failed = (code: string) => ({ kind: "fail", code, curable: true });

describe("a release that is really out", () => {
  it("passes every check, without any account, and says so in sentences", async () => {
    const story = await begin();
    const report = await verify(story, await publish(story));
    expect(report.verdict).toEqual({ kind: "pass" });
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
    ]);
    expect(report.checks.every((check) => /^\S.+\.$/.test(check.sentence))).toBe(true);
    expect(explain(report.verdict)).toContain("public");
  });

  it("gives the same verdict and the same digest from the same evidence, at any later time", async () => {
    const story = await begin();
    const commit = await publish(story);
    const report = await verify(story, commit);
    const stored = JSON.parse(JSON.stringify(report)) as Report;
    const { digest, ...rest } = stored;
    expect(digestOf(rest)).toBe(digest);
    expect(decide(stored.observations, stored.policy)).toEqual(report.verdict);
    expect((await verify(story, commit)).digest).toBe(digest);
    expect((await verify(story, commit, { at: noon })).digest).not.toBe(digest);
  });

  it("passes the final look on a fresh answer, and costs no pack when nothing moved", async () => {
    const story = await begin();
    const commit = await publish(story);
    await verify(story, commit);
    const before = github.requests.length;
    const report = await verify(story, commit, { phase: "final" });
    expect(report.verdict).toEqual({ kind: "pass" });
    expect(report.checks.at(-1)).toMatchObject({ name: "final", outcome: "ok" });
    const asked = github.requests.slice(before);
    // One REST request, two looks at the branches of two requests each, and no fetch.
    expect(asked).toHaveLength(5);
  });

  it("stays the same repository under a new name and a new owner", async () => {
    const story = await begin();
    const commit = await publish(story);
    const { name } = story.at;
    await github.rename({ owner: "dave", name, toOwner: "larkspur", toName: `${name}-moved` });
    const report = await verify(story, commit, { phase: "recheck" });
    expect(report.verdict).toEqual({ kind: "pass" });
    expect(report.checks[1]?.sentence).toContain(`larkspur/${name}-moved`);
  });

  it("passes an archived repository, and one whose default branch was renamed", async () => {
    const story = await begin();
    const commit = await publish(story);
    await github.setArchived({ ...story.at, archived: true });
    await github.setRef({ ...story.at, ref: "refs/heads/trunk", sha: commit });
    await github.setDefaultBranch({ ...story.at, branch: "trunk" });
    await github.setRef({ ...story.at, ref: "refs/heads/main", sha: null });
    const report = await verify(story, commit, { phase: "recheck" });
    expect(report.verdict).toEqual({ kind: "pass" });
    expect(report.checks[4]?.sentence).toContain("trunk, which has taken the place of main");
  });
});

describe("a sealed preview", () => {
  it("passes when the released files are the sealed ones, wherever the branch stands, and fails for any other", async () => {
    const story = await begin();
    await publish(story, { "unrelated.js": "1\n" });
    const commit = await publish(story, { "feature.js": "2\n", "old.js": "3\n", "README.md": null });
    const hashed = (path: string, text: string) => ({ path, mode: "100644", sha256: sha256(text) });
    const removed = { path: "README.md", mode: "000000", sha256: "" };
    const files = [hashed("unrelated.js", "1\n"), hashed("old.js", "3\n"), removed, hashed("feature.js", "2\n")];
    await publish(story, { "later.js": "4\n" });
    const seal = { commitment: commitmentOf(files, "nonce"), nonce: "nonce" };
    const report = await verify(story, commit, { seal });
    expect(report.verdict).toEqual({ kind: "pass" });
    expect(report.checks.at(-1)).toMatchObject({ name: "same-as-preview", outcome: "ok" });
    const other = { ...seal, nonce: "another" };
    expect((await verify(story, commit, { seal: other })).verdict).toEqual(failed("commitment_mismatch"));
    const changed = commitmentOf([...files.slice(0, 3), hashed("feature.js", "5\n")], "nonce");
    const swapped = { ...seal, commitment: changed };
    expect((await verify(story, commit, { seal: swapped })).verdict).toEqual(failed("commitment_mismatch"));
  });
});

describe("several looks at once", () => {
  it("do not disturb each other, on one mirror or on several", async () => {
    const [one, two] = [await begin(), await begin()];
    const [first, second] = [await publish(one), await publish(two)];
    const reports = await Promise.all([
      verify(one, first),
      verify(two, second),
      verify(one, first),
      verify(one, second),
    ]);
    expect(reports.map((report) => report.verdict.kind)).toEqual(["pass", "pass", "pass", "fail"]);
    expect(reports[2]?.digest).toBe(reports[0]?.digest);
  });
});

describe("a repository that is not public", () => {
  it("fails when it is private, also when our own token may read it", async () => {
    const story = await begin();
    const commit = await publish(story);
    await github.setPrivate({ ...story.at, private: true });
    expect((await verify(story, commit)).verdict).toEqual(failed("not_public"));
    const withToken = newVerifier({ githubToken: github.tokenFor("dave") });
    expect((await verify(story, commit, {}, withToken)).verdict).toEqual(failed("not_public"));
    await github.setPrivate({ ...story.at, private: false });
    expect((await verify(story, commit)).verdict).toEqual({ kind: "pass" });
  });

  it("fails when it was deleted", async () => {
    const story = await begin();
    const commit = await publish(story);
    await github.deleteRepository(story.at);
    expect((await verify(story, commit, { phase: "recheck" })).verdict).toEqual(failed("not_public"));
  });

  it("fails for good when another repository has taken its name", async () => {
    const story = await begin();
    const commit = await publish(story);
    await github.deleteRepository(story.at);
    await github.createRepository({ ...story.at, license: "MIT" });
    const { verdict } = await verify(story, commit);
    expect(verdict).toEqual({ kind: "fail", code: "identity_changed", curable: false });
  });

  it("asks a person when the forge and git contradict each other", async () => {
    const story = await begin();
    const commit = await publish(story);
    github.setMode("404", { ...story.at, part: "git" });
    const { verdict } = await verify(story, commit);
    github.setMode("ok", { ...story.at, part: "git" });
    expect(verdict).toEqual({ kind: "needs_human", reason: "visibility_conflict" });
  });
});

describe("a commit that is not on the agreed branch", () => {
  it("fails when it lives only in a fork, though the forge hands it out by its id", async () => {
    const story = await begin();
    const fork = { owner: "mallory", name: story.at.name };
    await github.fork({ ...fork, from: story.at });
    const commit = await github.commit({ ...fork, files: { "x.js": "1\n" }, message: "Only in the fork" });
    expect(await github.bare(story.at).git(["cat-file", "-t", commit])).toBe("commit");
    expect((await verify(story, commit)).verdict).toEqual(failed("commit_not_reachable"));
  });

  it("fails when it is only a pull request, a tag, or a side branch", async () => {
    const story = await begin();
    const side = await github.commit({ ...story.at, branch: "side", files: { "x.js": "1\n" }, message: "Beside" });
    await github.setRef({ ...story.at, ref: "refs/heads/side", sha: null });
    await github.setRef({ ...story.at, ref: "refs/pull/7/head", sha: side });
    expect((await verify(story, side)).verdict).toEqual(failed("commit_not_reachable"));
    await github.setRef({ ...story.at, ref: "refs/tags/v1", sha: side });
    expect((await verify(story, side)).verdict).toEqual(failed("commit_not_reachable"));
    await github.setRef({ ...story.at, ref: "refs/heads/side", sha: side });
    expect((await verify(story, side)).verdict).toEqual(failed("commit_not_reachable"));
    expect((await verify(story, side, { branch: "side" })).verdict).toEqual({ kind: "pass" });
  });

  it("fails when a tag's own id is given for the commit's", async () => {
    const story = await begin();
    const commit = await publish(story);
    const who = "tagger dave <d@freehold.test> 1770000000 +0000";
    const text = `object ${commit}\ntype commit\ntag v1\n${who}\n\nFirst\n`;
    const tag = await github.bare(story.at).git(["mktag"], { input: text });
    await github.setRef({ ...story.at, ref: "refs/tags/v1", sha: tag });
    expect((await verify(story, tag)).verdict).toEqual(failed("commit_not_reachable"));
    expect((await verify(story, commit)).verdict).toEqual({ kind: "pass" });
  });

  it("fails for names that git cannot have, without asking anybody", async () => {
    const story = await begin();
    const commit = await publish(story);
    const before = github.requests.length;
    for (const branch of ["--upload-pack=touch /tmp/x", "a..b", "", "HEAD", "-d", "a\u0000b", "a b"]) {
      expect((await verify(story, commit, { branch })).verdict).toEqual(failed("commit_not_reachable"));
    }
    for (const bad of ["main", "--all", commit.slice(0, 12), `${commit}^`, "0".repeat(64)]) {
      expect((await verify(story, bad)).verdict).toEqual(failed("commit_not_reachable"));
    }
    expect(github.requests).toHaveLength(before);
  });

  it("fails as withdrawn when it was pushed away during the window; our copy still holds it", async () => {
    const story = await begin();
    const root = await github.bare(story.at).defaultBranch();
    const base = (await github.bare(story.at).refSha(`refs/heads/${root}`)) ?? "";
    const commit = await publish(story);
    expect((await verify(story, commit)).verdict).toEqual({ kind: "pass" });
    await github.forcePush({ ...story.at, branch: "main", to: base, files: { "other.js": "2\n" } });
    expect((await verify(story, commit, { phase: "recheck" })).verdict).toEqual(failed("withdrawn_in_window"));
    await github.forcePush({ ...story.at, branch: "main", to: commit });
    expect((await verify(story, commit, { phase: "recheck" })).verdict).toEqual({ kind: "pass" });
  });

  it("passes a forced push that keeps the commit", async () => {
    const story = await begin();
    const commit = await publish(story);
    await publish(story, { "later.js": "3\n" });
    await github.forcePush({ ...story.at, branch: "main", to: commit, files: { "other.js": "4\n" } });
    expect((await verify(story, commit, { phase: "recheck" })).verdict).toEqual({ kind: "pass" });
  });
});

describe("code that was public before the development started", () => {
  it("fails for a commit of the baseline, and for one that changes nothing", async () => {
    const story = await begin();
    const old = (await github.bare(story.at).refSha("refs/heads/main")) ?? "";
    expect((await verify(story, old)).verdict).toEqual(failed("not_new"));
    const empty = await github.commit({ ...story.at, files: {}, message: "Nothing" });
    expect((await verify(story, empty)).verdict).toEqual(failed("not_new"));
  });

  it("fails for a side branch of the baseline that is merged or squashed now, also on top of other work", async () => {
    const story = await begin();
    const feature = { "src/feature.js": "export const old = true;\n" };
    await github.commit({ ...story.at, branch: "main", files: { "a.js": "1\n" }, message: "Go on" });
    const main = (await github.bare(story.at).refSha("refs/heads/main")) ?? "";
    await github.forcePush({ ...story.at, branch: "side", to: main, files: feature, message: "Written long ago" });
    const again = await verifier.takeBaseline({ repository: story.repository, mirrorKey: story.mirrorKey, at: noon });
    if (!again.ok) throw new Error(again.fault);
    const squashed = await github.commit({ ...story.at, branch: "main", files: feature, message: "Brand new" });
    const report = await verify({ ...story, baseline: again.value }, squashed);
    expect(report.verdict).toEqual(failed("not_new"));
  });

  it("fails for a feature that was taken out and is put back", async () => {
    const story = await begin({ files: { "feature.js": "export {};\n" } });
    await github.commit({ ...story.at, files: { "feature.js": null, "b.js": "1\n" }, message: "Take it out" });
    const again = await verifier.takeBaseline({ repository: story.repository, mirrorKey: story.mirrorKey, at: noon });
    if (!again.ok) throw new Error(again.fault);
    const back = await github.commit({ ...story.at, files: { "feature.js": "export {};\n" }, message: "New!" });
    expect((await verify({ ...story, baseline: again.value }, back)).verdict).toEqual(failed("not_new"));
  });

  it("remembers an earlier attempt that was taken off the branch before this baseline", async () => {
    const story = await begin();
    const base = (await github.bare(story.at).refSha("refs/heads/main")) ?? "";
    const earlier = await publish(story);
    await verify(story, earlier);
    await github.forcePush({ ...story.at, branch: "main", to: base });
    const again = await verifier.takeBaseline({ repository: story.repository, mirrorKey: story.mirrorKey, at: later });
    if (!again.ok) throw new Error(again.fault);
    await github.forcePush({ ...story.at, branch: "main", to: earlier });
    expect((await verify({ ...story, baseline: again.value }, earlier)).verdict).toEqual(failed("not_new"));
  });

  it("asks a person when the baseline was changed or its mirror lost", async () => {
    const story = await begin();
    const commit = await publish(story);
    const forged = { ...story.baseline, refs: {} };
    const unavailable = { kind: "needs_human", reason: "baseline_unavailable" };
    expect((await verify({ ...story, baseline: forged }, commit)).verdict).toEqual(unavailable);
    const { digest: _digest, ...plain } = { ...story.baseline, refs: { "refs/heads/main": "1".repeat(40) } };
    const lost = { ...plain, digest: digestOf(plain) };
    expect((await verify({ ...story, baseline: lost }, commit)).verdict).toEqual(unavailable);
  });

  it("compares with a baseline that lies in another mirror", async () => {
    const story = await begin();
    const commit = await publish(story);
    expect((await verify(story, commit, { mirrorKey: "another/one" })).verdict).toEqual({ kind: "pass" });
  });
});

describe("the licence at the released commit", () => {
  const notInserted = mit.replace("hereby granted", "hereby not granted");
  const commons = `${mit}\n"Commons Clause" License Condition v1.0\n\nThe Software is provided to you by the Licensor under the License, subject to the following condition: the grant of rights does not include the right to Sell the Software.\n`;
  const inNotice = mit.replace(/^(Copyright.*)$/m, "$1. Commercial use is not permitted.");

  it.each([
    ["no licence file", { LICENSE: null }, failed("license_missing")],
    ["MIT with one 'not' inserted", { LICENSE: notInserted }, { kind: "needs_human", reason: "license_ambiguous" }],
    [
      "MIT with terms in the copyright line",
      { LICENSE: inNotice },
      { kind: "needs_human", reason: "license_ambiguous" },
    ],
    ["MIT and the Commons Clause", { LICENSE: commons }, failed("license_not_allowed")],
    ["the Business Source Licence", { LICENSE: licenceText("BUSL-1.1", "dave") }, failed("license_not_allowed")],
    ["all rights reserved", { LICENSE: "Copyright 2026 dave. All rights reserved.\n" }, failed("license_not_allowed")],
    ["an empty licence file", { LICENSE: "" }, failed("license_not_allowed")],
    [
      "a package that says UNLICENSED",
      { "package.json": '{"license":"UNLICENSED"}' },
      { kind: "needs_human", reason: "license_ambiguous" },
    ],
    ["MIT and SSPL, both", { "LICENSE-SSPL": licenceText("SSPL-1.0", "d") }, failed("license_not_allowed")],
    [
      "MIT or SSPL, as one chooses",
      { "LICENSE-SSPL": licenceText("SSPL-1.0", "d"), "package.json": '{"license":"(MIT OR SSPL-1.0)"}' },
      { kind: "pass" },
    ],
  ])("%s", async (_name, files, verdict) => {
    // One story for all: each text is pushed over the one before.
    shared ??= await begin();
    const to = shared.baseline.refs["refs/heads/main"] ?? "";
    const given = { "feature.js": "export {};\n", ...files };
    const commit = await github.forcePush({ ...shared.at, branch: "main", to, files: given });
    expect((await verify(shared, commit)).verdict).toEqual(verdict);
  });
  let shared: Story | undefined;

  it("must be one that the terms allow", async () => {
    const story = await begin();
    const commit = await publish(story);
    const allowedLicences = ["AGPL-3.0-only", "AGPL-3.0-or-later"];
    expect((await verify(story, commit, { allowedLicences })).verdict).toEqual(failed("license_not_allowed"));
    const agpl = await publish(story, { LICENSE: licenceText("AGPL-3.0-only", "dave") });
    const report = await verify(story, agpl, { allowedLicences });
    expect([report.verdict.kind, report.licence]).toEqual(["pass", "AGPL-3.0-only"]);
  });

  it("stays good when later commits change it", async () => {
    const story = await begin();
    const commit = await publish(story);
    await publish(story, { LICENSE: licenceText("BUSL-1.1", "dave") });
    expect((await verify(story, commit, { phase: "recheck" })).verdict).toEqual({ kind: "pass" });
  });
});

describe("source that is not all there", () => {
  it("fails for a pointer to a file kept elsewhere", async () => {
    const story = await begin();
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${"a".repeat(64)}\nsize 12\n`;
    const commit = await publish(story, { "feature.bin": pointer });
    expect((await verify(story, commit)).verdict).toEqual(failed("incomplete_source"));
  });

  it("follows submodules as the public would: to a public repository, to a private one, to an inner network", async () => {
    for (const [url, verdict] of [
      [`${github.url}/${(await begin()).at.owner}/story-1.git`, { kind: "pass" }],
      ["../private-part.git", failed("incomplete_source")],
      ["http://169.254.169.254/latest/meta-data", failed("incomplete_source")],
      ["ext::sh -c touch% /tmp/x", failed("incomplete_source")],
    ] as const) {
      const story = await begin();
      if (!(await github.find({ owner: "dave", name: "private-part" }))) {
        await github.createRepository({ owner: "dave", name: "private-part", private: true, license: "MIT" });
      }
      await publish(story, { ".gitmodules": `[submodule "p"]\n\tpath = part\n\turl = ${url}\n` });
      const commit = await addSubmodule(story, "part");
      expect([url, (await verify(story, commit)).verdict]).toEqual([url, verdict]);
    }
  });

  async function addSubmodule(story: Story, at: string): Promise<string> {
    const bare = github.bare(story.at);
    const head = (await bare.refSha("refs/heads/main")) ?? "";
    const listing = await bare.git(["ls-tree", head]);
    const tree = await bare.git(["mktree", "--missing"], {
      input: `${listing}\n160000 commit ${"b".repeat(40)}\t${at}\n`,
    });
    const who = { GIT_AUTHOR_NAME: "d", GIT_AUTHOR_EMAIL: "d@x", GIT_COMMITTER_NAME: "d", GIT_COMMITTER_EMAIL: "d@x" };
    const commit = await bare.git(["commit-tree", tree, "-p", head, "-m", "Use a part"], { env: who });
    await bare.setRef("refs/heads/main", commit);
    return commit;
  }
});

describe("a forge that does not answer", () => {
  it.each([
    ["503", "server_error"],
    ["429", "rate_limited"],
    ["hang", "timeout"],
    ["reset", "server_error"],
  ] as const)("gives no verdict on %s, for the API and for git, and passes afterwards", async (mode, cause) => {
    const story = await begin();
    const commit = await publish(story);
    for (const part of ["api", "git"] as const) {
      github.setMode(mode, { part });
      const by = mode === "hang" ? newVerifier({ patienceMs: 300 }) : verifier;
      const { verdict } = await verify(story, commit, { phase: "recheck" }, by);
      github.setMode("ok", { part });
      expect(verdict).toMatchObject({ kind: "inconclusive", cause });
      if (mode === "429") expect(verdict).toMatchObject({ retryAfterMs: 7000 });
    }
    expect((await verify(story, commit)).verdict).toEqual({ kind: "pass" });
  });

  it("waits until the hourly allowance is renewed", async () => {
    const story = await begin();
    const commit = await publish(story);
    github.setRateLimit(0);
    const { verdict } = await verify(story, commit);
    github.setRateLimit(5000);
    expect(verdict).toMatchObject({ kind: "inconclusive", cause: "rate_limited" });
  });

  it("hands a legal block to a person", async () => {
    const story = await begin();
    const commit = await publish(story);
    github.setMode("451");
    expect((await verify(story, commit)).verdict).toEqual({ kind: "needs_human", reason: "legal_block" });
  });
});

describe("addresses", () => {
  it("never asks a private address that is not allowed by name", async () => {
    const story = await begin();
    const commit = await publish(story);
    const before = github.requests.length;
    const { verdict } = await verify(story, commit, {}, newVerifier({ allow: [] }));
    expect(verdict).toMatchObject({ kind: "inconclusive", cause: "unsafe_url" });
    expect(github.requests).toHaveLength(before);
  });

  it("understands a page, a clone address and a plain name, and tells private from public", async () => {
    const { at, repository } = await begin();
    const slug = `${at.owner}/${at.name}`;
    for (const typed of [
      slug,
      `${github.url}/${slug}`,
      `${github.url}/${slug}.git`,
      `${github.url}/${slug}/tree/main?x=1#y`,
    ]) {
      const found = await verifier.resolve(typed);
      expect(found.ok && { id: found.value.stableId, visibility: found.value.visibility }).toEqual({
        id: repository.stableId,
        visibility: "public",
      });
    }
    await github.setPrivate({ ...at, private: true });
    expect(await verifier.resolve(slug)).toMatchObject({ ok: false, fault: "not_found" });
    const seen = await newVerifier({ githubToken: github.tokenFor("dave") }).resolve(slug);
    expect(seen).toMatchObject({ ok: true, value: { visibility: "private" } });
  });
});
