import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { startAtprotoNetwork, startKnot, type LocalKnot } from "@freehold/local-world";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { AddressGuard } from "../address/guard.ts";
import { readKnotEvents, type KnotEventLimits } from "./knot-events.ts";
import { readKnotEvent } from "./ref-update.ts";
import { tangledForge } from "./tangled.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 90_000 });
const brief: Partial<KnotEventLimits> = { quietMs: 300, totalMs: 5000, handshakeMs: 1000 };

describe("the event stream of a knot", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "knot-events-"));
  let network: Awaited<ReturnType<typeof startAtprotoNetwork>>;
  let knot: LocalKnot;
  let oldKnot: LocalKnot;
  let guard: AddressGuard;

  beforeAll(async () => {
    network = await startAtprotoNetwork({ dataDir: path.join(folder, "atproto") });
    knot = await startKnot({ dataDir: path.join(folder, "knot"), ...network });
    oldKnot = await startKnot({ dataDir: path.join(folder, "old"), ...network, old: true });
    guard = new AddressGuard([network.plcUrl, network.pdsUrl, knot.url, oldKnot.url].map((url) => new URL(url).host));
  });
  afterEach(() => knot.setMode("ok", { part: "events" }));
  afterAll(async () => {
    await oldKnot.close();
    await knot.close();
    await network.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const owner = () => ({ ownerDid: network.people.judy.did, ownerHandle: "judy.test" });

  it("tells what was pushed since the cursor, once, and where to go on", async () => {
    const { repoDid } = await knot.createRepository({ ...owner(), name: "events", license: "MIT" });
    const first = (await knot.bare({ repoDid }).refSha("refs/heads/main")) ?? "";
    const second = await knot.commit({ repoDid, files: { a: "1" }, message: "One" });
    await knot.setRef({ repoDid, ref: "refs/tags/v1", sha: second });
    const told = await readKnotEvents(guard, knot.url, null, brief);
    if (!told.ok) throw new Error(told.fault);
    expect(told.value.hints).toMatchObject([
      { forge: "tangled", stableId: repoDid, named: null, ref: "refs/heads/main", before: first, after: second },
      { stableId: repoDid, ref: "refs/tags/v1", before: null, after: second, kind: "creation" },
    ]);
    const nothing = await readKnotEvents(guard, knot.url, told.value.cursor, brief);
    expect(nothing).toMatchObject({ ok: true, value: { hints: [], cursor: told.value.cursor } });
    await knot.forcePush({ repoDid, to: first });
    const further = await readKnotEvents(guard, knot.url, told.value.cursor, brief);
    expect(further.ok && further.value.hints.map((one) => [one.before, one.after])).toEqual([[second, first]]);
    expect(further.ok && BigInt(further.value.cursor) > BigInt(told.value.cursor)).toBe(true);
  });

  it("is read to the end over many batches, or to a limit and then from there", async () => {
    const { cursor } = await readKnotEvents(guard, knot.url, null, brief).then((one) =>
      one.ok ? one.value : { cursor: "" },
    );
    const sha = "a".repeat(40);
    const event = { repo: network.people.judy.did, ref: "refs/heads/main", oldSha: sha, newSha: "b".repeat(40) };
    for (let n = 0; n < 350; n += 1) knot.say({ nsid: "sh.tangled.git.refUpdate", event });
    const all = await readKnotEvents(guard, knot.url, cursor, brief);
    expect(all.ok && all.value.hints.length).toBe(350);
    let from = cursor;
    const counts: number[] = [];
    for (let reading = 0; reading < 3; reading += 1) {
      const some = await readKnotEvents(guard, knot.url, from, { ...brief, maxEvents: 150 });
      if (!some.ok) throw new Error(some.fault);
      counts.push(some.value.hints.length);
      from = some.value.cursor;
    }
    expect(counts).toEqual([150, 150, 50]);
  });

  it("of an old knot names the owner and the repository, and is never taken for the other kind", async () => {
    await oldKnot.createRepository({ ...owner(), name: "elder" });
    const sha = await oldKnot.commit({ owner: "judy.test", name: "elder", files: { a: "1" }, message: "One" });
    const told = await readKnotEvents(guard, oldKnot.url, null, brief);
    const named = { ownerDid: network.people.judy.did, name: "elder" };
    expect(told.ok && told.value.hints).toMatchObject([{ stableId: null, named, ref: "refs/heads/main", after: sha }]);
    // It says no moment, but its keys hold one.
    const nothing = told.ok && (await readKnotEvents(guard, oldKnot.url, told.value.cursor, brief));
    expect(nothing && nothing.ok && nothing.value.hints.length).toBeLessThanOrEqual(1);
  });

  it("gives the pushes to one repository, newest first", async () => {
    const forge = tangledForge(guard, {
      plcUrl: network.plcUrl,
      handleResolverUrl: network.pdsUrl,
      webUrl: "https://tangled.org",
      timeoutMs: 10_000,
    });
    const since = new Date();
    for (const at of [knot, oldKnot]) {
      const { repoDid } = await at.createRepository({ ...owner(), name: "pushed" });
      const one = await at.commit({ repoDid, files: { a: "1" }, message: "One" });
      const two = await at.commit({ repoDid, files: { a: "2" }, message: "Two" });
      const stableId = at === knot ? repoDid : `${repoDid}#${oldKnot.host}`;
      const told = await forge.pushes({ forge: "tangled", stableId, slug: "judy.test/pushed" }, since);
      expect(told.ok && told.value.map((hint) => hint.after)).toEqual([two, one]);
    }
  });

  it.each([
    ["404", "not_found"],
    ["429", "rate_limited"],
    ["503", "server_error"],
    ["hang", "timeout"],
    ["reset", "server_error"],
  ] as const)("that answers %s is a fault, not silence", async (mode, fault) => {
    knot.setMode(mode, { part: "events" });
    expect(await readKnotEvents(guard, knot.url, null, brief)).toMatchObject({ ok: false, fault });
  });

  it("is asked for only where the guard lets us", async () => {
    const before = knot.requests.length;
    const strict = new AddressGuard([]);
    for (const url of [knot.url, "http://169.254.169.254", "https://localhost", "file:///etc/passwd", "no url"])
      expect(await readKnotEvents(strict, url, null, brief)).toMatchObject({ ok: false, fault: "unsafe_url" });
    expect(knot.requests.length).toBe(before);
  });

  it("leads where the checked name led, whatever the name leads to a moment later", async () => {
    const { port } = new URL(knot.url);
    let answers = 0;
    const rebinding = new AddressGuard([`knot.rebind.test:${port}`], async () => {
      answers += 1;
      return [answers === 1 ? "127.0.0.1" : "169.254.169.254"];
    });
    const told = await readKnotEvents(rebinding, `http://knot.rebind.test:${port}`, null, brief);
    expect([told.ok, answers]).toEqual([true, 1]);
  });
});

describe("a hostile knot", () => {
  let server: Server;
  let sockets: WebSocketServer;
  let url: string;
  let guard: AddressGuard;
  let speak: (socket: WebSocket) => void = () => {};
  let refuse: string | null = null;

  beforeAll(async () => {
    server = createServer();
    sockets = new WebSocketServer({ noServer: true });
    server.on("upgrade", (request, socket, head) => {
      if (refuse !== null) return void socket.end(refuse);
      sockets.handleUpgrade(request, socket, head, (client) => speak(client));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    url = `http://${host}`;
    guard = new AddressGuard([host]);
  });
  afterEach(() => {
    refuse = null;
  });
  afterAll(() => {
    for (const client of sockets.clients) client.terminate();
    server.closeAllConnections();
    server.close();
  });

  const sha = "c".repeat(40);
  const event = {
    repo: "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa",
    ref: "refs/heads/main",
    oldSha: "0".repeat(40),
    newSha: sha,
  };
  const said = (more: object = {}) => JSON.stringify({ rkey: "a", nsid: "sh.tangled.git.refUpdate", event, ...more });
  const read = (limits: Partial<KnotEventLimits> = {}) =>
    readKnotEvents(guard, url, "1700000000000000000", { ...brief, ...limits });

  it("that never stops talking is left at the limit of events, of bytes or of time", async () => {
    const endlessly = (ms: number) => (socket: WebSocket) => {
      const timer = setInterval(() => socket.send(said()), ms);
      socket.on("close", () => clearInterval(timer));
    };
    speak = endlessly(1);
    const many = await read({ maxEvents: 20 });
    expect(many.ok && many.value.hints.length).toBe(20);
    const heavy = await read({ maxBytes: said().length * 10 });
    expect(heavy.ok && heavy.value.hints.length).toBe(10);
    speak = endlessly(100);
    const slow = await read({ totalMs: 1000 });
    expect(slow.ok && slow.value.hints.length).toBeGreaterThan(3);
    expect(slow.ok && slow.value.hints.length).toBeLessThan(12);
  });

  it("that sends one giant message is cut off, and what it said before that is kept", async () => {
    speak = (socket) => socket.send("x".repeat(1_000_000));
    expect(await read()).toMatchObject({ ok: false, fault: "too_large" });
    speak = (socket) => {
      socket.send(said());
      setTimeout(() => socket.send("x".repeat(1_000_000)), 100);
    };
    const before = await read();
    expect(before.ok && before.value.hints.length).toBe(1);
  });

  it("that redirects is not followed", async () => {
    refuse = "HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\n\r\n";
    expect(await read()).toMatchObject({ ok: false, fault: "malformed" });
    refuse = "not http at all\r\n\r\n";
    expect((await read()).ok).toBe(false);
  });

  it("cannot push the cursor into the future, nor back", async () => {
    speak = (socket) => {
      socket.send(said({ created: 1 }));
      socket.send(said({ created: "9999999999999999999" }));
      socket.send(said({ created: 7 }).replace(`"created":7`, `"created":1700000000000000123`));
    };
    const told = await read();
    expect(told.ok && told.value.cursor).toBe("1700000000000000123");
  });

  it.each([
    "",
    "null",
    "[]",
    "{",
    said({ nsid: "sh.tangled.pipeline" }),
    said({ event: null }),
    said({ event: "{" }),
    said({ event: { ...event, repo: "judy.test/x" } }),
    said({ event: { ...event, ref: "refs/heads/../x" } }),
    said({ event: { ...event, ref: { toString: 1 } } }),
    said({ event: { ...event, newSha: "HEAD", oldSha: "HEAD" } }),
    // The owner's DID where the repository's should be, and no name with it: nobody knows which is meant.
    said({ event: { repoDid: "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa", ref: "refs/heads/main", newSha: sha } }),
    said({ event: { repoDid: "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa", repoName: "../x", ref: "main", newSha: sha } }),
  ])("hints at nothing with %s", (text) => {
    expect(readKnotEvent(text)?.hint ?? null).toBeNull();
  });
});
