import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { startGitHub, type LocalGitHub } from "@freehold/local-world";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { packet } from "./git/packet-line.ts";
import { inBand, pour } from "./testing/hostile-server.ts";
import { packOf, rawObject } from "./testing/raw-objects.ts";
import { createForgeVerifier, digestOf, type Baseline, type VerifierLimits } from "./index.ts";

/** A server that calls itself a forge and does what it likes. `git` answers everything below the clone address. */
const folder = mkdtempSync(path.join(tmpdir(), "verify-hostile-"));
const at = new Date("2026-05-20T12:00:00Z");
const commit = "c".repeat(40);
const repository = { forge: "github", stableId: "7", slug: "mallory/trap" } as const;
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let server: Server;
let host: string;
let asked: string[] = [];
let git: (request: IncomingMessage, response: ServerResponse, body: string) => void;
let api: unknown;

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString("latin1")));
    request.on("end", () => {
      if (!request.url?.startsWith("/api/")) return git(request, response, body);
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(api));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  asked = [];
  api = { id: 7, full_name: "mallory/trap", private: false, default_branch: "main", archived: false, license: null };
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

const advertisementType = { "content-type": "application/x-git-upload-pack-advertisement" };
const v2 =
  packet("# service=git-upload-pack\n") +
  "0000" +
  packet("version 2\n") +
  packet("ls-refs=unborn\n") +
  packet("fetch=shallow\n") +
  "0000";
const isFirst = (request: IncomingMessage) => request.method === "GET";
const oneBranch =
  packet(`${commit} HEAD symref-target:refs/heads/main\n`) + packet(`${commit} refs/heads/main\n`) + "0000";

function look(limits: Partial<VerifierLimits> = {}, allow = [host]) {
  const plain = { mirrorKey: "m", takenAt: at.toISOString(), refs: {}, head: "main", commits: 0 };
  const baseline: Baseline = { ...plain, digest: digestOf(plain) };
  const verifier = createForgeVerifier({
    mirrorsDir: path.join(folder, "mirrors"),
    githubApiUrl: `http://${host}/api`,
    githubWebUrl: `http://${host}`,
    allowPrivateAddresses: allow,
    limits: {
      minFreeBytes: 0,
      requestTimeoutMs: 20_000,
      fetchTimeoutMs: 20_000,
      maxAdvertisementBytes: 200_000,
      maxRefs: 1000,
      ...limits,
    },
  });
  return verifier.verifyRelease({ repository, baseline, mirrorKey: "m", commit, branch: "main", at, phase: "release" });
}

const inconclusive = (cause: string) => ({ kind: "inconclusive", cause });

describe("a server that means harm", () => {
  it("case 25a: cannot send us to an inner address by a redirect", async () => {
    git = (_request, response) =>
      void response.writeHead(302, { location: "http://169.254.169.254/latest/meta-data" }).end();
    expect((await look()).verdict).toMatchObject(inconclusive("unsafe_url"));
  });

  it("cannot make its own API choose where git goes", async () => {
    api = { ...(api as object), full_name: "../../evil.example/x", clone_url: "http://169.254.169.254/x.git" };
    expect((await look()).verdict).toMatchObject(inconclusive("malformed"));
    expect(asked).toHaveLength(1);
  });

  it("case 25b: is not asked at all when its name leads to this machine", async () => {
    git = () => {};
    expect((await look({}, [])).verdict).toMatchObject(inconclusive("unsafe_url"));
    expect(asked).toEqual([]);
  });

  it("case 25c: is cut off when its pack has no end, and a person looks at it", async () => {
    git = (request, response, body) => {
      if (isFirst(request)) return void response.writeHead(200, advertisementType).end(v2);
      if (body.includes("command=ls-refs")) return void response.writeHead(200).end(oneBranch);
      response.writeHead(200).write(packet("packfile\n"));
      response.write(inBand(1, Buffer.from("PACK\0\0\0\x02\0\x0f\xff\xff", "latin1")));
      pour(response, inBand(1, packOf([rawObject("blob", randomBytes(60_000))]).subarray(12, -20)));
    };
    expect((await look({ maxPackBytes: 1_000_000 })).verdict).toEqual({
      kind: "needs_human",
      reason: "repo_too_large",
    });
  });

  it("cannot flood us with an advertisement, by size or by number", async () => {
    git = (request, response) => {
      response.writeHead(200, advertisementType);
      const more = () => {
        while (!response.destroyed && response.write("0".repeat(60_000)));
        if (!response.destroyed) response.once("drain", more);
      };
      if (isFirst(request)) more();
    };
    expect((await look()).verdict).toEqual({ kind: "needs_human", reason: "repo_too_large" });
    git = (request, response) => {
      const many = Array.from({ length: 1500 }, (_, n) => packet(`${commit} refs/heads/b${n}\n`)).join("") + "0000";
      response.writeHead(200, advertisementType).end(isFirst(request) ? v2 : many);
    };
    expect((await look()).verdict).toEqual({ kind: "needs_human", reason: "repo_too_large" });
  });

  it("cannot pass names that are not names, or nonsense, for branches", async () => {
    const odd = [
      "refs/heads/main\u0007",
      "refs/heads/../../config",
      "refs/heads/a~b",
      "refs/heads/a.lock",
      "refs/pull/7/head",
    ];
    git = (request, response) => {
      const lines = odd.map((name) => packet(`${commit} ${name}\n`)).join("") + "0000";
      response.writeHead(200, advertisementType).end(isFirst(request) ? v2 : lines);
    };
    expect((await look()).verdict).toEqual({ kind: "fail", code: "not_public", cure: { until: expect.any(String) } });
    for (const nonsense of ["zzzz", "ffff1234", packet("not a ref at all\n"), "<html>hello</html>"]) {
      git = (request, response) =>
        void response.writeHead(200, advertisementType).end(isFirst(request) ? v2 : nonsense);
      expect((await look()).verdict).toMatchObject(inconclusive("malformed"));
    }
    git = (_request, response) => void response.writeHead(200, { "content-type": "text/html" }).end("welcome");
    expect((await look()).verdict).toMatchObject(inconclusive("malformed"));
  });

  it("cannot keep us waiting, neither for the list nor for the pack", async () => {
    git = () => {};
    expect((await look({ requestTimeoutMs: 400, fetchTimeoutMs: 20_000 })).verdict).toMatchObject(
      inconclusive("timeout"),
    );
    git = (request, response, body) => {
      if (isFirst(request)) return void response.writeHead(200, advertisementType).end(v2);
      if (body.includes("command=ls-refs")) return void response.writeHead(200).end(oneBranch);
      const type = { "content-type": "application/x-git-upload-pack-result" };
      response.writeHead(200, type).write(packet("packfile\n"));
    };
    expect((await look({ fetchTimeoutMs: 1000 })).verdict).toMatchObject(inconclusive("timeout"));
    expect(asked.at(-1)).toContain("git-upload-pack");
  });

  it("cannot show a branch whose commit it does not hand over", async () => {
    git = (request, response, body) => {
      if (isFirst(request)) return void response.writeHead(200, advertisementType).end(v2);
      if (body.includes("command=ls-refs")) return void response.writeHead(200).end(oneBranch);
      response.writeHead(200, { "content-type": "application/x-git-upload-pack-result" }).end("0000");
    };
    expect((await look()).verdict.kind).toBe("inconclusive");
  });

  it("is told from one that speaks another object format", async () => {
    git = (request, response) => {
      const sha256Format = v2.replace(packet("fetch=shallow\n"), packet("object-format=sha256\n"));
      response.writeHead(200, advertisementType).end(isFirst(request) ? sha256Format : "0000");
    };
    expect((await look()).verdict).toEqual({ kind: "needs_human", reason: "unsupported_object_format" });
  });
});

describe("a pack larger than we fetch", () => {
  let github: LocalGitHub;
  beforeAll(async () => {
    github = await startGitHub({ dataDir: path.join(folder, "github") });
  });
  afterAll(() => github.close());

  it("is cut off at the limit and handed to a person", async () => {
    const named = { owner: "dave", name: "large" };
    const { id } = await github.createRepository({ ...named, license: "MIT" });
    const verifier = createForgeVerifier({
      mirrorsDir: path.join(folder, "small"),
      githubApiUrl: github.apiUrl,
      githubWebUrl: github.webUrl,
      allowPrivateAddresses: [github.host],
      limits: { maxPackBytes: 200_000 },
    });
    const large = { forge: "github", stableId: String(id), slug: "dave/large" } as const;
    const taken = await verifier.takeBaseline({ repository: large, mirrorKey: "large", at });
    if (!taken.ok) throw new Error(taken.fault);
    const noise = randomBytes(1_500_000).toString("base64");
    const sha = await github.commit({ ...named, files: { "noise.txt": noise }, message: "Noise" });
    const plain = { repository: large, mirrorKey: "large", baseline: taken.value, branch: "main", at };
    const report = await verifier.verifyRelease({ ...plain, commit: sha, phase: "release" });
    expect(report.verdict).toEqual({ kind: "needs_human", reason: "repo_too_large" });
    const half = readdirSync(path.join(folder, "small", "large.git", "objects", "pack"));
    expect(half.filter((name) => name.startsWith("tmp_"))).toEqual([]);
  });
});
