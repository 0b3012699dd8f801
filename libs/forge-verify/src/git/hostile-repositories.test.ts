import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import path from "node:path";
import { deflateSync } from "node:zlib";
import { BareRepository } from "@freehold/local-world";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { AddressGuard } from "../address/guard.ts";
import { Mirrors } from "../mirrors.ts";
import {
  advertisementType,
  greeting,
  HostileServer,
  inBand,
  packAnswer,
  pour,
  refList,
} from "../testing/hostile-server.ts";
import { packOf, rawCommit, rawObject, rawTree, type RawObject } from "../testing/raw-objects.ts";
import { standardLimits, type VerifierLimits } from "../verifier-options.ts";
import { advertise } from "./advertise.ts";
import { eachBlobStart } from "./blobs.ts";
import { changesSince } from "./changes.ts";
import { sizeOfFolder } from "./mirror-folder.ts";
import type { Mirror } from "./mirror.ts";
import { countNewContents, countUnrepeatedCommits, isBehind, treeOccurs } from "./newness.ts";
import { packet } from "./packet-line.ts";

const folder = mkdtempSync(path.join(tmpdir(), "hostile-"));
const server = new HostileServer();
const elsewhere = new HostileServer();
const guard = () => new AddressGuard([server.host]);
const files = path.join(folder, "mirrors");
let count = 0;

beforeAll(async () => {
  await Promise.all([server.start(), elsewhere.start()]);
});
beforeEach(() => {
  server.answers = {};
  server.gitDir = null;
  server.other = null;
  server.sent = 0;
});
afterAll(() => {
  expect(elsewhere.requests).toEqual([]);
  server.close();
  elsewhere.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A small machine: what a test asks for must fit into this. */
const small: VerifierLimits = {
  ...standardLimits,
  fetchTimeoutMs: 20_000,
  readTimeoutMs: 20_000,
  maxPackBytes: 3_000_000,
  maxMirrorBytes: 6_000_000,
  minFreeBytes: 0,
  maxMemoryBytes: 250_000_000,
};

/** Copy what the server shows and look at it; whatever happens, no more than the quota is on the disk afterwards. */
async function copied<T>(look: (copy: Mirror) => Promise<T>, limits: Partial<VerifierLimits> = {}): Promise<T> {
  const key = `trap-${++count}`;
  const all = { ...small, ...limits };
  const mirrors = new Mirrors(files, all);
  try {
    return await mirrors.inTurn(key, async () => {
      const copy = await mirrors.open(key);
      const shown = await advertise(guard(), server.url, { maxBytes: 1_000_000, maxRefs: 1000, timeoutMs: 5000 });
      if (!shown.ok) throw Object.assign(new Error(shown.fault), { fault: shown.fault });
      await copy.fetch(guard(), shown.value);
      return look(copy);
    });
  } finally {
    const copy = path.join(files, `${key}.git`);
    expect(await sizeOfFolder(copy)).toBeLessThanOrEqual(all.maxMirrorBytes);
    const left = readdirSync(path.join(copy, "objects"), { recursive: true }).map(String);
    expect(left.filter((name) => /tmp_|\.temp$|\.lock$/.test(name))).toEqual([]);
  }
}

const nothing = () => Promise.resolve("copied");
const fault = (name: string) => ({ fault: name });

/** The server has exactly these objects and shows this commit as main. */
function serve(
  objects: readonly RawObject[],
  tip: string,
  refs: Record<string, string> = { "refs/heads/main": tip },
): void {
  server.answers = {
    greeting: (response) => void response.writeHead(200, advertisementType).end(greeting()),
    refs: (response) => void response.writeHead(200).end(refList(refs)),
    fetch: (response) => packAnswer(response, packOf(objects)),
  };
}

const file = rawObject("blob", "feature\n");
const plain = rawTree([{ mode: "100644", name: "a", oid: file.oid }]);
const tip = rawCommit(plain.oid);
const whole = [file, plain, tip];

describe("a history that is not what it seems", () => {
  it("is refused when the server calls it cut off, lest the beginning be shorter than it is", async () => {
    const origin = new BareRepository(path.join(folder, "long.git"));
    await origin.create();
    for (let n = 0; n < 4; n += 1) await origin.commit({ files: { "a.txt": `${n}\n` }, message: `${n}` });
    const head = (await origin.refSha("refs/heads/main")) ?? "";
    const cut = new BareRepository(path.join(folder, "cut.git"));
    await cut.create();
    await cut.git(["fetch", "-q", "--depth", "1", `file://${origin.dir}`, "+refs/heads/main:refs/heads/main"]);
    for (const old of [false, true]) {
      server.gitDir = cut.dir;
      server.old = old;
      await expect(copied(nothing)).rejects.toMatchObject(fault("malformed"));
      server.gitDir = origin.dir;
      expect(await copied((copy) => copy.commitCount())).toBe(4);
    }
    server.old = false;
    // A replacement that the repository keeps for itself changes nothing of what is seen.
    const [other] = [await origin.commit({ branch: "other", files: { "a.txt": "other\n" }, message: "Other" })];
    await origin.git(["replace", head, other]);
    expect(await copied((copy) => isBehind(copy, other, [head]))).toBe(false);
  });

  it("is refused with an object missing, altered or malformed, and leaves nothing behind", async () => {
    serve(whole, tip.oid);
    expect(await copied(nothing)).toBe("copied");
    for (const missing of whole) {
      serve(
        whole.filter((one) => one !== missing),
        tip.oid,
      );
      await expect(copied(nothing)).rejects.toMatchObject({
        fault: expect.stringMatching(/malformed|server_error/) as string,
      });
    }
    const bad = rawTree([{ mode: "100644", name: "../up", oid: file.oid }]);
    const dotGit = rawTree([{ mode: "100644", name: ".git", oid: file.oid }]);
    for (const tree of [bad, dotGit]) {
      const commit = rawCommit(tree.oid);
      serve([file, tree, commit], commit.oid);
      await expect(copied(nothing)).rejects.toMatchObject(fault("malformed"));
    }
    const pack = packOf(whole);
    pack[pack.length - 30]! ^= 1;
    serve(whole, tip.oid);
    server.answers.fetch = (response) => packAnswer(response, pack);
    await expect(copied(nothing)).rejects.toMatchObject({
      fault: expect.stringMatching(/malformed|server_error/) as string,
    });
  });

  it("may have a commit with thousands of parents", async () => {
    const parents = Array.from({ length: 3000 }, (_, n) =>
      rawObject("commit", rawCommit(plain.oid).body.toString().replace("Raw", `${n}`)),
    );
    const octopus = rawCommit(
      plain.oid,
      parents.map((one) => one.oid),
    );
    serve([file, plain, ...parents, octopus], octopus.oid);
    expect(await copied((copy) => copy.commitCount())).toBe(3001);
  });
});

describe("trees that unfold", () => {
  it("to ten thousand million files are looked at up to a bound and no further", async () => {
    const objects: RawObject[] = [file];
    let oid = file.oid;
    for (let depth = 0; depth < 10; depth += 1) {
      const mode = depth === 0 ? "100644" : "40000";
      const tree = rawTree(Array.from({ length: 10 }, (_, n) => ({ mode, name: `f${n}`, oid })));
      objects.push(tree);
      oid = tree.oid;
    }
    const bomb = rawCommit(oid, [tip.oid]);
    serve([...objects, plain, tip, bomb], bomb.oid);
    await copied(async (copy) => {
      await expect(changesSince(copy, bomb.oid, [tip.oid])()).rejects.toMatchObject(fault("too_large"));
      expect(await treeOccurs(copy, tip.oid, [bomb.oid])).toBe(true);
      // What was public may be a bomb as well.
      const [changed] = await changesSince(copy, tip.oid, [])();
      expect(changed && (await countNewContents(copy, [changed], [bomb.oid]))).toBe(0);
    });
  });

  it("ten thousand folders deep are read to the end", async () => {
    const objects: RawObject[] = [];
    let oid = plain.oid;
    for (let depth = 0; depth < 10_000; depth += 1) {
      const tree = rawTree([{ mode: "40000", name: "d", oid }]);
      objects.push(tree);
      oid = tree.oid;
    }
    const deep = rawCommit(oid, [tip.oid]);
    serve([...whole, ...objects, deep], deep.oid);
    const paths = await copied(async (copy) =>
      (await changesSince(copy, deep.oid, [tip.oid])()).map((one) => one.path.length),
    );
    expect(paths).toContain(20_001);
  });

  it("with one file that is nothing but zeros, a thousand times its packed size, cost no memory", async () => {
    const zeros = rawObject("blob", Buffer.alloc(300_000_000));
    const tree = rawTree([{ mode: "100644", name: "zeros.js", oid: zeros.oid }]);
    const commit = rawCommit(tree.oid, [tip.oid]);
    serve([...whole, zeros, tree, commit], commit.oid);
    await copied(async (copy) => {
      const files = await changesSince(copy, commit.oid, [tip.oid])();
      const before = process.memoryUsage().rss;
      await eachBlobStart(
        copy,
        files.map((one) => one.oid),
        100,
        (blob) => expect(blob.start.length).toBeLessThanOrEqual(100),
      );
      expect(process.memoryUsage().rss - before).toBeLessThan(150_000_000);
      expect(await countUnrepeatedCommits(copy, commit.oid, [tip.oid], files)).toEqual({
        newCommits: 1,
        unrepeatedCommits: 1,
      });
    });
  });

  it("that a few bytes of difference blow up are refused for want of memory", async () => {
    // A difference that copies the same 16 MB over and over, to more than git may hold.
    const base = rawObject("blob", Buffer.alloc(15_000_000, 1));
    const size = 40 * base.body.length;
    const varint = (n: number): number[] => (n < 128 ? [n] : [(n & 127) | 128, ...varint(Math.floor(n / 128))]);
    const copy = [0xff, 0, 0, 0, 0, base.body.length & 255, (base.body.length >> 8) & 255, base.body.length >> 16];
    const delta = Buffer.from([
      ...varint(base.body.length),
      ...varint(size),
      ...Array.from({ length: 40 }, () => copy).flat(),
    ]);
    const [head, body] = [Buffer.alloc(12), deflateSync(delta)];
    head.write("PACK");
    head.writeUInt32BE(2, 4);
    head.writeUInt32BE(2 + whole.length, 8);
    const inner = packOf([...whole, base]).subarray(12, -20);
    const first = delta.length;
    const kind = first < 16 ? [(7 << 4) | first] : [(7 << 4) | (first & 15) | 128, ...varint(first >> 4)];
    const bytes = Buffer.concat([head, inner, Buffer.from(kind), Buffer.from(base.oid, "hex"), body]);
    const { createHash } = await import("node:crypto");
    serve(whole, tip.oid);
    const pack = Buffer.concat([bytes, createHash("sha1").update(bytes).digest()]);
    server.answers.fetch = (response) => packAnswer(response, pack);
    await expect(copied(nothing)).rejects.toMatchObject(fault("too_large"));
  });
});

describe("names that a server thinks of", () => {
  it("become no files and no options of ours, whatever they are", async () => {
    const odd = {
      "refs/heads/main": tip.oid,
      "refs/heads/Main": tip.oid,
      "refs/heads/a": tip.oid,
      "refs/heads/a/b": tip.oid,
      "refs/heads/--upload-pack=touch-x": tip.oid,
      "refs/heads/HEAD": tip.oid,
      "refs/tags/CON": tip.oid,
    };
    const left = { "refs/heads/x.lock": tip.oid, "refs/heads/a\u0001b": tip.oid, "refs/heads/../config": tip.oid };
    const long = { [`refs/heads/${"n".repeat(300)}`]: tip.oid, [`refs/heads/${"é".repeat(200)}`]: tip.oid };
    serve(whole, tip.oid, { ...odd, ...left, ...long, "refs/pull/1/head": "1".repeat(40) });
    expect(await copied((copy) => copy.observed())).toEqual(odd);
  });
});

describe("a server without end", () => {
  it("cannot fill our memory with a greeting, though git reads it by itself", async () => {
    let greetings = 0;
    serve(whole, tip.oid);
    server.answers.greeting = (response) => {
      response.writeHead(200, advertisementType);
      if (++greetings === 1) return void response.end(greeting());
      response.write(`${packet("# service=git-upload-pack\n")}0000${packet("version 2\n")}`);
      pour(response, Buffer.from(packet(`${"x".repeat(60_000)}\n`)));
    };
    await expect(copied(nothing)).rejects.toMatchObject(fault("too_large"));
    expect(server.sent).toBeLessThan(400_000_000);
    // Nor does git ask for the list of branches again: it is told what to fetch.
    expect(server.requests.filter((one) => one.startsWith("GET")).length).toBeGreaterThan(1);
  });

  it("is cut off by size when it sends a pack, by time when it chats or drips", async () => {
    serve(whole, tip.oid);
    const head = Buffer.from("PACK\0\0\0\x02\0\x0f\xff\xff", "latin1");
    server.answers.fetch = (response) => {
      response.writeHead(200);
      response.write(packet("packfile\n"));
      response.write(inBand(1, head));
      const noise = rawObject("blob", randomBytes(60_000));
      const body = packOf([noise]).subarray(12, -20);
      for (let at = 0; at < 1; at += 1) pour(response, inBand(1, body));
    };
    await expect(copied(nothing)).rejects.toMatchObject(fault("too_large"));
    expect(server.sent).toBeLessThan(30_000_000);
    for (const drip of [() => inBand(2, Buffer.from("wait for it\n")), () => Buffer.from("0")]) {
      server.answers.fetch = (response) => {
        response.writeHead(200);
        response.write(packet("packfile\n"));
        const timer = setInterval(() => response.write(drip()), 20);
        response.on("close", () => clearInterval(timer));
      };
      await expect(copied(nothing, { fetchTimeoutMs: 700 })).rejects.toMatchObject({
        fault: expect.stringMatching(/timeout|malformed|server_error/) as string,
      });
    }
  });

  it("cannot send git elsewhere: by redirects, bundles, other servers' packs, or the old way without a service", async () => {
    const there = `http://${elsewhere.host}/`;
    serve(whole, tip.oid);
    const offers = ["ls-refs", "fetch=shallow packfile-uris", "bundle-uri", `agent=${there}`];
    server.answers.greeting = (response) => void response.writeHead(200, advertisementType).end(greeting(offers));
    expect(await copied(nothing)).toBe("copied");
    for (const part of ["greeting", "fetch"] as const) {
      serve(whole, tip.oid);
      const { [part]: usual } = server.answers;
      let asked = 0;
      server.answers[part] = (response, request, body) => {
        if (part === "greeting" && ++asked === 1) return usual?.(response, request, body);
        response.writeHead(302, { location: there }).end();
      };
      await expect(copied(nothing)).rejects.toMatchObject({ fault: expect.any(String) as string });
    }
    let asked = 0;
    serve(whole, tip.oid);
    server.answers.greeting = (response) => {
      if (++asked === 1) return void response.writeHead(200, advertisementType).end(greeting());
      response.writeHead(200, { "content-type": "text/plain" }).end(`${tip.oid}\trefs/heads/main\n`);
    };
    server.other = (response, request) => {
      if (request.url?.endsWith("alternates")) return void response.writeHead(200).end(`${there}objects\n`);
      response.writeHead(404).end();
    };
    await expect(copied(nothing)).rejects.toMatchObject({ fault: expect.any(String) as string });
  });
});
