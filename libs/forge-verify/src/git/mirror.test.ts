import { execFileSync, spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { BareRepository } from "@freehold/local-world";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AddressGuard } from "../address/guard.ts";
import { Mirrors } from "../mirrors.ts";
import { HostileServer } from "../testing/hostile-server.ts";
import { standardLimits, type VerifierLimits } from "../verifier-options.ts";
import { advertise } from "./advertise.ts";
import { lockMirror } from "./mirror-lock.ts";
import { sizeOfFolder } from "./mirror-folder.ts";
import type { Mirror } from "./mirror.ts";

const folder = mkdtempSync(path.join(tmpdir(), "mirror-"));
const dir = path.join(folder, "mirrors");
const origin = new BareRepository(path.join(folder, "origin.git"));
const server = new HostileServer();
let guard: AddressGuard;
let first: string;
let key = 0;

beforeAll(async () => {
  await server.start();
  server.gitDir = origin.dir;
  guard = new AddressGuard([server.host]);
  await origin.create();
  first = await origin.commit({ files: { "a.txt": "1\n" }, message: "First" });
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

const mirrors = (limits: Partial<VerifierLimits> = {}) =>
  new Mirrors(dir, { ...standardLimits, minFreeBytes: 0, ...limits });
const limits = { maxBytes: 1_000_000, maxRefs: 1000, timeoutMs: 10_000 };
async function shown(url = server.url, by = guard) {
  const answer = await advertise(by, url, limits);
  if (!answer.ok) throw new Error(answer.fault);
  return answer.value;
}
const fetchInto = async (copy: Mirror, url?: string, by = guard) => copy.fetch(by, await shown(url, by));
const fault = (name: string) => expect.objectContaining({ fault: name }) as object;

describe("our copy of a repository", () => {
  it("asks nothing when nothing moved, and no pack when a branch only goes or comes back", async () => {
    await mirrors().inTurn("same", async () => {
      const copy = await mirrors().open("same");
      const second = await origin.commit({ branch: "two", files: { "b.txt": "2\n" }, message: "Second" });
      expect(await fetchInto(copy)).toEqual({ fetched: true });
      expect(await copy.observed()).toEqual({ "refs/heads/main": first, "refs/heads/two": second });
      for (const sha of [null, second]) {
        const before = server.requests.length;
        await origin.setRef("refs/heads/two", sha);
        expect(await fetchInto(copy)).toEqual({ fetched: false });
        expect(await fetchInto(copy)).toEqual({ fetched: false });
        // Our own two questions each time, and git was not sent.
        expect(server.requests.length - before).toBe(4);
      }
      await origin.setRef("refs/heads/two", null);
      expect(await copy.commitCount()).toBe(2);
    });
  });

  it("comes from an old server too, by an address of six, and only from where its name was found to lead", async () => {
    const six = await new HostileServer().start("::1");
    six.gitDir = origin.dir;
    six.old = true;
    process.env["http_proxy"] = process.env["all_proxy"] = "http://127.0.0.1:9";
    try {
      const literal = new AddressGuard([six.host]);
      await mirrors().inTurn("six", async () => {
        const copy = await mirrors().open("six");
        await fetchInto(copy, six.url, literal);
        expect(await copy.holds([first])).toBe(true);
      });
      const port = server.host.split(":")[1];
      const named = new AddressGuard([`forge.example:${port}`], () => Promise.resolve(["127.0.0.1"]));
      await mirrors().inTurn("named", async () => {
        const copy = await mirrors().open("named");
        await fetchInto(copy, `http://forge.example:${port}/mallory/trap.git`, named);
        expect(await copy.holds([first])).toBe(true);
      });
    } finally {
      delete process.env["http_proxy"];
      delete process.env["all_proxy"];
      six.close();
    }
  });

  it("never grows over its quota in many small steps, nor into the last of the disk; what it had stays", async () => {
    const quota = 1_000_000;
    const few = mirrors({ maxMirrorBytes: quota });
    await few.inTurn("quota", async () => {
      const copy = await few.open("quota");
      let refused: unknown = null;
      let good = {};
      for (let step = 0; step < 12 && refused === null; step += 1) {
        const noise = randomBytes(100_000).toString("hex");
        await origin.commit({ branch: "grow", files: { [`${step}.txt`]: noise }, message: "Grow" });
        await fetchInto(copy).catch((error: unknown) => (refused = error));
        expect(await sizeOfFolder(copy.dir)).toBeLessThanOrEqual(quota);
        if (refused === null) good = await copy.observed();
      }
      expect(refused).toMatchObject(fault("too_large"));
      expect(await copy.observed()).toEqual(good);
      expect(await copy.holds(Object.values(good))).toBe(true);
    });
    await origin.setRef("refs/heads/grow", null);
    const full = mirrors({ minFreeBytes: 1e15 });
    await full.inTurn("full", async () => {
      const before = server.requests.length;
      await expect(fetchInto(await full.open("full"))).rejects.toMatchObject(fault("server_error"));
      expect(server.requests.length - before).toBe(2);
    });
  });

  it("waits its turn for another process, and blocks nobody after that was killed; what it left is swept away", async () => {
    const lockFile = path.join(dir, "locks", "turn.lock");
    mkdirSync(path.dirname(lockFile), { recursive: true });
    const holder = spawn("flock", ["-x", lockFile, "sh", "-c", "echo held; exec sleep 60"], { detached: true });
    await new Promise((resolve) => holder.stdout.once("data", resolve));
    expect(await lockMirror(lockFile, 100)).toBeNull();
    const order: string[] = [];
    const turn = mirrors().inTurn("turn", async () => {
      order.push("ours");
      const copy = await mirrors().open("turn");
      await fetchInto(copy);
      // What a killed git leaves, as seen by the next who has the turn.
      for (const name of ["packed-refs.lock", "config.lock", "objects/pack/tmp_pack_x", "objects/pack/pack-y.pack"]) {
        writeFileSync(path.join(copy.dir, name), "half");
      }
      mkdirSync(path.join(copy.dir, "objects/ab"), { recursive: true });
      writeFileSync(path.join(copy.dir, `objects/ab/${"c".repeat(38)}`), "not looked at");
      mkdirSync(path.join(copy.dir, "refs/seen"), { recursive: true });
      writeFileSync(path.join(copy.dir, `refs/seen/${first}.lock`), "");
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    order.push("killed");
    process.kill(-(holder.pid ?? 0), "SIGKILL");
    await turn;
    expect(order).toEqual(["killed", "ours"]);
    await origin.commit({ branch: "more", files: { "c.txt": "3\n" }, message: "More" });
    await mirrors().inTurn("turn", async () => {
      const copy = await mirrors().open("turn");
      await fetchInto(copy);
      const left = readdirSync(copy.dir, { recursive: true }).map(String);
      expect(left.filter((name) => /lock$|tmp_|pack-y|c{38}$/.test(name))).toEqual([]);
    });
    await origin.setRef("refs/heads/more", null);
  });

  it("is finished when its making was cut short, and forgotten as often as one likes", async () => {
    const place = path.join(dir, "cut.git");
    mkdirSync(path.join(place, "objects"), { recursive: true });
    writeFileSync(path.join(place, "HEAD"), "ref: refs/hea");
    await mirrors().inTurn("cut", async () => {
      await fetchInto(await mirrors().open("cut"));
    });
    const slow = mirrors().inTurn("cut", () => new Promise((resolve) => setTimeout(resolve, 100)));
    await Promise.all([slow, mirrors().forget("cut"), mirrors().forget("cut"), mirrors().forget("never made")]);
    expect(existsSync(place)).toBe(false);
    await expect(mirrors().forget("")).rejects.toThrow(RangeError);
  });

  it("takes any key for a folder of its own", async () => {
    const folders = ["a/b", "a~2f~b", "../x", "é".repeat(150), "é".repeat(149) + "e"];
    for (const one of folders) await mirrors().inTurn(one, async () => void (await mirrors().open(one)));
    expect(readdirSync(dir).filter((name) => /^(a|~|é)/.test(name))).toHaveLength(folders.length);
  });

  it("works for an ordinary user", async () => {
    const commits = await origin.git(["rev-list", "--count", "--all"]);
    const own = path.join(folder, "anybody");
    mkdirSync(own);
    chmodSync(own, 0o777);
    chmodSync(folder, 0o755);
    const script = fileURLToPath(new URL("../testing/as-anybody.ts", import.meta.url));
    const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
    return new Promise<void>((resolve, reject) => {
      const child = spawn(process.execPath, [script, own, server.url], {
        ...nobody,
        stdio: ["ignore", "pipe", "pipe"],
      });
      let said = "";
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (said += String(chunk)));
      child.on("close", (code) => {
        try {
          expect([code, said]).toEqual([0, `${nobody.uid ?? process.getuid?.()} ${commits}\n`]);
          resolve();
        } catch (error) {
          reject(error);
        }
      });
    });
  });
});

describe("a bundle", () => {
  const clone = (file: string) => {
    const to = `${file}-clone-${++key}`;
    execFileSync("git", ["clone", "-q", "--bare", file, to], { stdio: "pipe" });
    return (...args: string[]) =>
      execFileSync("git", ["--git-dir", to, ...args])
        .toString()
        .trim();
  };

  it("is a repository that stock git clones, with the commit and the beginning in it; several at once", async () => {
    const commit = await origin.commit({ branch: "release", files: { "f.txt": "feature\n" }, message: "Feature" });
    await mirrors().inTurn("bundle", async () => {
      const copy = await mirrors().open("bundle");
      await fetchInto(copy);
      await origin.setRef("refs/heads/release", null);
      const tips = [
        { name: "refs/heads/release", sha: commit },
        { name: "refs/freehold/baseline/0", sha: first },
      ];
      const files = ["one", "two", "three"].map((name) => path.join(folder, `${name}.bundle`));
      await Promise.all(files.map((file) => pipeline(copy.bundle(tips), createWriteStream(file))));
      for (const file of files) {
        const git = clone(file);
        expect(git("show", "refs/heads/release:f.txt")).toBe("feature");
        expect(git("fsck", "--full", "--strict")).toBe("");
        const listed = spawnSync("git", ["bundle", "list-heads", file]).stdout.toString();
        expect(listed).toBe(`${commit} HEAD\n${commit} refs/heads/release\n${first} refs/freehold/baseline/0\n`);
      }
      const odd = copy.bundle([{ name: "refs/heads/a b", sha: commit }]).next();
      await expect(odd).rejects.toThrow(RangeError);
      const lost = pipeline(
        copy.bundle([{ name: "refs/heads/x", sha: "1".repeat(40) }]),
        createWriteStream("/dev/null"),
      );
      await expect(lost).rejects.toMatchObject({ fault: expect.any(String) as string });
      for await (const chunk of copy.bundle(tips)) {
        expect(chunk.length).toBeGreaterThan(0);
        break;
      }
      expect(readdirSync(copy.dir).filter((name) => /bundle/.test(name))).toEqual([]);
    });
  });
});
