import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { startGitHub, type GitHubRepository, type LocalGitHub } from "@freehold/local-world";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { AddressGuard } from "../address/guard.ts";
import type { Forge, RepositoryRef } from "./forge.ts";
import { gitHubForge } from "./github.ts";

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });
const folder = mkdtempSync(path.join(tmpdir(), "forge-github-"));
const noon = new Date("2026-05-01T12:00:00Z");

let github: LocalGitHub;
let forge: Forge;
let repository: GitHubRepository;
let name = "";
let stories = 0;

const newForge = (more: { token?: string; timeoutMs?: number; apiUrl?: string } = {}) =>
  gitHubForge(new AddressGuard([github.host, ...(more.apiUrl ? [new URL(more.apiUrl).host] : [])]), {
    apiUrl: github.apiUrl,
    webUrl: github.webUrl,
    timeoutMs: 10_000,
    ...more,
  });
const ref = (): RepositoryRef => ({ forge: "github", stableId: String(repository.id), slug: `dave/${name}` });
const find = (by = forge) => by.find({ forge: "github", owner: "dave", name });
const asked = async <T>(look: () => Promise<T>): Promise<{ answer: T; requests: number }> => {
  const before = github.requests.length;
  const answer = await look();
  return { answer, requests: github.requests.length - before };
};

beforeAll(async () => {
  github = await startGitHub({ dataDir: path.join(folder, "github"), now: () => noon });
});
beforeEach(async () => {
  name = `story-${++stories}`;
  github.setMode("ok");
  github.setRateLimit(5000);
  github.setSecondaryLimit({ count: 0 });
  repository = await github.createRepository({ owner: "dave", name, license: "MIT" });
  forge = newForge();
});
afterAll(async () => {
  await github.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("GitHub's limits", () => {
  it("waits out a short secondary limit by itself", async () => {
    github.setSecondaryLimit({ count: 1, retryAfterSeconds: 1 });
    const { answer, requests } = await asked(() => find());
    expect([answer.ok, requests]).toEqual([true, 2]);
    github.setSecondaryLimit({ count: 1, retryAfterSeconds: 1, status: 429 });
    expect((await find()).ok).toBe(true);
  });

  it("leaves a long secondary limit to the caller, and the API alone until it is over", async () => {
    github.setSecondaryLimit({ count: 1, retryAfterSeconds: 90 });
    expect(await find()).toMatchObject({ ok: false, fault: "rate_limited", retryAfterMs: 90_000 });
    const { answer, requests } = await asked(() => forge.describe(ref()));
    expect(requests).toBe(0);
    expect(answer).toMatchObject({ ok: false, fault: "rate_limited" });
    expect(!answer.ok && answer.retryAfterMs).toBeGreaterThan(80_000);
  });

  it("takes a minute when it is not told for how long", async () => {
    github.setSecondaryLimit({ count: 1 });
    expect(await find()).toMatchObject({ fault: "rate_limited", retryAfterMs: 60_000 });
  });

  it("tries a limit that goes on only twice more", async () => {
    github.setSecondaryLimit({ count: 10, retryAfterSeconds: 1 });
    const { answer, requests } = await asked(() => find());
    expect([answer.ok, requests]).toEqual([false, 3]);
  });

  it("is told by the hour's last answer not to ask again before the hour is over", async () => {
    github.setRateLimit(1);
    expect((await find()).ok).toBe(true);
    const { answer, requests } = await asked(() => find());
    expect(requests).toBe(0);
    expect(!answer.ok && answer.retryAfterMs).toBeGreaterThan(3_500_000);
    github.setRateLimit(0);
    const other = await find(newForge());
    expect(other).toMatchObject({ ok: false, fault: "rate_limited" });
    expect(!other.ok && other.retryAfterMs).toBeGreaterThan(3_500_000);
  });

  it("waits for the renewal of the allowance when that is a moment away", async () => {
    github.setRateLimit(0, 500);
    expect((await find()).ok).toBe(true);
  });

  it("tries a fault of the server again, a server that does not answer not", async () => {
    github.setMode("503");
    const failing = await asked(() => find());
    expect([failing.requests, !failing.answer.ok && failing.answer.fault]).toEqual([3, "server_error"]);
    github.setMode("hang");
    const silent = await asked(() => find(newForge({ timeoutMs: 300 })));
    expect([silent.requests, !silent.answer.ok && silent.answer.fault]).toEqual([1, "timeout"]);
  });
});

describe("a token", () => {
  it("that was revoked is put aside: what is public needs none", async () => {
    const by = newForge({ token: "ghp_revoked" });
    const { answer, requests } = await asked(() => find(by));
    expect([answer.ok, requests]).toEqual([true, 2]);
    expect(answer.evidence.map(({ status, fault, withToken }) => [status, fault, withToken])).toEqual([
      [401, "unauthorized", true],
      [200, undefined, undefined],
    ]);
    expect((await asked(() => by.describe(ref()))).requests).toBe(1);
    expect(JSON.stringify(answer.evidence)).not.toContain("ghp_revoked");
  });

  it("that is good is shown, and makes nothing public that is not", async () => {
    await github.setPrivate({ owner: "dave", name, private: true });
    expect(await find()).toMatchObject({ fault: "not_found" });
    const own = await find(newForge({ token: github.tokenFor("dave") }));
    expect(own.ok && own.value.visibility).toBe("private");
  });
});

describe("a repository on GitHub", () => {
  it("is followed to its new name and its new owner, and found by its old one", async () => {
    await github.rename({ owner: "dave", name, toName: `${name}-new` });
    await github.rename({ owner: "dave", name: `${name}-new`, toOwner: "erin" });
    for (const answer of [await find(), await forge.describe(ref())])
      expect(answer.ok && [answer.value.stableId, answer.value.slug]).toEqual([
        String(repository.id),
        `erin/${name}-new`,
      ]);
  });

  it("that is taken down or switched off is a person's to look at", async () => {
    for (const reason of ["dmca", "tos"] as const) {
      await github.setBlocked({ owner: "dave", name, reason });
      expect([reason, await find()]).toMatchObject([reason, { ok: false, fault: "legal_block" }]);
    }
    await github.setBlocked({ owner: "dave", name, reason: null });
    await github.setDisabled({ owner: "dave", name, disabled: true });
    expect(await forge.describe(ref())).toMatchObject({ ok: false, fault: "legal_block" });
    await github.setDisabled({ owner: "dave", name, disabled: false });
    expect((await forge.describe(ref())).ok).toBe(true);
  });

  it("that was deleted and made anew under its name is another one", async () => {
    await github.deleteRepository({ owner: "dave", name });
    const again = await github.createRepository({ owner: "dave", name, license: "MIT" });
    expect(await forge.describe(ref())).toMatchObject({ ok: false, fault: "not_found" });
    const found = await find();
    expect(found.ok && found.value.stableId).toBe(String(again.id));
    expect(again.id).not.toBe(repository.id);
  });

  it("tells what was pushed, as hints, under the name it has now", async () => {
    const at = { owner: "dave", name };
    const first = (await github.bare(at).refSha("refs/heads/main")) ?? "";
    const second = await github.commit({ ...at, files: { a: "1" }, message: "One" });
    await github.forcePush({ ...at, to: first });
    await github.setRef({ ...at, ref: "refs/heads/side", sha: second });
    await github.setRef({ ...at, ref: "refs/heads/side", sha: null });
    await github.rename({ ...at, toName: `${name}-new` });
    const told = await forge.pushes(ref(), noon);
    expect(told.ok && told.value.map((one) => [one.kind, one.ref, one.before, one.after])).toEqual([
      ["deletion", "refs/heads/side", second, null],
      ["creation", "refs/heads/side", null, second],
      ["force_push", "refs/heads/main", second, first],
      ["push", "refs/heads/main", first, second],
    ]);
    expect(told.ok && new Set(told.value.map((one) => one.stableId))).toEqual(new Set([String(repository.id)]));
    expect(await forge.pushes(ref(), new Date(noon.getTime() + 1))).toMatchObject({ ok: true, value: [] });
  });
});

describe("an API that answers nonsense", () => {
  let server: Server;
  let apiUrl = "";
  let answer: unknown;
  beforeAll(async () => {
    server = createServer((_request, response) =>
      response.writeHead(200, { "content-type": "application/json" }).end(String(answer)),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());

  it.each([
    `{"full_name":"a/b"}`,
    `{"id":"7","full_name":"a/b"}`,
    `{"id":0,"full_name":"a/b"}`,
    `{"id":-7,"full_name":"a/b"}`,
    `{"id":7.5,"full_name":"a/b"}`,
    `{"id":99999999999999999999,"full_name":"a/b"}`,
    `{"id":7,"full_name":"a/.."}`,
    `{"id":7,"full_name":"a/b/c"}`,
    `{"id":7,"full_name":"a\\u0000/b"}`,
    `[]`,
    `null`,
    `"7"`,
    `{`,
  ])("has found no repository: %s", async (text) => {
    answer = text;
    const by = newForge({ apiUrl });
    expect(await by.find({ forge: "github", owner: "a", name: "b" })).toMatchObject({ ok: false, fault: "malformed" });
  });

  it("tells no pushes", async () => {
    const by = newForge({ apiUrl });
    answer = `{"id":7,"full_name":"a/b"}`;
    expect(await by.pushes({ forge: "github", stableId: "7", slug: "a/b" }, noon)).toMatchObject({
      fault: "malformed",
    });
    expect(await by.describe({ forge: "github", stableId: "../7", slug: "a/b" })).toMatchObject({ fault: "malformed" });
  });
});
