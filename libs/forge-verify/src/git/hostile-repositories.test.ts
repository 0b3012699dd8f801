import { createHash } from "node:crypto";
import path from "node:path";
import { deflateSync } from "node:zlib";
import { BareRepository } from "@freehold/local-world";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { packAnswer } from "../testing/hostile-server.ts";
import { packOf, rawCommit, rawObject, rawTree, type RawObject } from "../testing/raw-objects.ts";
import { fault, file, nothing, plain, tip, Trap, whole } from "../testing/trap.ts";
import { eachBlobStart } from "./blobs.ts";
import { changesSince } from "./changes.ts";
import { countNewContents, countUnrepeatedCommits, isBehind, treeOccurs } from "./newness.ts";

const trap = new Trap();
beforeAll(() => trap.start());
beforeEach(() => trap.reset());
afterAll(() => trap.close());

describe("a history that is not what it seems", () => {
  it("is refused when the server calls it cut off, lest the beginning be shorter than it is", async () => {
    const origin = new BareRepository(path.join(trap.folder, "long.git"));
    await origin.create();
    for (let n = 0; n < 4; n += 1) await origin.commit({ files: { "a.txt": `${n}\n` }, message: `${n}` });
    const head = (await origin.refSha("refs/heads/main")) ?? "";
    const cut = new BareRepository(path.join(trap.folder, "cut.git"));
    await cut.create();
    await cut.git(["fetch", "-q", "--depth", "1", `file://${origin.dir}`, "+refs/heads/main:refs/heads/main"]);
    for (const old of [false, true]) {
      trap.server.gitDir = cut.dir;
      trap.server.old = old;
      await expect(trap.copied(nothing)).rejects.toMatchObject(fault("malformed"));
      trap.server.gitDir = origin.dir;
      expect(await trap.copied((copy) => copy.commitCount())).toBe(4);
    }
    trap.server.old = false;
    // A replacement that the repository keeps for itself changes nothing of what is seen.
    const [other] = [await origin.commit({ branch: "other", files: { "a.txt": "other\n" }, message: "Other" })];
    await origin.git(["replace", head, other]);
    expect(await trap.copied((copy) => isBehind(copy, other, [head]))).toBe(false);
  });

  it("is refused with an object missing, altered or malformed, and leaves nothing behind", async () => {
    trap.serve(whole, tip.oid);
    expect(await trap.copied(nothing)).toBe("copied");
    for (const missing of whole) {
      trap.serve(
        whole.filter((one) => one !== missing),
        tip.oid,
      );
      await expect(trap.copied(nothing)).rejects.toMatchObject({
        fault: expect.stringMatching(/malformed|server_error/) as string,
      });
    }
    const bad = rawTree([{ mode: "100644", name: "../up", oid: file.oid }]);
    const dotGit = rawTree([{ mode: "100644", name: ".git", oid: file.oid }]);
    for (const tree of [bad, dotGit]) {
      const commit = rawCommit(tree.oid);
      trap.serve([file, tree, commit], commit.oid);
      await expect(trap.copied(nothing)).rejects.toMatchObject(fault("malformed"));
    }
    const pack = packOf(whole);
    pack[pack.length - 30]! ^= 1;
    trap.serve(whole, tip.oid);
    trap.server.answers.fetch = (response) => packAnswer(response, pack);
    await expect(trap.copied(nothing)).rejects.toMatchObject({
      fault: expect.stringMatching(/malformed|server_error/) as string,
    });
  });

  it("may be an old and honest one, with names and dates as careless programs wrote them", async () => {
    const whos: Record<string, string> = {
      missingSpaceBeforeEmail: "Dave<dave@x.test> 1100000000 +0000",
      missingNameBeforeEmail: "<dave@x.test> 1100000000 +0000",
      missingEmail: "dave 1100000000 +0000",
      badName: "Dave> <dave@x.test> 1100000000 +0000",
      badEmail: "Dave <dave<@x.test> 1100000000 +0000",
      missingSpaceBeforeDate: "Dave <dave@x.test>1100000000 +0000",
      badDate: "Dave <dave@x.test> then +0000",
      badDateOverflow: "Dave <dave@x.test> 18446744073709551614 +0000",
      zeroPaddedDate: "Dave <dave@x.test> 0100000000 +0000",
      badTimezone: "Dave <dave@x.test> 1100000000 +051800",
    };
    const good = "Dave <dave@x.test> 1100000000 +0000";
    const written = (head: string, text = "old import\n") => rawObject("commit", `tree ${plain.oid}\n${head}\n${text}`);
    const commits = [
      ...Object.values(whos).map((who) => written(`author ${who}\ncommitter ${who}\n`)),
      written(`author ${good}\nauthor ${good}\ncommitter ${good}\n`),
      written(`committer ${good}\n`),
      written(`author ${good}\n`),
      written(`author ${good}\ncommitter ${good}\n`, "old \0 import\n"),
    ];
    const branches = Object.fromEntries(commits.map(({ oid }, n) => [`refs/heads/old-${n}`, oid]));
    const modes = rawTree([{ mode: "0100644", name: "a", oid: file.oid }]);
    const padded = rawCommit(modes.oid);
    trap.serve([...whole, ...commits, modes, padded], tip.oid, {
      "refs/heads/main": tip.oid,
      ...branches,
      "refs/heads/padded": padded.oid,
    });
    await trap.copied(async (copy) => {
      expect(await copy.commitCount()).toBe(commits.length + 2);
      // And they can be compared like any other.
      for (const { oid } of commits) {
        expect(await isBehind(copy, oid, [oid])).toBe(true);
        expect(await changesSince(copy, oid, [tip.oid])()).toHaveLength(1);
        expect(await treeOccurs(copy, tip.oid, [oid])).toBe(true);
      }
      const pieces = [];
      const tips = commits.map(({ oid }, n) => ({ name: `refs/heads/old-${n}`, sha: oid }));
      for await (const piece of copy.bundle(tips)) pieces.push(piece);
      expect(pieces.length).toBeGreaterThan(1);
    });
  });

  it("is refused for whatever concerns trees, paths, links and git's own files", async () => {
    const config = rawObject("blob", '[submodule "x"]\n\tpath = x\n\turl = --upload-pack=touch\n');
    const [a, b] = [
      { mode: "100644", name: "a", oid: file.oid },
      { mode: "100644", name: "b", oid: file.oid },
    ];
    const trees: Record<string, Parameters<typeof rawTree>[0]> = {
      duplicateEntries: [a, a],
      treeNotSorted: [b, a],
      hasDot: [{ ...a, name: "." }],
      hasDotdot: [{ ...a, name: ".." }],
      hasDotgit: [{ ...a, name: ".GIT" }],
      fullPathname: [{ ...a, name: "x/y" }],
      emptyName: [{ ...a, name: "" }],
      nullSha1: [{ ...a, oid: "0".repeat(40) }],
      gitmodulesSymlink: [{ ...a, mode: "120000", name: ".gitmodules" }],
      gitmodulesUrl: [{ ...a, name: ".gitmodules", oid: config.oid }],
    };
    for (const [what, entries] of Object.entries(trees)) {
      const tree = rawTree(entries);
      const commit = rawCommit(tree.oid);
      trap.serve([file, config, tree, commit], commit.oid);
      await expect(trap.copied(nothing), what).rejects.toMatchObject(fault("malformed"));
    }
    for (const text of [`tree ${plain.oid}\nparent zz\n`, `tree zz\n`, "nothing\n"]) {
      const commit = rawObject("commit", `${text}author D <d@x> 1 +0000\ncommitter D <d@x> 1 +0000\n\nx\n`);
      trap.serve([...whole, commit], commit.oid);
      await expect(trap.copied(nothing), text).rejects.toMatchObject(fault("malformed"));
    }
  });

  it("may have a commit with thousands of parents", async () => {
    const parents = Array.from({ length: 3000 }, (_, n) =>
      rawObject("commit", rawCommit(plain.oid).body.toString().replace("Raw", `${n}`)),
    );
    const octopus = rawCommit(
      plain.oid,
      parents.map((one) => one.oid),
    );
    trap.serve([file, plain, ...parents, octopus], octopus.oid);
    expect(await trap.copied((copy) => copy.commitCount())).toBe(3001);
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
    trap.serve([...objects, plain, tip, bomb], bomb.oid);
    await trap.copied(async (copy) => {
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
    trap.serve([...whole, ...objects, deep], deep.oid);
    const paths = await trap.copied(async (copy) =>
      (await changesSince(copy, deep.oid, [tip.oid])()).map((one) => one.path.length),
    );
    expect(paths).toContain(20_001);
  });

  it("with one file that is nothing but zeros, a thousand times its packed size, cost no memory", async () => {
    const zeros = rawObject("blob", Buffer.alloc(300_000_000));
    const tree = rawTree([{ mode: "100644", name: "zeros.js", oid: zeros.oid }]);
    const commit = rawCommit(tree.oid, [tip.oid]);
    trap.serve([...whole, zeros, tree, commit], commit.oid);
    await trap.copied(async (copy) => {
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
    trap.serve(whole, tip.oid);
    const pack = Buffer.concat([bytes, createHash("sha1").update(bytes).digest()]);
    trap.server.answers.fetch = (response) => packAnswer(response, pack);
    await expect(trap.copied(nothing)).rejects.toMatchObject(fault("too_large"));
  });
});
