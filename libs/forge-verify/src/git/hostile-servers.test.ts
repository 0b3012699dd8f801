import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { deflateSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { advertisementType, greeting, inBand, pour } from "../testing/hostile-server.ts";
import { packOf, rawCommit, rawObject, rawTree, type RawObject } from "../testing/raw-objects.ts";
import { fault, file, nothing, tip, Trap, whole } from "../testing/trap.ts";
import { cameAsOnePack, objectFiles } from "./mirror-folder.ts";
import { packet } from "./packet-line.ts";

const trap = new Trap();
beforeAll(() => trap.start());
beforeEach(() => trap.reset());
afterAll(() => trap.close());

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
    trap.serve(whole, tip.oid, { ...odd, ...left, ...long, "refs/pull/1/head": "1".repeat(40) });
    expect(await trap.copied((copy) => copy.observed())).toEqual(odd);
  });
});

describe("a server without end", () => {
  it("cannot fill our memory with a greeting, though git reads it by itself", async () => {
    let greetings = 0;
    trap.serve(whole, tip.oid);
    trap.server.answers.greeting = (response) => {
      response.writeHead(200, advertisementType);
      if (++greetings === 1) return void response.end(greeting());
      response.write(`${packet("# service=git-upload-pack\n")}0000${packet("version 2\n")}`);
      pour(response, Buffer.from(packet(`${"x".repeat(60_000)}\n`)));
    };
    await expect(trap.copied(nothing)).rejects.toMatchObject(fault("too_large"));
    expect(trap.server.sent).toBeLessThan(400_000_000);
    // Nor does git ask for the list of branches again: it is told what to fetch.
    expect(trap.server.requests.filter((one) => one.startsWith("GET")).length).toBeGreaterThan(1);
  });

  it("is cut off by size when it sends a pack, by time when it chats or drips", async () => {
    trap.serve(whole, tip.oid);
    const head = Buffer.from("PACK\0\0\0\x02\0\x0f\xff\xff", "latin1");
    trap.server.answers.fetch = (response) => {
      response.writeHead(200);
      response.write(packet("packfile\n"));
      response.write(inBand(1, head));
      const noise = rawObject("blob", randomBytes(60_000));
      const body = packOf([noise]).subarray(12, -20);
      pour(response, inBand(1, body));
    };
    await expect(trap.copied(nothing)).rejects.toMatchObject(fault("too_large"));
    expect(trap.server.sent).toBeLessThan(30_000_000);
    for (const drip of [() => inBand(2, Buffer.from("wait for it\n")), () => Buffer.from("0")]) {
      trap.server.answers.fetch = (response) => {
        response.writeHead(200);
        response.write(packet("packfile\n"));
        const timer = setInterval(() => response.write(drip()), 20);
        response.on("close", () => clearInterval(timer));
      };
      await expect(trap.copied(nothing, { fetchTimeoutMs: 700 })).rejects.toMatchObject({
        fault: expect.stringMatching(/timeout|malformed|server_error/) as string,
      });
    }
  });

  it("cannot send git elsewhere: by redirects, bundles, other servers' packs, or the old way without a service", async () => {
    const there = `http://${trap.elsewhere.host}/`;
    trap.serve(whole, tip.oid);
    const offers = ["ls-refs", "fetch=shallow packfile-uris", "bundle-uri", `agent=${there}`];
    trap.server.answers.greeting = (response) => void response.writeHead(200, advertisementType).end(greeting(offers));
    expect(await trap.copied(nothing)).toBe("copied");
    for (const part of ["greeting", "fetch"] as const) {
      trap.serve(whole, tip.oid);
      const { [part]: usual } = trap.server.answers;
      let asked = 0;
      trap.server.answers[part] = (response, request, body) => {
        if (part === "greeting" && ++asked === 1) return usual?.(response, request, body);
        response.writeHead(302, { location: there }).end();
      };
      await expect(trap.copied(nothing)).rejects.toMatchObject({ fault: expect.any(String) as string });
    }
    let asked = 0;
    trap.serve(whole, tip.oid);
    trap.server.answers.greeting = (response) => {
      if (++asked === 1) return void response.writeHead(200, advertisementType).end(greeting());
      response.writeHead(200, { "content-type": "text/plain" }).end(`${tip.oid}\trefs/heads/main\n`);
    };
    trap.server.other = (response, request) => {
      if (request.url?.endsWith("alternates")) return void response.writeHead(200).end(`${there}objects\n`);
      response.writeHead(404).end();
    };
    await expect(trap.copied(nothing)).rejects.toMatchObject({ fault: expect.any(String) as string });
  });
});

describe("a server that speaks git to us and is a plain web server to git", () => {
  const double = rawTree([
    { mode: "100644", name: "a", oid: file.oid },
    { mode: "100644", name: "a", oid: file.oid },
    { mode: "100644", name: ".git", oid: file.oid },
  ]);
  const bad = rawCommit(double.oid);
  /** Everything but the greeting to us is a folder of files: objects one by one, or a pack with its index. */
  const plainly = (objects: readonly RawObject[], commit: string, files: ReadonlyMap<string, Buffer>) => {
    trap.serve(objects, commit);
    let asked = 0;
    trap.server.answers.greeting = (response) => {
      if (++asked === 1) return void response.writeHead(200, advertisementType).end(greeting());
      response.writeHead(200, { "content-type": "text/plain" }).end(`${commit}\trefs/heads/main\n`);
    };
    trap.server.other = (response, request) => {
      const name = request.url?.split("/trap.git/")[1] ?? "";
      const found = name === "HEAD" ? Buffer.from("ref: refs/heads/main\n") : files.get(name);
      response.writeHead(found ? 200 : 404).end(found);
    };
  };
  const loose = (objects: readonly RawObject[]) =>
    new Map(
      objects.map(({ type, body, oid }) => [
        `objects/${oid.slice(0, 2)}/${oid.slice(2)}`,
        deflateSync(Buffer.concat([Buffer.from(`${type} ${body.length}\0`), body])),
      ]),
    );

  it("brings in no object that was not looked at, neither one by one nor in a pack of its own", async () => {
    plainly([file, double, bad], bad.oid, loose([file, double, bad]));
    await expect(trap.copied(nothing)).rejects.toMatchObject(fault("malformed"));

    const folder = path.join(trap.folder, "packed");
    mkdirSync(folder);
    const pack = packOf([file, double, bad]);
    const name = `pack-${pack.subarray(-20).toString("hex")}`;
    writeFileSync(path.join(folder, `${name}.pack`), pack);
    execFileSync("git", ["index-pack", path.join(folder, `${name}.pack`)], { stdio: "ignore" });
    const files = new Map([["objects/info/packs", Buffer.from(`P ${name}.pack\n`)]]);
    for (const end of [".pack", ".idx"]) {
      files.set(`objects/pack/${name}${end}`, readFileSync(path.join(folder, name + end)));
    }
    plainly([file, double, bad], bad.oid, files);
    await expect(trap.copied(nothing)).rejects.toMatchObject(fault("malformed"));
    // git did take the bait.
    expect(trap.server.requests.some((one) => one.endsWith(`${name}.pack`))).toBe(true);
    // Nor is a good history taken in this way: nobody would have looked.
    plainly(whole, tip.oid, loose(whole));
    await expect(trap.copied(nothing)).rejects.toMatchObject(fault("malformed"));
  });

  it("would not get by either if git itself had let it in: only one pack with its index is taken", async () => {
    const objects = path.join(trap.folder, "by-hand", "objects");
    const put = (name: string) => {
      mkdirSync(path.join(objects, path.dirname(name)), { recursive: true });
      writeFileSync(path.join(objects, name), "x");
    };
    const pack = `pack/pack-${"a".repeat(40)}`;
    const came = async (...names: string[]) => {
      const before = await objectFiles(path.dirname(objects));
      for (const name of names) put(name);
      return cameAsOnePack(path.dirname(objects), before);
    };
    expect(await came()).toBe(true);
    expect(await came(`${pack}.pack`, `${pack}.idx`, `${pack}.rev`)).toBe(true);
    expect(await came(`ab/${"c".repeat(38)}`)).toBe(false);
    expect(await came(`pack/pack-${"b".repeat(40)}.pack`, `pack/pack-${"c".repeat(40)}.pack`)).toBe(false);
    expect(await came("info/alternates")).toBe(false);
  });
});
