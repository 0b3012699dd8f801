import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { once } from "node:events";
import { readFileSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { createForgeVerifier, type Report, type RepositoryRef } from "@freehold/forge-verify";
import { startGitHub } from "@freehold/local-world";
import { lookedAt, type Watch } from "../libs/journey/src/verification/watch.ts";
import { watchHeap } from "./memory.ts";
import { machine, say } from "./tell.ts";

const run = promisify(execFile);
const MB = 1_000_000;
const HOUR_MS = 3_600_000;

/**
 * A large repository mirrored and verified, beside a plain `git clone --mirror` of the same; then what rechecks cost in
 * requests, for one repository and for many that nobody touches over a cycle of six hours.
 */
export async function benchVerify(sizes: { commits: number; packMb: number; repositories: number }): Promise<void> {
  const folder = await mkdtemp("/var/tmp/freehold-bench-verify-");
  const github = await startGitHub({ dataDir: path.join(folder, "github") });
  const mirrorsDir = path.join(folder, "mirrors");
  const verifier = createForgeVerifier({
    mirrorsDir,
    githubApiUrl: github.apiUrl,
    githubWebUrl: github.webUrl,
    allowPrivateAddresses: [github.host],
  });
  try {
    say(machine());
    const at = { owner: "dave", name: "large" };
    const made = await github.createRepository({ ...at, license: "MIT" });
    const bare = github.bare(at);
    const told = await timed(() => grow(bare.dir, sizes));
    say(
      `made: ${sizes.commits} commits, ${megabytes(await folderBytes(path.join(bare.dir, "objects", "pack")))} of packs, in ${told.seconds} s (not judged)`,
    );
    const repository: RepositoryRef = { forge: "github", stableId: String(made.id), slug: "dave/large" };
    const clone = await timed(() =>
      run("git", ["clone", "-q", "--mirror", made.cloneUrl, path.join(folder, "reference.git")]),
    );
    const input = { repository, mirrorKey: "large" };
    const first = await measured(mirrorsDir, () => verifier.takeBaseline({ ...input, at: new Date() }));
    if (!first.value.ok) throw new Error(`the baseline was not taken: ${first.value.fault}`);
    const baseline = first.value.value;
    say(`baseline: ${first.seconds} s (git clone --mirror of the same: ${clone.seconds} s); ${first.memory}`);
    const commit = await github.commit({
      ...at,
      files: { "feature.js": "export const on = true;\n" },
      message: "Add it",
    });
    const release = { ...input, baseline, branch: "main", commit, at: new Date(), phase: "release" as const };
    const whole = await measured(mirrorsDir, () => verifier.verifyRelease(release));
    expectPass(whole.value);
    say(`release: ${whole.seconds} s, ${whole.value.verdict.kind}; ${whole.memory}`);
    const before = github.requests.length;
    const glance = await measured(mirrorsDir, () => verifier.recheck({ ...release, phase: "recheck" }, whole.value));
    expectPass(glance.value);
    say(
      `recheck with nothing new: ${glance.seconds} s, ${github.requests.length - before} requests (at most 2), ${packs(github.requests.slice(before))} packs`,
    );

    const small = await smallRelease(github, verifier);
    const cycle = await idleCycle(github, verifier, small, sizes.repositories);
    say(
      `${sizes.repositories} idle repositories over 6 hours: ${cycle.requests} requests (at most ${4 * sizes.repositories}), ${cycle.looks} looks, ${packs(cycle.asked)} packs, ${cycle.api} questions to the API`,
    );
  } finally {
    await github.close();
    await rm(folder, { recursive: true, force: true });
  }
}

type GitHub = Awaited<ReturnType<typeof startGitHub>>;
type Verifier = ReturnType<typeof createForgeVerifier>;

function expectPass(report: Report): void {
  if (report.verdict.kind !== "pass") throw new Error(`not a pass: ${JSON.stringify(report.checks)}`);
}

async function timed<Value>(act: () => Promise<Value>): Promise<{ value: Value; seconds: string }> {
  const begun = performance.now();
  const value = await act();
  return { value, seconds: ((performance.now() - begun) / 1000).toFixed(1) };
}

/** Runs, and watches the heap of this process and the memory of every git that works on our mirrors. */
async function measured<Value>(mirrorsDir: string, act: () => Promise<Value>) {
  let git = 0;
  const timer = setInterval(() => (git = Math.max(git, residentOf(mirrorsDir))), 100);
  try {
    const { result, peak } = await watchHeap(() => timed(act));
    return { ...result, memory: `git ${megabytes(git)} resident at most, our heap ${megabytes(peak)}` };
  } finally {
    clearInterval(timer);
  }
}

/** Resident memory, in bytes, of all processes that were started for a mirror; Linux only, else 0. */
function residentOf(mirrorsDir: string): number {
  let sum = 0;
  for (const pid of listing("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      if (!readFileSync(`/proc/${pid}/environ`, "utf8").includes(`HOME=${mirrorsDir}`)) continue;
      sum += 1024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
    } catch {
      // It has ended between two lines.
    }
  }
  return sum;
}

const listing = (folder: string): string[] => {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
};

async function folderBytes(folder: string): Promise<number> {
  return (await readdir(folder)).reduce((sum, name) => sum + statSync(path.join(folder, name)).size, 0);
}

const megabytes = (bytes: number): string => `${Math.round(bytes / MB)} MB`;
const packs = (asked: readonly string[]): number =>
  asked.filter((line) => line.includes("git-upload-pack") && line.startsWith("POST")).length -
  asked.filter((line) => line.includes("info/refs")).length;

/** Commits on main by fast-import: every one changes one of 500 files; large blobs that nothing compresses on top. */
async function grow(dir: string, { commits, packMb }: { commits: number; packMb: number }): Promise<void> {
  const { stdout } = await run("git", ["--git-dir", dir, "rev-parse", "refs/heads/main"]);
  const child = spawn("git", ["--git-dir", dir, "fast-import", "--quiet", "--force"], {
    stdio: ["pipe", "ignore", "inherit"],
  });
  const write = async (text: string | Buffer) => {
    if (!child.stdin.write(text)) await once(child.stdin, "drain");
  };
  for (let at = 1; at <= commits; at += 1) {
    const body = `export const value${at % 500} = ${at};\n`.repeat(5);
    const from = at === 1 ? `from ${stdout.trim()}\n` : "";
    await write(
      `commit refs/heads/main\ncommitter dave <dave@example.org> ${1_700_000_000 + at} +0000\ndata 8\nchange ${at % 10}\n${from}` +
        `M 100644 inline src/${at % 50}/file${at % 500}.js\ndata ${Buffer.byteLength(body)}\n${body}\n`,
    );
  }
  for (let at = 0; at < packMb / 20; at += 1) {
    await write(
      `commit refs/heads/main\ncommitter dave <dave@example.org> 1800000000 +0000\ndata 3\nbig\nM 100644 inline assets/${at}.bin\ndata ${20 * MB}\n`,
    );
    await write(randomBytes(20 * MB));
    await write("\n");
  }
  child.stdin.end();
  const [code] = (await once(child, "close")) as [number];
  if (code !== 0) throw new Error(`git fast-import ended with ${code}`);
}

/** A release in a small repository, verified: what its byte-identical copies are then watched with. */
async function smallRelease(github: GitHub, verifier: Verifier) {
  const at = { owner: "erin", name: "small" };
  const made = await github.createRepository({ ...at, license: "MIT" });
  const input = {
    repository: { forge: "github" as const, stableId: String(made.id), slug: "erin/small" },
    mirrorKey: "small",
  };
  const taken = await verifier.takeBaseline({ ...input, at: new Date() });
  if (!taken.ok) throw new Error(taken.fault);
  const commit = await github.commit({ ...at, files: { "feature.js": "1\n" }, message: "Add it" });
  const release = {
    ...input,
    baseline: taken.value,
    branch: "main",
    commit,
    at: new Date(),
    phase: "recheck" as const,
  };
  const report = await verifier.verifyRelease({ ...release, phase: "release" });
  expectPass(report);
  return { release, report, made };
}

/** Six hours of the watch over repositories that nobody touches, told by the rules that the worker follows. */
async function idleCycle(
  github: GitHub,
  verifier: Verifier,
  { release, report, made }: Awaited<ReturnType<typeof smallRelease>>,
  count: number,
) {
  const source = github.bare({ owner: "erin", name: "small" }).dir;
  const begin = new Date();
  const watch: Watch = {
    opensAt: begin,
    endsAt: new Date(begin.getTime() + 14 * 24 * HOUR_MS),
    lastGoodAt: begin,
    publicSince: begin,
    suspended: null,
    failedLooks: 0,
    cureUntil: null,
    unobservedMs: 0,
    movedMs: 0,
    restarts: 0,
  };
  const terms = {
    windowMs: 14 * 24 * HOUR_MS,
    cureMs: 72 * HOUR_MS,
    everyMs: 6 * HOUR_MS,
    movesAtMostMs: 72 * HOUR_MS,
    absenceMs: 24 * HOUR_MS,
    latest: new Date(begin.getTime() + 60 * 24 * HOUR_MS),
  };
  const copies: Report[] = [];
  for (let at = 0; at < count; at += 1) {
    const name = `small-${at}`;
    const copy = await github.createRepository({ owner: "erin", name });
    const { dir } = github.bare({ owner: "erin", name });
    await rm(dir, { recursive: true });
    await cp(source, dir, { recursive: true });
    copies.push(JSON.parse(JSON.stringify(report).replaceAll(made.cloneUrl, copy.cloneUrl)) as Report);
  }
  const before = github.requests.length;
  let looks = 0;
  for (const since of copies) {
    // Each one's first look falls somewhere in the cycle, as it does for windows that opened at any hour.
    let due = begin.getTime() + Math.random() * 5.25 * HOUR_MS;
    while (due < begin.getTime() + 6 * HOUR_MS) {
      const moment = new Date(due);
      expectPass(await verifier.recheck({ ...release, at: moment }, since));
      looks += 1;
      const look = { at: moment, previousAt: begin, machineMs: due - begin.getTime(), jitter: Math.random() };
      due = lookedAt(watch, { kind: "good" }, look, terms).nextLookAt.getTime();
    }
  }
  const asked = github.requests.slice(before);
  return {
    looks,
    asked,
    requests: asked.length,
    api: asked.filter((line) => line.includes(" /api/") || line.includes("/repositories/")).length,
  };
}
