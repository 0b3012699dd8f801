import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { AddressGuard } from "./address/guard.ts";
import { completeSource } from "./checks/complete-source.ts";
import { advertise } from "./git/advertise.ts";
import { changesSince } from "./git/changes.ts";
import { GitJail } from "./git/jail.ts";
import { Mirror } from "./git/mirror.ts";
import type { ForgeVerifier } from "./index.ts";
import { standardLimits, type VerifierLimits } from "./verifier-options.ts";
import { asks, failed, passes, StoriesOnGitHub, type Story } from "./testing/story-on-github.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
let world: StoriesOnGitHub;
let by: ForgeVerifier;
let lfs: Server;
let lfsHost: string;
let answer: (request: IncomingMessage, response: ServerResponse, body: string) => void;

beforeAll(async () => {
  world = await StoriesOnGitHub.start();
  lfs = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString("utf8")));
    request.on("end", () => answer(request, response, body));
  });
  await new Promise<void>((resolve) => lfs.listen(0, "127.0.0.1", resolve));
  lfsHost = `127.0.0.1:${(lfs.address() as AddressInfo).port}`;
  by = world.newVerifier({ allow: [world.github.host, lfsHost] });
});
afterAll(async () => {
  lfs.closeAllConnections();
  lfs.close();
  await world.close();
});

const bytes = Buffer.from("a picture, a model, a font\n".repeat(1000));
const oid = createHash("sha256").update(bytes).digest("hex");
const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize ${bytes.length}\n`;
const lfsConfig = () => `[lfs]\n\turl = http://${lfsHost}/files\n`;

/** A store of files as a forge keeps it beside git, that hands everything to anybody. */
const openStore = (content: Buffer) => (request: IncomingMessage, response: ServerResponse, body: string) => {
  if (request.method === "GET") return void response.writeHead(200).end(content);
  const { objects } = JSON.parse(body) as { objects: { oid: string; size: number }[] };
  const href = `http://${lfsHost}/object`;
  const found = objects.map((one) => ({ ...one, actions: { download: { href, header: { "x-signed": "yes" } } } }));
  response.writeHead(200, { "content-type": "application/vnd.git-lfs+json" }).end(JSON.stringify({ objects: found }));
};
const status = (code: number) => (_request: IncomingMessage, response: ServerResponse) =>
  void response.writeHead(code).end("{}");
const saying = (object: unknown) => (_request: IncomingMessage, response: ServerResponse) =>
  void response.writeHead(200).end(JSON.stringify({ objects: [object] }));

const incomplete = { kind: "fail", code: "incomplete_source" };

/** The check alone, on the forge's own repository: quicker than a whole look. */
async function lookAt(story: Story, commit: string, more: Partial<VerifierLimits> = {}) {
  const copy = new Mirror(world.github.bare(story.at).dir, new GitJail(world.folder), standardLimits);
  const changes = changesSince(copy, commit, [story.baseline.refs["refs/heads/main"] ?? ""]);
  const guard = new AddressGuard([lfsHost]);
  const limits = { ...standardLimits, ...more };
  const bounds = { maxBytes: 1_000_000, maxRefs: 100, timeoutMs: 20_000 };
  const advertised = (url: string, totalMs = 20_000) => advertise(guard, url, { ...bounds, totalMs });
  const outside = { guard, advertised, requests: [], limits };
  const facts = await completeSource.observe(copy, commit, changes, `http://${lfsHost}/y`, outside);
  return { facts, outcome: completeSource.judge(facts) };
}

describe("a pointer to a file kept elsewhere (Git LFS)", () => {
  let story: Story;
  let commit: string;
  const look = async () => (await lookAt(story, commit)).outcome;
  beforeAll(async () => {
    story = await world.begin();
    commit = await world.publish(story, { "feature.bin": pointer, ".lfsconfig": lfsConfig() });
  });

  it("passes when anybody gets the very bytes", async () => {
    answer = openStore(bytes);
    const report = await world.verify(story, commit, {}, by);
    expect(report.verdict).toEqual(passes);
    expect(report.checks.find((check) => check.name === "complete-source")?.sentence).toContain("Git LFS");
  });

  it("case 22: fails when it needs an account, is missing, or leads to other bytes or inside", async () => {
    for (const given of [
      status(401),
      status(403),
      status(404),
      saying({ oid, size: bytes.length, error: { code: 404, message: "gone" } }),
      saying({ oid, size: bytes.length, actions: {} }),
      saying({ oid: "f".repeat(64), size: 1 }),
      saying({ oid, actions: { download: { href: "http://169.254.169.254/x" } } }),
      saying({ oid, actions: { download: { href: "file:///etc/passwd" } } }),
      openStore(Buffer.from("something else")),
      openStore(Buffer.concat([bytes, bytes])),
    ]) {
      answer = given;
      expect(await look()).toMatchObject(incomplete);
    }
    expect((await world.verify(story, commit, {}, by)).verdict).toEqual(failed("incomplete_source"));
  });

  it("gives no verdict while its server has a fault or talks nonsense", async () => {
    for (const [given, cause] of [
      [status(503), "server_error"],
      [status(429), "rate_limited"],
      [(_: unknown, response: ServerResponse) => void response.end("<html>"), "malformed"],
      [(_: unknown, response: ServerResponse) => void response.destroy(), "server_error"],
    ] as const) {
      answer = given;
      expect(await look()).toMatchObject({ kind: "inconclusive", cause });
    }
  });

  it("goes to a person when it is too large to be fetched, and fails when it names nothing", async () => {
    answer = openStore(bytes);
    const huge = pointer.replace(/size \d+/, "size 900000000000");
    commit = await world.publish(story, { "feature.bin": huge });
    expect(await look()).toMatchObject(asks("repo_too_large"));
    commit = await world.publish(story, { "feature.bin": "version https://git-lfs.github.com/spec/v1\nnothing\n" });
    expect(await look()).toMatchObject(incomplete);
  });
});

describe("servers that give their answers drop by drop", () => {
  const soon = { sourceTimeoutMs: 1500, sourceQuestionMs: 400 };
  const dripping = new Set<NodeJS.Timeout>();
  const drip = (response: ServerResponse) => {
    response.writeHead(200, { "content-type": "application/x-git-upload-pack-advertisement" });
    const timer = setInterval(() => response.write("0"), 50);
    dripping.add(timer);
    response.on("close", () => clearInterval(timer));
  };
  afterAll(() => dripping.forEach((timer) => clearInterval(timer)));
  const names = Array.from({ length: 60 }, (_, n) => createHash("sha256").update(`${n}`).digest("hex"));

  it("are not waited for longer than the whole check may take, and what was not seen is no pass", async () => {
    const story = await world.begin();
    const pointers = names.map((one) => [`f${one.slice(0, 9)}`, pointer.replace(oid, one)] as const);
    const commit = await world.publish(story, { ...Object.fromEntries(pointers), ".lfsconfig": lfsConfig() });
    const asked: string[] = [];
    const store = openStore(bytes);
    let notThere: string | undefined;
    answer = (request, response, body) => {
      if (request.method === "POST") {
        const { objects } = JSON.parse(body) as { objects: { oid: string }[] };
        const found = objects.map((one) => ({
          oid: one.oid,
          actions: { download: { href: `http://${lfsHost}/${one.oid}` } },
        }));
        return void response.writeHead(200).end(JSON.stringify({ objects: found }));
      }
      asked.push(request.url ?? "");
      if (request.url === notThere) return void response.writeHead(404).end();
      drip(response);
    };
    const slow = await lookAt(story, commit, soon);
    expect(slow.outcome).toMatchObject({ kind: "inconclusive", cause: "timeout" });
    // Neither was everybody asked, nor is one pointer taken for seen.
    expect(asked.length).toBeLessThan(names.length);
    expect(slow.facts).toMatchObject({ lfsPointers: [], lfsUnclear: { length: 20 } });
    expect(slow.facts).not.toHaveProperty("lfsFetched");
    // The first that is certainly not there is enough.
    [notThere] = asked;
    asked.length = 0;
    const gone = await lookAt(story, commit, { ...soon, sourceTimeoutMs: 60_000 });
    expect(gone.outcome).toMatchObject(incomplete);
    expect(asked.length).toBeLessThan(20);
    // The list of places may drip as well.
    answer = (_request, response) => drip(response);
    expect((await lookAt(story, commit, soon)).outcome).toMatchObject({ kind: "inconclusive", cause: "timeout" });
    answer = store;
  });

  it("as the repositories of submodules neither; the first that is closed is enough", async () => {
    const story = await world.begin();
    const parts = Array.from({ length: 12 }, (_, n) => `part-${n}`);
    const modules = parts.map((one) => `[submodule "${one}"]\n\tpath = ${one}\n\turl = ../${one}.git\n`).join("");
    await world.publish(story, { ".gitmodules": modules });
    const links = parts.map((one) => `160000 commit ${"a".repeat(40)}\t${one}`);
    const commit = await world.commitEntries(story, links);
    const asked = new Set<string>();
    answer = (request, response) => {
      asked.add(request.url ?? "");
      drip(response);
    };
    const slow = await lookAt(story, commit, soon);
    expect(slow.outcome).toMatchObject({ kind: "inconclusive", cause: "timeout" });
    expect(asked.size).toBeLessThan(parts.length);
    asked.clear();
    answer = (request, response) => {
      asked.add(request.url ?? "");
      response.writeHead(404).end();
    };
    expect((await lookAt(story, commit)).outcome).toMatchObject(incomplete);
    expect(asked.size).toBe(1);
  });
});

describe("files that only some can read", () => {
  it("case 22: fails for git-crypt, however large, and for code in any envelope; names an encrypted password file", async () => {
    const story = await world.begin();
    const bare = world.github.bare(story.at);
    const locked = Buffer.concat([Buffer.from("\0GITCRYPT\0"), Buffer.alloc(200_000, 7)]);
    const blob = await bare.git(["hash-object", "-w", "--stdin"], { input: locked });
    const gitCrypt = await world.commitEntries(story, [`100644 blob ${blob}\tdata.bin`]);
    expect((await world.verify(story, gitCrypt)).verdict).toEqual(failed("incomplete_source"));
    const envelope = "$ANSIBLE_VAULT;1.1;AES256\n3132\n";
    const code = await world.publish(story, { "data.bin": null, "feature.py": envelope });
    expect((await world.verify(story, code)).verdict).toEqual(failed("incomplete_source"));
    const secret = await world.publish(story, { "feature.py": "n = 1\n", "deploy/passwords.yml": envelope });
    const report = await world.verify(story, secret);
    expect(report.verdict).toEqual(passes);
    expect(report.checks.find((check) => check.name === "complete-source")?.sentence).toContain("passwords.yml");
  });
});

describe("submodules", () => {
  let part: Story;
  let partCommit: string;
  const using = async (url: string, commit = partCommit) => {
    const story = await world.begin();
    await world.publish(story, { ".gitmodules": `[submodule "p"]\n\tpath = part\n\turl = ${url}\n` });
    return world.verify(story, await world.commitEntries(story, [`160000 commit ${commit}\tpart`]));
  };
  beforeAll(async () => {
    part = await world.begin();
    partCommit = await world.head(part);
    await world.github.createRepository({ owner: "dave", name: "private-part", private: true, license: "MIT" });
  });

  it("pass when the public can fetch the very commit, by a whole or a relative address", async () => {
    for (const url of [`${world.github.url}/dave/${part.at.name}.git`, `../${part.at.name}.git`]) {
      expect([url, (await using(url)).verdict]).toEqual([url, passes]);
    }
  });

  it.each([
    ["a private repository", "../private-part.git"],
    ["nothing", "../nothing-here.git"],
    ["an inner address", "http://169.254.169.254/latest/meta-data"],
    ["a program", "ext::sh -c touch% /tmp/x"],
    ["a file", "file:///etc"],
    ["an address with a password", "https://dave:secret@github.com/dave/x.git"],
    ["git's own protocol", "git://github.com/dave/x.git"],
  ])("case 22: fail when they lead to %s", async (_what, url) => {
    expect((await using(url)).verdict).toEqual(failed("incomplete_source"));
  });

  it("are not even fetched when git itself holds their address for an attack", async () => {
    const report = await using("--upload-pack=touch /tmp/x");
    expect(report.verdict).toMatchObject({ kind: "inconclusive", cause: "malformed" });
    expect(report.checks.find((check) => check.outcome !== "ok")?.name).toBe("mirror");
  });

  it("fail for a commit that their repository does not show, though the server might hand it out", async () => {
    expect((await using(`../${part.at.name}.git`, "b".repeat(40))).verdict).toEqual(failed("incomplete_source"));
    const fork = { owner: "mallory", name: part.at.name };
    await world.github.fork({ ...fork, from: part.at });
    const hidden = await world.github.commit({ ...fork, files: { "x.js": "1\n" }, message: "Only in a fork" });
    expect((await using(`../${part.at.name}.git`, hidden)).verdict).toEqual(failed("incomplete_source"));
  });

  it("fail without an entry in .gitmodules, and when a submodule of theirs is not public", async () => {
    const story = await world.begin();
    const lost = await world.commitEntries(story, [`160000 commit ${partCommit}\tpart`]);
    expect((await world.verify(story, lost)).verdict).toEqual(failed("incomplete_source"));
    const inner = await world.begin();
    const gitmodules = '[submodule "q"]\n\tpath = inner\n\turl = ../private-part.git\n';
    await world.publish(inner, { ".gitmodules": gitmodules });
    const commit = await world.commitEntries(inner, [`160000 commit ${partCommit}\tinner`]);
    const report = await using(`../${inner.at.name}.git`, commit);
    expect(report.verdict).toEqual(failed("incomplete_source"));
    expect(report.checks.find((check) => check.name === "complete-source")?.sentence).toContain("part/inner");
  });

  it("with an address for members only are looked for at the public one of the same host", async () => {
    const report = await using("git@nowhere.invalid:dave/part.git");
    expect(report.verdict).toMatchObject({ kind: "inconclusive", cause: "dns" });
    const facts = report.observations.find((one) => one.check === "complete-source")?.facts;
    expect(facts).toMatchObject({ submodules: [{ url: "https://nowhere.invalid/dave/part.git" }] });
  });
});
