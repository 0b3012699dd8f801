import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { Octokit } from "@octokit/rest";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { startAtprotoNetwork } from "../atproto/index.ts";
import { seedRepositories, startGitHub, startKnot, type LocalGitHub } from "./index.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const folder = mkdtempSync(path.join(tmpdir(), "local-forges-"));
const log = { debug() {}, info() {}, warn() {}, error() {} };
const run = promisify(execFile);
const environment = {
  PATH: process.env["PATH"],
  HOME: folder,
  GIT_TERMINAL_PROMPT: "0",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_AUTHOR_NAME: "dave",
  GIT_AUTHOR_EMAIL: "dave@freehold.test",
  GIT_COMMITTER_NAME: "dave",
  GIT_COMMITTER_EMAIL: "dave@freehold.test",
};
const git = (cwd: string, ...args: string[]) => run("git", args, { cwd, env: environment });
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the local GitHub", () => {
  let github: LocalGitHub;
  let octokit: Octokit;
  let worlds = 0;
  const dataDir = () => path.join(folder, `github-${worlds}`);
  const open = async (port = 0) => {
    github = await startGitHub({ port, dataDir: dataDir(), now: () => new Date("2026-05-01T12:00:00Z") });
    octokit = new Octokit({ baseUrl: github.apiUrl, log });
  };
  beforeEach(async () => {
    worlds += 1;
    await open();
  });
  afterEach(() => github.close());

  const larkspur = { owner: "erin", repo: "larkspur" };
  const named = { owner: "erin", name: "larkspur" };

  it("answers the real Octokit: repository, branches, commits, licence, comparison, activity", async () => {
    const { id } = await github.createRepository({ ...named, license: "MIT" });
    const first = (await github.bare(named).refSha("refs/heads/main")) ?? "";
    const second = await github.commit({ ...named, files: { "a.js": "1\n" }, message: "Add a" });
    const { data } = await octokit.repos.get(larkspur);
    expect(data).toMatchObject({ id, full_name: "erin/larkspur", private: false, default_branch: "main" });
    expect(data.license?.spdx_id).toBe("MIT");
    expect((await octokit.request("GET /repositories/{id}", { id })).data).toEqual(data);
    expect((await octokit.repos.getBranch({ ...larkspur, branch: "main" })).data.commit.sha).toBe(second);
    expect((await octokit.git.getRef({ ...larkspur, ref: "heads/main" })).data.object.sha).toBe(second);
    const commits = (await octokit.repos.listCommits(larkspur)).data;
    expect(commits.map((one) => one.commit.message)).toEqual(["Add a", "Start with a readme and a licence"]);
    expect((await octokit.git.getCommit({ ...larkspur, commit_sha: second })).data.parents[0]?.sha).toBe(first);
    const compared = (await octokit.repos.compareCommits({ ...larkspur, base: first, head: "main" })).data;
    expect([compared.status, compared.merge_base_commit.sha]).toEqual(["ahead", first]);
    const licence = (await octokit.licenses.getForRepo(larkspur)).data;
    expect(Buffer.from(licence.content, "base64").toString()).toContain("Permission is hereby granted");
    await github.forcePush({ ...named, to: first, files: { "b.js": "2\n" } });
    const activity = (await octokit.repos.listActivities(larkspur)).data;
    expect(activity.map((one) => one.activity_type)).toEqual(["force_push", "push"]);
  });

  it("says 404 to strangers about what is private, and shows it to its owner", async () => {
    await github.createRepository({ ...named, private: true, license: "MIT" });
    await expect(octokit.repos.get(larkspur)).rejects.toMatchObject({ status: 404 });
    const own = new Octokit({ baseUrl: github.apiUrl, auth: github.tokenFor("erin"), log });
    expect((await own.repos.get(larkspur)).data.visibility).toBe("private");
    await expect(git(folder, "ls-remote", `${github.url}/erin/larkspur.git`)).rejects.toThrow();
    expect((await fetch(`${github.url}/erin/larkspur`)).status).toBe(404);
    await github.setPrivate({ ...named, private: false });
    expect((await git(folder, "ls-remote", `${github.url}/erin/larkspur.git`)).stdout).toContain("refs/heads/main");
  });

  it("keeps a repository's number through a rename and a restart, and sends its old name there", async () => {
    const { id } = await github.createRepository({ ...named, license: "MIT" });
    await github.rename({ ...named, toName: "delphinium" });
    await github.close();
    await open();
    expect((await octokit.repos.get(larkspur)).data).toMatchObject({ id, full_name: "erin/delphinium" });
    const moved = await fetch(`${github.apiUrl}/repos/erin/larkspur`, { redirect: "manual" });
    expect([moved.status, moved.headers.get("location")]).toEqual([301, `${github.apiUrl}/repositories/${id}`]);
    const again = await github.createRepository(named);
    expect(again.id).not.toBe(id);
    expect((await octokit.repos.get(larkspur)).data.id).toBe(again.id);
  });

  it("takes a push from the owner with the password, and from nobody else", async () => {
    await github.createRepository({ ...named, license: "MIT" });
    const copy = path.join(folder, `copy-${worlds}`);
    await git(folder, "clone", "-q", `${github.url}/erin/larkspur.git`, copy);
    writeFileSync(path.join(copy, "feature.js"), "export {};\n");
    await git(copy, "add", ".");
    await git(copy, "commit", "-qm", "Add the feature");
    const address = (user: string) =>
      `${github.url.replace("//", `//${user}:${github.tokenFor(user)}@`)}/erin/larkspur.git`;
    await expect(git(copy, "push", "-q", `${github.url}/erin/larkspur.git`, "main")).rejects.toThrow();
    await expect(git(copy, "push", "-q", address("mallory"), "main")).rejects.toThrow();
    await git(copy, "push", "-q", address("erin"), "main");
    const [newest] = (await octokit.repos.listActivities(larkspur)).data;
    expect(newest?.activity_type).toBe("push");
    expect(await (await fetch(`${github.url}/erin/larkspur`)).text()).toContain("Add the feature");
  });

  it("shares objects between a repository and its forks, as the real one does", async () => {
    await github.createRepository({ ...named, license: "MIT" });
    await github.fork({ owner: "mallory", name: "larkspur", from: named });
    const sha = await github.commit({ owner: "mallory", name: "larkspur", files: { x: "1" }, message: "Only here" });
    expect((await octokit.git.getCommit({ ...larkspur, commit_sha: sha })).status).toBe(200);
    expect((await octokit.repos.get({ owner: "mallory", repo: "larkspur" })).data.parent?.full_name).toBe(
      "erin/larkspur",
    );
  });

  it("can be told to fail, and counts its hourly allowance", async () => {
    await github.createRepository({ ...named, license: "MIT" });
    for (const mode of ["404", "401", "429", "451", "503"] as const) {
      github.setMode(mode);
      expect((await fetch(`${github.apiUrl}/repos/erin/larkspur`)).status).toBe(Number(mode));
    }
    github.setMode("reset");
    await expect(fetch(`${github.apiUrl}/repos/erin/larkspur`)).rejects.toThrow();
    github.setMode("ok");
    const answer = await fetch(`${github.apiUrl}/repos/erin/larkspur`);
    const etag = answer.headers.get("etag") ?? "";
    const same = await fetch(`${github.apiUrl}/repos/erin/larkspur`, { headers: { "if-none-match": etag } });
    expect(same.status).toBe(304);
    github.setRateLimit(1);
    expect((await octokit.repos.get(larkspur)).headers["x-ratelimit-remaining"]).toBe("0");
    await expect(octokit.repos.get(larkspur)).rejects.toMatchObject({ status: 403 });
  });

  it("can be told by HTTP, in JSON only, and names what it does not know", async () => {
    const tell = (verb: string, body: unknown, type = "application/json") =>
      fetch(`${github.url}/__forge/${verb}`, {
        method: "POST",
        headers: { "content-type": type },
        body: JSON.stringify(body),
      });
    expect((await tell("createRepository", { ...named, license: "MIT" })).status).toBe(200);
    const sha = (await (await tell("commit", { ...named, files: { a: "1" }, message: "By wire" })).json()) as string;
    expect((await octokit.repos.getBranch({ ...larkspur, branch: "main" })).data.commit.sha).toBe(sha);
    expect((await tell("setMode", { mode: "503", part: "api" })).status).toBe(200);
    await expect(octokit.repos.get(larkspur)).rejects.toMatchObject({ status: 503 });
    expect((await tell("commit", { owner: "no", name: "body", files: {}, message: "" })).status).toBe(400);
    expect((await tell("explode", {})).status).toBe(404);
    expect((await tell("deleteRepository", named, "text/plain")).status).toBe(415);
  });
});

describe("the repositories of the story", () => {
  it("stand on both forges with history and licences, and stay as they are at the next start", async () => {
    const network = await startAtprotoNetwork({ dataDir: path.join(folder, "atproto") });
    const github = await startGitHub({ dataDir: path.join(folder, "story-github") });
    const openKnot = () =>
      startKnot({
        dataDir: path.join(folder, "story-knot"),
        plcUrl: network.plcUrl,
        pdsUrl: network.pdsUrl,
        createRecord: network.createRecord,
      });
    let knot = await openKnot();
    try {
      await seedRepositories(github, knot, network.people);
      const octokit = new Octokit({ baseUrl: github.apiUrl, log });
      const hint = async (owner: string, repo: string) =>
        (await octokit.repos.get({ owner, repo })).data.license?.spdx_id;
      expect(await hint("larkspur", "larkspur")).toBe("MIT");
      expect(await hint("knotwork", "knotwork")).toBe("Apache-2.0");
      expect(await hint("erin", "skylight")).toBe("AGPL-3.0");
      expect(await hint("dave", "unlicensed")).toBeUndefined();
      expect((await octokit.repos.get({ owner: "dave", repo: "larkspur" })).data.fork).toBe(true);
      await expect(octokit.repos.get({ owner: "dave", repo: "private-work" })).rejects.toMatchObject({ status: 404 });
      expect((await octokit.repos.listCommits({ owner: "larkspur", repo: "larkspur" })).data.length).toBeGreaterThan(3);

      const { did } = network.people.judy;
      const query = `repo=${did}&collection=sh.tangled.repo`;
      const records = async () => {
        const answer = await fetch(`${network.pdsUrl}/xrpc/com.atproto.repo.listRecords?${query}`);
        return ((await answer.json()) as { records: { value: { name: string; repoDid: string; knot: string } }[] })
          .records;
      };
      const before = await records();
      expect(before.map((one) => one.value.name).toSorted()).toEqual(["knotwork-import", "larkspur"]);
      const repoDid = before[0]?.value.repoDid ?? "";
      const kept = readFileSync(path.join(folder, "story-github", "github.json"), "utf8");
      await knot.close();
      knot = await openKnot();
      await seedRepositories(github, knot, network.people);
      expect(readFileSync(path.join(folder, "story-github", "github.json"), "utf8")).toBe(kept);
      // The knot came back on another port: records and DIDs followed, the repositories are the same.
      expect((await records()).map((one) => one.value.knot)).toEqual([knot.host, knot.host]);
      expect((await records()).map((one) => one.value.repoDid)).toContain(repoDid);
      const document = (await (await fetch(`${network.plcUrl}/${repoDid}`)).json()) as {
        service: { serviceEndpoint: string }[];
      };
      expect(document.service[0]?.serviceEndpoint).toBe(knot.url);
      const said = await fetch(`${knot.url}/xrpc/sh.tangled.repo.describeRepo?repoDid=${repoDid}`);
      expect(await said.json()).toMatchObject({ repoDid, ownerDid: did });
      expect((await git(folder, "ls-remote", `${knot.url}/${repoDid}`)).stdout).toContain("refs/heads/main");
      const missing = await fetch(`${knot.url}/xrpc/sh.tangled.repo.branches?repo=did:plc:nothing`);
      expect([missing.status, ((await missing.json()) as { error: string }).error]).toEqual([404, "RepoNotFound"]);
    } finally {
      await knot.close();
      await github.close();
      await network.close();
    }
  });
});
