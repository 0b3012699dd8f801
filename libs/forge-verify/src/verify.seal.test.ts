import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { startGitHub, type LocalGitHub } from "@freehold/local-world";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import {
  commitmentOf,
  createForgeVerifier,
  readReveal,
  type Baseline,
  type ForgeVerifier,
  type RepositoryRef,
} from "./index.ts";

const folder = mkdtempSync(path.join(tmpdir(), "verify-seal-"));
const tool = fileURLToPath(new URL("../../freehold-seal/freehold-seal.mjs", import.meta.url));
const noon = new Date("2026-05-01T12:00:00Z");
const later = new Date("2026-05-20T12:00:00Z");
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let github: LocalGitHub;
let verifier: ForgeVerifier;
let stories = 0;

beforeAll(async () => {
  github = await startGitHub({ dataDir: path.join(folder, "github"), now: () => noon });
  verifier = createForgeVerifier({
    mirrorsDir: path.join(folder, "mirrors"),
    githubApiUrl: github.apiUrl,
    githubWebUrl: github.webUrl,
    allowPrivateAddresses: [github.host],
  });
});
afterAll(async () => {
  await github.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Story {
  at: { owner: string; name: string };
  repository: RepositoryRef;
  baseline: Baseline;
  mirrorKey: string;
  /** The commit of the baseline. */
  start: string;
  /** Where dave works before anybody sees it. */
  dir: string;
}

interface Sealed {
  commitment: string;
  /** The whole reveal file. */
  text: string;
}

function git(dir: string, ...args: string[]): string {
  const who = { GIT_AUTHOR_NAME: "d", GIT_AUTHOR_EMAIL: "d@x", GIT_COMMITTER_NAME: "d", GIT_COMMITTER_EMAIL: "d@x" };
  const env = { ...process.env, ...who, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };
  return execFileSync("git", ["-C", dir, ...args], { env, encoding: "utf8", stdio: ["pipe", "pipe", "ignore"] }).trim();
}

/** A public MIT repository with a few files, its baseline, and dave's private clone of it. */
async function begin(): Promise<Story> {
  const at = { owner: "dave", name: `sealed-${++stories}` };
  const created = await github.createRepository({ ...at, license: "MIT" });
  const files = { "kept.js": "kept\n", "old.js": "old\n", "run.sh": "run\n", swap: "a file\n" };
  const start = await github.commit({ ...at, files, message: "Begin" });
  const repository: RepositoryRef = { forge: "github", stableId: String(created.id), slug: `dave/${at.name}` };
  const mirrorKey = `sealed-${stories}`;
  const baseline = await publicNow({ repository, mirrorKey });
  const dir = path.join(folder, at.name);
  git(folder, "clone", "-q", github.bare(at).dir, dir);
  return { at, repository, baseline, mirrorKey, start, dir };
}

async function publicNow(story: Pick<Story, "repository" | "mirrorKey">): Promise<Baseline> {
  const { repository, mirrorKey } = story;
  const taken = await verifier.takeBaseline({ repository, mirrorKey, at: noon });
  if (!taken.ok) throw new Error(taken.fault);
  return taken.value;
}

function write(dir: string, files: Record<string, string | null>): void {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(dir, name);
    mkdirSync(path.dirname(file), { recursive: true });
    if (text === null) rmSync(file);
    else writeFileSync(file, text);
  }
}

function commit(dir: string, files: Record<string, string | null> = {}, message = "Work"): string {
  write(dir, files);
  git(dir, "add", "--all");
  git(dir, "commit", "-q", "--allow-empty", "-m", message);
  return git(dir, "rev-parse", "HEAD");
}

const command = (...args: string[]) => spawnSync(process.execPath, [tool, ...args], { encoding: "utf8", cwd: folder });

/** Runs the real command on what dave has committed. */
function seal({ dir, start }: Story, ...more: string[]): Sealed {
  const output = `${dir}.json`;
  rmSync(output, { force: true });
  const run = command("--baseline", start, "--repository", dir, "--output", output, ...more);
  if (run.status !== 0) throw new Error(run.stderr);
  const [commitment = ""] = /\b[0-9a-f]{64}\b/.exec(run.stdout) ?? [];
  return { commitment, text: readFileSync(output, "utf8") };
}

const nonceOf = ({ text }: Sealed): string => (JSON.parse(text) as { nonce: string }).nonce;

/** Publishes a commit of the private clone as the head of main. */
function publish({ dir, at }: Story, sha = "HEAD"): string {
  git(dir, "push", "-q", "--force", github.bare(at).dir, `${sha}:refs/heads/main`);
  return git(dir, "rev-parse", sha);
}

async function verify(story: Story, sha: string, { commitment }: Sealed, reveal: string, branchSeen?: Baseline) {
  const { repository, baseline, mirrorKey } = story;
  const seen = branchSeen ? { branchSeen } : {};
  const plain = { repository, baseline, mirrorKey, commit: sha, branch: "main", at: later, phase: "release" as const };
  const report = await verifier.verifyRelease({ ...plain, ...seen, seal: { commitment, reveal } });
  const check = report.checks.find((one) => one.name === "same-as-preview");
  return { ...check, verdict: report.verdict };
}

const passed = { outcome: "ok", verdict: { kind: "pass" } };
const mismatch = { outcome: "fail", verdict: { kind: "fail", code: "commitment_mismatch" } };
const asked = (reason: string) => ({ outcome: "needs_human", verdict: { kind: "needs_human", reason } });

describe("freehold-seal and the check agree", () => {
  it("on odd paths, links, modes, submodules, empty and removed files, with the whole file and with the nonce", async () => {
    const story = await begin();
    const { dir } = story;
    const odd = [
      " a b ",
      'say "hi"',
      "new\nline\ttab",
      "caf\u00e9",
      "cafe\u0301",
      "\u{1F600}\\",
      "-dash",
      "d/\u202Etxt",
    ];
    write(dir, { ...Object.fromEntries(odd.map((name) => [name, `of ${name}`])), empty: "", "old.js": null });
    for (const bytes of [
      [0xff, 0x61],
      [0xfe, 0x61],
      [0xc3, 0x28],
    ])
      writeFileSync(Buffer.concat([Buffer.from(`${dir}/`), Buffer.from(bytes)]), `bytes ${bytes}`);
    symlinkSync("../../etc/passwd", path.join(dir, "link"));
    chmodSync(path.join(dir, "run.sh"), 0o755);
    write(dir, { swap: null, "swap/inside": "a folder now" });
    // A submodule that asks every diff to look away.
    write(dir, { ".gitmodules": '[submodule "part"]\n\tpath = part\n\turl = ../sealed-1.git\n\tignore = all\n' });
    git(dir, "add", "--all");
    git(dir, "update-index", "--add", "--cacheinfo", `160000,${"b".repeat(40)},part`);
    git(dir, "commit", "-q", "-m", "Odd");
    const sealed = seal(story);
    const files = readReveal(sealed.text)!.files!;
    expect(files).toHaveLength(odd.length + 3 + 8);
    expect(files.filter((file) => file.encoding)).toHaveLength(3);
    expect(files.find((file) => file.path === "part")).toMatchObject({ mode: "160000" });
    expect(commitmentOf(files, nonceOf(sealed))).toBe(sealed.commitment);
    const sha = publish(story);
    expect(await verify(story, sha, sealed, sealed.text)).toMatchObject({ outcome: "ok" });
    expect(await verify(story, sha, sealed, nonceOf(sealed))).toMatchObject({ outcome: "ok" });
    // One of two names that look alike once they are shown, and nothing else.
    rmSync(Buffer.concat([Buffer.from(`${dir}/`), Buffer.from([0xfe, 0x61])]));
    const without = publish(story, commit(dir));
    expect(await verify(story, without, sealed, sealed.text)).toMatchObject(mismatch);
  });

  it("on a repository that had nothing when the development started", async () => {
    const at = { owner: "dave", name: `sealed-${++stories}` };
    const created = await github.createRepository({ ...at, license: "MIT" });
    const head = await github.bare(at).refSha("refs/heads/main");
    await github.setRef({ ...at, ref: "refs/heads/main", sha: null });
    const repository: RepositoryRef = { forge: "github", stableId: String(created.id), slug: `dave/${at.name}` };
    const mirrorKey = `sealed-${stories}`;
    const baseline = await publicNow({ repository, mirrorKey });
    await github.setRef({ ...at, ref: "refs/heads/main", sha: head });
    const dir = path.join(folder, at.name);
    git(folder, "clone", "-q", github.bare(at).dir, dir);
    await github.setRef({ ...at, ref: "refs/heads/main", sha: null });
    const story = { at, repository, baseline, mirrorKey, start: "none", dir };
    commit(dir, { "feature.js": "first\n" });
    const sealed = seal(story);
    const sha = publish(story);
    expect(await verify(story, sha, sealed, sealed.text)).toMatchObject(passed);
    expect(await verify(story, sha, sealed, nonceOf(sealed))).toMatchObject(passed);
  });
});

describe("a branch that moves on", () => {
  it("passes a merge, a squash and a rebase on top of what others did; without what was seen, a person is asked", async () => {
    const story = await begin();
    const { dir, at } = story;
    const work = commit(dir, { "feature.js": "1\n", "kept.js": "changed\n", "old.js": null });
    const sealed = seal(story);
    const moved = await github.commit({ ...at, files: { "other.js": "by erin\n", "run.sh": null }, message: "Erin's" });
    const seen = await publicNow(story);
    git(dir, "fetch", "-q", github.bare(at).dir, "main");
    const shapes: Record<string, () => void> = {
      merge: () => git(dir, "merge", "-q", "--no-edit", work),
      squash: () => (git(dir, "merge", "-q", "--squash", work), git(dir, "commit", "-q", "-m", "Squashed")),
      rebase: () => git(dir, "cherry-pick", work),
    };
    for (const [shape, act] of Object.entries(shapes)) {
      git(dir, "checkout", "-q", "-B", shape, moved);
      act();
      const sha = publish(story);
      const whole = await verify(story, sha, sealed, sealed.text, seen);
      expect([shape, whole]).toMatchObject([shape, passed]);
      expect(whole.sentence).toBe(
        "3 files are exactly as sealed with the preview. The branch changed 2 other files meanwhile.",
      );
      expect([shape, await verify(story, sha, sealed, nonceOf(sealed), seen)]).toMatchObject([shape, passed]);
    }
    const sha = git(dir, "rev-parse", "HEAD");
    expect(await verify(story, sha, sealed, sealed.text)).toMatchObject(asked("beyond_seal"));
    expect(await verify(story, sha, sealed, nonceOf(sealed))).toMatchObject(mismatch);
  });

  it("asks a person when others changed a sealed file, but not when only its developer did", async () => {
    const story = await begin();
    const { dir, at } = story;
    const work = commit(dir, { "feature.js": "1\n", "kept.js": "mine\n" });
    const sealed = seal(story);
    const moved = await github.commit({ ...at, files: { "kept.js": "erin's\n" }, message: "Erin's" });
    const seen = await publicNow(story);
    git(dir, "fetch", "-q", github.bare(at).dir, "main");
    git(dir, "checkout", "-q", "-B", "main", moved);
    git(dir, "merge", "-q", "-s", "ours", "--no-commit", work);
    const both = commit(dir, { "feature.js": "1\n", "kept.js": "both\n" });
    const found = await verify(story, publish(story), sealed, sealed.text, seen);
    expect(found).toMatchObject(asked("seal_conflict"));
    expect(found.sentence).toContain("kept.js");
    expect(await verify(story, both, sealed, sealed.text)).toMatchObject(mismatch);
    const alsoMine = publish(story, commit(dir, { "feature.js": "2\n" }));
    expect(await verify(story, alsoMine, sealed, sealed.text, seen)).toMatchObject(mismatch);
  });

  it("does not take another branch for the one of the release", async () => {
    const story = await begin();
    const { dir, at } = story;
    commit(dir, { "feature.js": "1\n" });
    const sealed = seal(story);
    const sha = commit(dir, { "never-shown.js": "2\n" });
    git(dir, "push", "-q", github.bare(at).dir, "HEAD:refs/heads/side");
    const seen = await publicNow(story);
    commit(dir, { "feature.js": "1\n" });
    publish(story, sha);
    expect(await verify(story, sha, sealed, sealed.text, seen)).toMatchObject(asked("beyond_seal"));
  });
});

describe("a release that is not what was shown", () => {
  it("fails for one other byte, a missing file, another mode, a file that should be gone, a link in a file's place", async () => {
    const story = await begin();
    const { dir } = story;
    const work = commit(dir, { "feature.js": "let n = 1\n", "lib/part.js": "2\n", "old.js": null });
    const sealed = seal(story);
    const changes: [string, () => void][] = [
      ["feature.js", () => write(dir, { "feature.js": "let n = 2\n" })],
      ["lib/part.js", () => write(dir, { "lib/part.js": null })],
      ["feature.js", () => chmodSync(path.join(dir, "feature.js"), 0o755)],
      ["old.js", () => write(dir, { "old.js": "old\n" })],
      ["lib/part.js", () => (rmSync(path.join(dir, "lib/part.js")), symlinkSync("2\n", path.join(dir, "lib/part.js")))],
    ];
    for (const [named, change] of changes) {
      git(dir, "checkout", "-q", "-f", "-B", "main", work);
      change();
      const sha = publish(story, commit(dir));
      const found = await verify(story, sha, sealed, sealed.text);
      expect([named, found]).toMatchObject([named, mismatch]);
      expect(found.sentence).toContain(`not what was sealed with the preview: ${named}.`);
      const checked = command("check", `${dir}.json`, "--repository", dir);
      expect([checked.status, checked.stdout]).toEqual([1, expect.stringContaining(`\n    ${named}\n`)]);
      expect(await verify(story, sha, sealed, nonceOf(sealed))).toMatchObject(mismatch);
    }
    git(dir, "checkout", "-q", "-f", "-B", "main", work);
    expect(command("check", `${dir}.json`, "--repository", dir).status).toBe(0);
    expect(await verify(story, publish(story), sealed, sealed.text)).toMatchObject(passed);
  });

  it("asks a person about files outside the seal: added later, or left out of it on purpose", async () => {
    const story = await begin();
    const { dir } = story;
    commit(dir, { "feature.js": "1\n", "hidden.js": "never shown\n" });
    const honest = seal(story);
    const nonce = nonceOf(honest);
    const [feature] = readReveal(honest.text)!.files!;
    const text = JSON.stringify({ ...(JSON.parse(honest.text) as object), files: [feature] });
    const forged = { commitment: commitmentOf([feature!], nonce), text };
    const sha = publish(story);
    const found = await verify(story, sha, forged, forged.text);
    expect(found).toMatchObject(asked("beyond_seal"));
    expect(found.sentence).toContain("hidden.js");
    // The list that was cut short afterwards does not open the honest seal.
    expect(await verify(story, sha, honest, forged.text)).toMatchObject(mismatch);
    const extra = publish(story, commit(dir, { "extra.js": "2\n" }));
    expect(await verify(story, extra, honest, honest.text)).toMatchObject(asked("beyond_seal"));
  });

  it("fails without the very nonce or file of this seal", async () => {
    const story = await begin();
    commit(story.dir, { "feature.js": "1\n" });
    const first = seal(story);
    const second = seal(story);
    expect(second.commitment).not.toBe(first.commitment);
    const sha = publish(story);
    const wrong = [second.text, nonceOf(second), "", "{}", first.text.slice(1), first.text.replace("100644", "100755")];
    for (const reveal of wrong) expect(await verify(story, sha, first, reveal)).toMatchObject(mismatch);
    expect(
      await verify(story, sha, { ...first, commitment: first.commitment.toUpperCase() }, first.text),
    ).toMatchObject(passed);
  });
});

describe("the command freehold-seal", () => {
  it("keeps the secret to its owner, overwrites none, and says what is not committed", async () => {
    const { dir, start } = await begin();
    commit(dir, { "feature.js": "1\n" });
    write(dir, { "forgotten.js": "2\n" });
    const output = path.join(folder, "secret.json");
    const args = ["--baseline", start, "--repository", dir, "--output", output];
    const first = command(...args);
    expect(first.stderr).toContain("only commits are sealed");
    expect(first.stderr).toContain("forgotten.js");
    expect(statSync(output).mode & 0o777).toBe(0o600);
    const text = readFileSync(output, "utf8");
    const { nonce } = JSON.parse(text) as { nonce: string };
    expect(first.stdout).not.toContain(nonce);
    expect(command(...args)).toMatchObject({ status: 2, stdout: "" });
    expect(readFileSync(output, "utf8")).toBe(text);
    chmodSync(output, 0o644);
    expect(command(...args, "--force").status).toBe(0);
    expect([statSync(output).mode & 0o777, readFileSync(output, "utf8") === text]).toEqual([0o600, false]);
  });

  it("refuses what it cannot seal, in a sentence", async () => {
    const { dir, start } = await begin();
    const sha = commit(dir, { "feature.js": "1\n" });
    git(dir, "checkout", "-q", "--orphan", "apart");
    const apart = commit(dir, {}, "Apart");
    git(folder, "clone", "-q", "--depth=1", `file://${dir}`, `${dir}-shallow`);
    const output = path.join(folder, "never.json");
    const run = (baseline: string, at: string, repository = dir) =>
      command(`--baseline=${baseline}`, `--commit=${at}`, `--repository=${repository}`, "--output", output);
    const refused: [ReturnType<typeof command>, string][] = [
      [run(start, sha, folder), "no git repository"],
      [run(start, sha, path.join(folder, "nowhere")), "no git repository"],
      [run("f".repeat(40), sha), "is no commit"],
      [run(start, "--output=/tmp/x"), "is no commit"],
      [run(start, apart), "share no history"],
      [run(sha, start), `--baseline ${start}`],
      [run(sha, sha), "Nothing differs"],
      [run("none", "HEAD", `${dir}-shallow`), "shallow clone"],
      [command("--repository", dir), "--baseline <commit>"],
      [command("check", path.join(folder, "nothing.json"), "--repository", dir), "cannot be read"],
    ];
    for (const [{ status, stderr, stdout }, sentence] of refused) {
      expect([status, stdout, stderr]).toEqual([2, "", expect.stringContaining(sentence)]);
    }
    expect(existsSync(output)).toBe(false);
  });

  it("runs nothing that the repository names, and reads what is really committed", async () => {
    const story = await begin();
    const { dir } = story;
    commit(dir, { "feature.js": "1\n", ".gitattributes": "*.js diff=loud filter=loud\n" });
    const ran = path.join(folder, "ran");
    const script = path.join(folder, "loud.sh");
    writeFileSync(script, `#!/bin/sh\necho "$0" >> ${ran}\n`, { mode: 0o755 });
    for (const key of [
      "core.fsmonitor",
      "diff.external",
      "diff.loud.textconv",
      "diff.loud.command",
      "filter.loud.smudge",
    ])
      git(dir, "config", key, script);
    git(dir, "config", "core.hooksPath", folder);
    git(dir, "config", "diff.orderFile", "/nowhere");
    git(dir, "config", "diff.renames", "copies");
    const oid = git(dir, "rev-parse", "HEAD:feature.js");
    git(dir, "replace", oid, git(dir, "rev-parse", "HEAD:kept.js"));
    const sealed = seal(story);
    expect(existsSync(ran)).toBe(false);
    expect(await verify(story, publish(story), sealed, sealed.text)).toMatchObject(passed);
  });

  it("holds no file in memory, however large", async () => {
    const story = await begin();
    const { dir } = story;
    const size = 320_000_000;
    git(dir, "config", "core.compression", "1");
    execFileSync("sh", ["-c", `head -c ${size} /dev/zero > big.bin`], { cwd: dir });
    commit(dir);
    rmSync(path.join(dir, "big.bin"));
    const output = `${dir}.json`;
    const told = "data:text/javascript,process.on('exit',()=>console.error('peak',process.resourceUsage().maxRSS))";
    const args = ["--import", told, tool, "--baseline", story.start, "--repository", dir, "--output", output];
    const run = spawnSync(process.execPath, args, { encoding: "utf8" });
    const peak = Number(/peak (\d+)/.exec(run.stderr)?.[1]) * 1024;
    expect(run.status).toBe(0);
    expect(peak).toBeLessThan(size / 2);
    const [big] = readReveal(readFileSync(output, "utf8"))!.files!;
    expect(big!.sha256).toBe(
      execFileSync("sh", ["-c", `head -c ${size} /dev/zero | sha256sum`], { encoding: "utf8" }).slice(0, 64),
    );
  });
});
