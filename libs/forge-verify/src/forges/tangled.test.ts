import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { startAtprotoNetwork, startKnot, type LocalKnot } from "@freehold/local-world";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { AddressGuard } from "../address/guard.ts";
import type { Forge, RepositoryRef } from "./forge.ts";
import { tangledForge } from "./tangled.ts";
import { readOldId } from "./tangled-record.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 90_000 });
const folder = mkdtempSync(path.join(tmpdir(), "forge-tangled-"));
const now = () => new Date("2026-05-01T12:00:00Z");
const collection = "sh.tangled.repo";

let network: Awaited<ReturnType<typeof startAtprotoNetwork>>;
let knot: LocalKnot;
let oldKnot: LocalKnot;
let forge: Forge;
let stories = 0;
let name = "";

/** mallory's own site: their did:web, and their own data server, which answers what it likes. */
let site: Server;
let siteHost: string;
let mallory: string;
let siteAsked: string[] = [];
let document: unknown;
let listed: (query: URLSearchParams) => unknown;
let kept: (query: URLSearchParams) => unknown;

beforeAll(async () => {
  network = await startAtprotoNetwork({ dataDir: path.join(folder, "atproto") });
  const open = (dataDir: string, old: boolean) =>
    startKnot({ dataDir: path.join(folder, dataDir), ...network, now, old });
  knot = await open("knot", false);
  oldKnot = await open("old-knot", true);
  site = createServer((request, response) => {
    siteAsked.push(request.url ?? "");
    const url = new URL(request.url ?? "/", `http://${siteHost}`);
    const answers: Record<string, () => unknown> = {
      "/.well-known/did.json": () => document,
      "/xrpc/com.atproto.repo.listRecords": () => listed(url.searchParams),
      "/xrpc/com.atproto.repo.getRecord": () => kept(url.searchParams),
    };
    const body = answers[url.pathname]?.() ?? null;
    response.writeHead(body === null ? 404 : 200, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
  siteHost = `127.0.0.1:${(site.address() as AddressInfo).port}`;
  mallory = `did:web:${siteHost.replace(":", "%3A")}`;
  const hosts = [knot.host, oldKnot.host, siteHost, new URL(network.plcUrl).host, new URL(network.pdsUrl).host];
  forge = tangledForge(new AddressGuard(hosts), {
    plcUrl: network.plcUrl,
    handleResolverUrl: network.pdsUrl,
    webUrl: "https://tangled.org",
    timeoutMs: 10_000,
  });
});
beforeEach(() => {
  name = `story-${++stories}`;
  siteAsked = [];
  document = malloryDocument();
  listed = () => ({ records: [] });
  kept = () => null;
});
afterAll(async () => {
  site.close();
  site.closeAllConnections();
  await oldKnot.close();
  await knot.close();
  await network.close();
  rmSync(folder, { recursive: true, force: true });
});

const malloryDocument = (more: Record<string, unknown> = {}) => ({
  id: mallory,
  alsoKnownAs: [],
  service: [{ id: "#atproto_pds", type: "AtprotoPersonalDataServer", serviceEndpoint: `http://${siteHost}` }],
  ...more,
});
const judy = () => ({ ownerDid: network.people.judy.did, ownerHandle: network.people.judy.handle });
const make = (at: LocalKnot, owner = judy()) => at.createRepository({ ...owner, name, license: "MIT" });
const find = (owner: string, by = name) => forge.find({ forge: "tangled", owner, name: by });
const ref = (stableId: string, slug = `judy.test/${name}`): RepositoryRef => ({ forge: "tangled", stableId, slug });

describe("a repository on a new knot", () => {
  it("is found by its owner's handle or DID, by its name or its record's key, and by its own DID", async () => {
    const { repoDid, rkey } = await make(knot);
    for (const looking of [
      find("judy.test"),
      find(judy().ownerDid),
      find("judy.test", rkey),
      forge.find({ forge: "tangled", repoDid }),
      forge.describe(ref(repoDid)),
    ]) {
      const found = await looking;
      expect(found.ok && found.value).toMatchObject({
        stableId: repoDid,
        slug: `judy.test/${name}`,
        webUrl: `https://tangled.org/@judy.test/${name}`,
        cloneUrl: `${knot.url}/${repoDid}`,
        ownerDid: judy().ownerDid,
        defaultBranch: "main",
        agree: true,
      });
    }
  });

  it("is found among hundreds, page after page", async () => {
    const { rkey, repoDid } = await make(knot, { ownerDid: network.people.dave.did, ownerHandle: "dave.test" });
    const said = { name, knot: knot.host, repoDid, createdAt: now().toISOString() };
    const filler = (page: number) =>
      Array.from({ length: 100 }, (_, n) => ({
        uri: `at://${mallory}/${collection}/p${page}n${n}`,
        value: { ...said, name: `other-${page}-${n}` },
      }));
    const mine = { uri: `at://${mallory}/${collection}/${rkey}`, value: said };
    listed = (query) => {
      const page = Number(query.get("cursor") ?? 0);
      return page < 7
        ? { records: filler(page), cursor: String(page + 1) }
        : { records: [mine], ...(page < 9 ? { cursor: String(page + 1) } : {}) };
    };
    kept = (query) => (query.get("rkey") === rkey ? mine : null);
    // The record is mallory's, the repository dave's: it is not found under mallory's name.
    expect(await find(mallory)).toMatchObject({ ok: false, fault: "not_found" });
    // mallory runs the knot as well, and it says what they like: then it is theirs.
    knot.lie({ repoDid, describeRepo: { ownerDid: mallory } });
    const found = await find(mallory);
    knot.lie({ repoDid, describeRepo: {} });
    expect(found.ok && found.value).toMatchObject({ stableId: repoDid, ownerDid: mallory, slug: `${mallory}/${name}` });
  });

  it("keeps its id when it is renamed or its owner takes another handle, and shows the new one", async () => {
    const { repoDid } = await make(knot);
    await knot.rename({ repoDid, toName: `${name}-new` });
    const renamed = await forge.describe(ref(repoDid));
    expect(renamed.ok && renamed.value).toMatchObject({
      stableId: repoDid,
      slug: `judy.test/${name}-new`,
      agree: true,
    });
    await takeHandle("judy", "judith.test");
    const moved = await forge.describe(ref(repoDid));
    expect(moved.ok && moved.value).toMatchObject({ stableId: repoDid, slug: `judith.test/${name}-new` });
    expect(await find("judy.test", `${name}-new`)).toMatchObject({ ok: false, fault: "not_found" });
    const found = await find("judith.test", `${name}-new`);
    expect(found.ok && found.value.stableId).toBe(repoDid);
    await takeHandle("judy", "judy.test");
  });

  it("is shown under its owner's DID when the handle they claim does not lead back to them", async () => {
    const { repoDid, rkey } = await make(knot, { ownerDid: network.people.dave.did, ownerHandle: "dave.test" });
    document = malloryDocument({ alsoKnownAs: ["at://judy.test", 7, null, { at: "//" }] });
    const record = { uri: `at://${mallory}/${collection}/${rkey}`, value: { name, knot: knot.host, repoDid } };
    kept = () => record;
    knot.lie({ repoDid, describeRepo: { ownerDid: mallory } });
    const found = await forge.describe(ref(repoDid, `judy.test/${name}`));
    knot.lie({ repoDid, describeRepo: {} });
    expect(found.ok && found.value).toMatchObject({ slug: `${mallory}/${name}`, agree: true });
  });

  it.each([
    ["another owner", { ownerDid: "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa" }, "not_found"],
    ["no owner", { ownerDid: null }, "malformed"],
    ["another record", { rkey: "elsewhere" }, false],
    ["no record", { rkey: { at: 7 } }, false],
    ["another repository", { repoDid: "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa" }, false],
  ])("is doubted, or not found at all, when its knot names %s", async (_what, describeRepo, expected) => {
    const { repoDid } = await make(knot);
    knot.lie({ repoDid, describeRepo });
    const found = await forge.describe(ref(repoDid));
    expect(found.ok ? found.value.agree : found.fault).toBe(expected);
  });

  it("is doubted when its record is gone or names another knot than its DID", async () => {
    const { repoDid, rkey } = await make(knot);
    await network.createRecord("judy", collection, rkey, {
      name,
      knot: oldKnot.host,
      repoDid,
      createdAt: now().toISOString(),
    });
    for (const gone of [false, true]) {
      if (gone) await network.deleteRecord("judy", collection, rkey);
      const found = await forge.describe(ref(repoDid));
      expect(found.ok && [found.value.stableId, found.value.agree]).toEqual([repoDid, false]);
    }
  });

  it("that was deleted and made anew under its name is another one", async () => {
    const first = await make(knot);
    await knot.deleteRepository({ repoDid: first.repoDid });
    const second = await make(knot);
    expect(await forge.describe(ref(first.repoDid))).toMatchObject({ ok: false, fault: "not_found" });
    const found = await find("judy.test");
    expect(found.ok && found.value.stableId).toBe(second.repoDid);
  });
});

describe("a repository on a knot of before 2026", () => {
  it("is its owner's record and the knot in it, and that id leads back to it", async () => {
    const { rkey } = await make(oldKnot);
    const stableId = `at://${judy().ownerDid}/${collection}/${rkey}#${oldKnot.host}`;
    const expected = {
      stableId,
      slug: `judy.test/${name}`,
      cloneUrl: `${oldKnot.url}/${judy().ownerDid}/${name}`,
      ownerDid: judy().ownerDid,
      defaultBranch: "main",
      agree: true,
    };
    for (const looking of [find("judy.test"), find(judy().ownerDid, rkey), forge.describe(ref(stableId))]) {
      const found = await looking;
      expect(found.ok && found.value).toMatchObject(expected);
    }
    expect(readOldId(stableId)).toEqual({ ownerDid: judy().ownerDid, rkey, knot: oldKnot.host });
    await oldKnot.rename({ owner: judy().ownerDid, name, toName: `${name}-new` });
    const renamed = await forge.describe(ref(stableId));
    expect(renamed.ok && renamed.value).toMatchObject({ stableId, slug: `judy.test/${name}-new`, agree: true });
  });

  it("that was deleted and made anew under its name is another one", async () => {
    const first = await make(oldKnot);
    const found = await find("judy.test");
    const stableId = found.ok ? found.value.stableId : "";
    await oldKnot.deleteRepository({ repoDid: first.repoDid });
    await make(oldKnot);
    expect(await forge.describe(ref(stableId))).toMatchObject({ ok: false, fault: "not_found" });
    const again = await find("judy.test");
    expect(again.ok && again.value.stableId).not.toBe(stableId);
  });

  it("is doubted when its record names another knot now, or its knot another owner", async () => {
    const { rkey, repoDid } = await make(oldKnot);
    const found = await find("judy.test");
    const stableId = found.ok ? found.value.stableId : "";
    oldKnot.lie({ repoDid, describeRepo: { ownerDid: network.people.dave.did } });
    const lied = await forge.describe(ref(stableId));
    oldKnot.lie({ repoDid, describeRepo: {} });
    expect(lied.ok && lied.value.agree).toBe(false);
    await network.createRecord("judy", collection, rkey, { name, knot: knot.host, createdAt: now().toISOString() });
    const moved = await forge.describe(ref(stableId));
    expect(moved.ok && [moved.value.stableId, moved.value.agree]).toEqual([stableId, false]);
  });

  it("stays the same one when its knot is renewed and gives it a DID", async () => {
    const { repoDid } = await make(oldKnot);
    const found = await find("judy.test");
    const stableId = found.ok ? found.value.stableId : "";
    oldKnot.setOld(false);
    const renewed = await oldKnot.giveDid({ repoDid });
    const again = await forge.describe(ref(stableId));
    expect(again.ok && again.value).toMatchObject({ stableId, agree: true });
    oldKnot.lie({ repoDid: renewed.repoDid, describeRepo: { rkey: "other" } });
    const lied = await forge.describe(ref(stableId));
    oldKnot.lie({ repoDid: renewed.repoDid, describeRepo: {} });
    oldKnot.setOld(true);
    expect(lied.ok && lied.value.agree).toBe(false);
  });

  it("gives no answer while the knot fails: silence is not agreement", async () => {
    await make(oldKnot);
    const found = await find("judy.test");
    const stableId = found.ok ? found.value.stableId : "";
    oldKnot.setMode("503");
    const failing = await forge.describe(ref(stableId));
    oldKnot.setMode("ok");
    expect(failing).toMatchObject({ ok: false, fault: "server_error" });
  });

  it.each([
    "at://did:plc:x/sh.tangled.repo/a#b.example",
    "at://did:plc:aaaaaaaaaaaaaaaaaaaaaaaa/sh.tangled.repo/..#b.example",
    "at://did:plc:aaaaaaaaaaaaaaaaaaaaaaaa/sh.tangled.repo/a#b.example/x",
    "at://did:plc:aaaaaaaaaaaaaaaaaaaaaaaa/sh.tangled.repo/a#u@b.example",
    "at://did:plc:aaaaaaaaaaaaaaaaaaaaaaaa/sh.tangled.repo/a#b.example:99999",
    "at://did:plc:aaaaaaaaaaaaaaaaaaaaaaaa/sh.tangled.repo/a#B.example",
    "at://did:plc:aaaaaaaaaaaaaaaaaaaaaaaa/app.bsky.feed.post/a#b.example",
    "did:plc:short",
    "7",
  ])("is not asked about by what is no id: %s", async (stableId) => {
    const found = await forge.describe(ref(stableId));
    expect(found).toEqual({ ok: false, fault: "malformed", evidence: [] });
  });
});

describe("an owner who runs their own data server", () => {
  it("cannot make us read for ever", async () => {
    listed = (query) => ({
      records: Array.from({ length: 100 }, () => ({})),
      cursor: `${query.get("cursor") ?? ""}x`,
    });
    expect(await find(mallory)).toMatchObject({ ok: false, fault: "too_large" });
    expect(siteAsked.length).toBeLessThan(30);
    siteAsked = [];
    listed = () => ({ records: [{}], cursor: "again" });
    expect(await find(mallory)).toMatchObject({ ok: false, fault: "not_found" });
    expect(siteAsked.length).toBeLessThan(5);
    listed = () => ({ records: [], cursor: "", padding: "x".repeat(2_000_000) });
    expect(await find(mallory)).toMatchObject({ ok: false, fault: "too_large" });
  });

  it("cannot make us follow a thousand records of one name", async () => {
    listed = () => ({
      records: Array.from({ length: 100 }, (_, n) => ({
        uri: `at://${mallory}/${collection}/r${n}`,
        value: { name, knot: siteHost, repoDid: mallory },
      })),
    });
    expect((await find(mallory)).ok).toBe(false);
    expect(siteAsked.length).toBeLessThan(20);
  });

  it.each([
    ["no list", { records: 7 }],
    ["a list of nothing", { records: [null, 7, [], {}, { uri: null, value: null }] }],
    ["somebody else's record", { records: [{ uri: `at://did:plc:x/${collection}/a`, value: { knot: "k.example" } }] }],
    ["a knot with a path", { knot: "knot.example/../x" }],
    ["a knot with a user", { knot: "u:p@knot.example" }],
    ["a knot that is a number", { knot: 7 }],
    ["a port that is none", { knot: "knot.example:0x50" }],
    ["a DID that is none", { knot: "knot.example", repoDid: "did:web:x/../y" }],
    ["a list of DIDs", { knot: "knot.example", repoDid: ["did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"] }],
  ])("has no repository there: %s", async (_what, shape) => {
    const record = { uri: `at://${mallory}/${collection}/a`, value: { name, ...shape } };
    listed = () => ("records" in shape ? shape : { records: [record] });
    expect(await find(mallory)).toMatchObject({ ok: false, fault: "not_found" });
  });

  it.each([
    ["null", null, "not_found"],
    ["another id", { id: "did:web:else.example" }, "malformed"],
    ["services that are none", { service: [null, 7, "x", { id: 7 }] }, "malformed"],
    ["a service with a path", service("/xrpc/../x"), "malformed"],
    [
      "a service with a password",
      { service: [{ id: "#atproto_pds", serviceEndpoint: "http://u:p@h.example" }] },
      "malformed",
    ],
    [
      "a service of another protocol",
      { service: [{ id: "#atproto_pds", serviceEndpoint: "file:///etc" }] },
      "malformed",
    ],
    ["a private address", { service: [{ id: "#atproto_pds", serviceEndpoint: "http://127.0.0.1:1" }] }, "unsafe_url"],
  ])("is not believed a DID document with %s", async (_what, more, fault) => {
    document = more === null ? null : malloryDocument(more);
    expect(await find(mallory)).toMatchObject({ ok: false, fault });
  });
});

function service(suffix: string) {
  return { service: [{ id: "#atproto_pds", serviceEndpoint: `http://127.0.0.1${suffix}` }] };
}

async function takeHandle(person: "judy", handle: string): Promise<void> {
  const { did, password } = network.people[person];
  const call = async (method: string, body: unknown, token?: string) => {
    const headers = { "content-type": "application/json", ...(token ? { authorization: `Bearer ${token}` } : {}) };
    const answer = await fetch(`${network.pdsUrl}/xrpc/${method}`, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(text);
    return text === "" ? {} : (JSON.parse(text) as Record<string, string>);
  };
  const { accessJwt } = await call("com.atproto.server.createSession", { identifier: did, password });
  await call("com.atproto.identity.updateHandle", { handle }, accessJwt);
}
