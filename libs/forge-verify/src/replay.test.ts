import { execFile } from "node:child_process";
import { generateKeyPairSync, sign } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { copyIn, digestOf, EvidenceStore, replay, type EvidenceFile, type Report } from "./index.ts";
import { replayBundle } from "./replay-bundle.ts";
import { StoriesOnGitHub, type Story } from "./testing/story-on-github.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
const run = promisify(execFile);
const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

let stories: StoriesOnGitHub;
let story: Story;
let commit: string;
let reports: Report[];
let store: EvidenceStore;

beforeAll(async () => {
  stories = await StoriesOnGitHub.start();
  store = new EvidenceStore(path.join(stories.folder, "mirrors", "evidence"));
  story = await stories.begin();
  commit = await stories.publish(story);
  const release = await stories.verify(story, commit);
  const { repository, baseline, mirrorKey } = story;
  const input = { repository, baseline, mirrorKey, commit, branch: "main", at: new Date("2026-05-20T17:00:00Z") };
  const glance = await stories.verifier.recheck({ ...input, phase: "recheck" }, release);
  reports = [release, glance];
});
afterAll(() => stories.close());

/** The chain as the service publishes it. */
function chained(all: readonly Report[]): EvidenceFile {
  const links: EvidenceFile["links"] = [];
  for (const report of all) {
    const { digest, policy, verdict, at } = report;
    const previous = links.at(-1)?.link ?? null;
    const said = { releaseId: "r", previous, report: digest, phase: policy.phase, verdict: verdict.kind, at };
    const statement = { ...said, link: digestOf(said) };
    const signed = `${base64url({ alg: "EdDSA", kid: "k" })}.${base64url({ iss: "https://freehold.example", ...statement })}`;
    const signature = `${signed}.${sign(null, Buffer.from(signed), privateKey).toString("base64url")}`;
    links.push({ ...statement, signature });
  }
  return { kind: "freehold/evidence/v1", releaseId: "r", links, reports: [...all] };
}

describe("the evidence of a release", () => {
  it("holds no answer of a server itself, only its hash, under which the answer is kept", async () => {
    const hashes = reports.flatMap(({ observations }) =>
      observations.flatMap(({ requests }) => requests.flatMap(({ bodySha256 }) => bodySha256 ?? [])),
    );
    expect(hashes.length).toBeGreaterThan(4);
    for (const hash of hashes) expect(await store.has(hash)).toBe(true);
    expect(JSON.stringify(reports)).not.toContain('"body"');
    const advertised = reports[0]!.observations.find((one) => one.check === "public-now")!.requests.at(-1)!;
    expect((await store.read(advertised.bodySha256!))!.toString()).toContain("refs/heads/main");
  });

  it("gives every verdict again, at any time, from the file alone", () => {
    const file = JSON.parse(JSON.stringify(chained(reports))) as EvidenceFile;
    const again = replay(file);
    expect(again.faults).toEqual([]);
    expect(again.verdicts.map(({ phase, verdict }) => [phase, verdict.kind])).toEqual([
      ["release", "pass"],
      ["glance", "pass"],
    ]);
    expect(replay(file)).toEqual(again);
  });

  it("shows a report that was left out, a verdict that was changed, an observation that was changed with its digest", () => {
    const whole = chained(reports);
    const [first] = whole.reports as [Report];
    expect(replay({ ...whole, links: whole.links.slice(1) }).faults).not.toEqual([]);
    const { digest: _old, ...claimed } = { ...first, verdict: { kind: "needs_human", reason: "legal_block" } as const };
    const lying = { ...claimed, digest: digestOf(claimed) };
    expect(replay(chained([lying as Report])).faults.join(" ")).toContain("the observations give pass");
    const observations = first.observations.map((one) =>
      one.check === "reachable" ? { ...one, facts: { ...one.facts, onBranch: false } } : one,
    );
    expect(replay(chained([{ ...first, observations } as Report])).faults.join(" ")).toContain("its digest");
  });
});

describe("the copy of a repository with hundreds of branches", () => {
  const old = "// SPDX-License-Identifier: MIT\nexport const old = 1;\n";

  it("still shows what the release was compared with, says what it leaves out, and is held against the report", async () => {
    const many = await stories.begin();
    const bare = stories.github.bare(many.at);
    const root = await stories.head(many);
    const bumps = Array.from(
      { length: 250 },
      (_, n) => `commit refs/heads/bump-${n}\ncommitter D <d@x> 1777000000 +0000\ndata 3\n${n + 100}\nfrom ${root}\n\n`,
    );
    await bare.git(["fast-import", "--quiet"], { input: bumps.join("") });
    // The agreed branch comes late in the alphabet, and what the release stands on even later.
    const pinned = await stories.publish(many, { "old.js": old });
    const next = await stories.github.commit({
      ...many.at,
      branch: "next",
      files: { "older.js": old, "old.js": old },
      message: "Next",
    });
    const begun = await stories.beginAgain(many);
    for (const [from, base] of [
      [pinned, pinned],
      [next, next],
    ] as const) {
      await bare.setRef("refs/heads/main", from);
      const released = await stories.publish(begun, { "new.js": `export const from = "${from}";\n` });
      const report = await stories.verify(begun, released);
      expect(report.verdict).toEqual({ kind: "pass" });
      const facts = report.observations.find((one) => one.check === "preserved")!.facts;
      expect(facts).toMatchObject({ tipsLeftOut: expect.any(Number) as number });
      const file = path.join(stories.folder, "many.bundle");
      const code = (await store.read(copyIn(report)!.bundle.sha256))!;
      writeFileSync(file, code);
      expect(await replayBundle(file, report)).toEqual([]);
      // A copy that names another beginning than the one it shows is found out.
      const header = code.indexOf("\n\n");
      const lying = code
        .subarray(0, header)
        .toString()
        .replace(`${base} refs/freehold/base`, `${root} refs/freehold/base`);
      writeFileSync(file, Buffer.concat([Buffer.from(lying), code.subarray(header)]));
      expect(await replayBundle(file, report)).toContain("The copy names a beginning that is not the one it shows.");
    }
  });
});

describe("forge-verify replay", () => {
  const command = path.join(import.meta.dirname, "main.ts");
  const place = (name: string) => path.join(stories.folder, name);
  const written = (name: string, value: object) => {
    writeFileSync(place(name), JSON.stringify(value));
    return place(name);
  };
  const called = (args: string[]) =>
    run(process.execPath, [command, ...args]).then(
      ({ stdout }) => ({ code: 0, text: stdout }),
      (error: { code: number; stdout: string; stderr: string }) => ({
        code: error.code,
        text: error.stdout + error.stderr,
      }),
    );

  it("reads the file, the keys and the kept code, and says that everything holds", async () => {
    const keys = written("keys.json", { keys: [{ ...publicKey.export({ format: "jwk" }), kid: "k" }] });
    const copy = copyIn(reports[0]!)!;
    writeFileSync(place("code.bundle"), (await store.read(copy.bundle.sha256))!);
    const evidence = written("evidence.json", chained(reports));
    const answer = await called(["replay", evidence, "--keys", keys, "--bundle", place("code.bundle")]);
    expect(answer).toMatchObject({ code: 0 });
    expect(answer.text).toContain("Everything holds: digests, chain and verdicts, signatures, the copy of the code.");
    await run("git", ["clone", "-q", "--branch", "main", place("code.bundle"), place("clone")]);
    const { stdout } = await run("git", ["-C", place("clone"), "rev-parse", "HEAD"]);
    expect(stdout.trim()).toBe(commit);
    expect(readFileSync(place("clone/LICENSE"), "utf8")).toContain("Permission is hereby granted");
  });

  it("ends with 1 for a wrong key or another repository's code, and with 2 for what it cannot read", async () => {
    const strange = generateKeyPairSync("ed25519").publicKey.export({ format: "jwk" });
    const keys = written("strange.json", { keys: [{ ...strange, kid: "k" }] });
    const evidence = written("evidence.json", chained(reports));
    expect(await called(["replay", evidence, "--keys", keys])).toMatchObject({ code: 1 });
    const other = await stories.begin();
    const elsewhere = await stories.verify(other, await stories.publish(other));
    writeFileSync(place("other.bundle"), (await store.read(copyIn(elsewhere)!.bundle.sha256))!);
    const answer = await called(["replay", evidence, "--bundle", place("other.bundle")]);
    expect(answer).toMatchObject({ code: 1 });
    expect(answer.text).toContain("DOES NOT HOLD");
    expect(await called(["replay", written("odd.json", { kind: "x" })])).toMatchObject({ code: 2 });
    expect(await called(["replay", place("nothing.json")])).toMatchObject({ code: 2 });
    expect(await called([])).toMatchObject({ code: 2 });
  });
});
