import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import { createServer as createSocketServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { EvidenceStore } from "../evidence-store.ts";
import { AddressGuard } from "./guard.ts";
import { download, nameOf, visit } from "./visit.ts";

const build = randomBytes(300_000);
const limits = { timeoutMs: 20_000, maxBytes: 64_000 };
let server: Server;
let host: string;
let guard: AddressGuard;
let store: EvidenceStore;
let folder: string;
let asked: string[] = [];
let poured = 0;

const pour = (response: ServerResponse, chunk: Buffer, everyMs: number) => {
  const timer = setInterval(() => {
    poured += chunk.length;
    response.write(chunk);
  }, everyMs);
  response.on("close", () => clearInterval(timer));
};

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "freehold-visit-"));
  store = new EvidenceStore(folder);
  server = createServer((request, response) => {
    asked.push(`${request.url} ${request.headers["accept-encoding"]}`);
    const url = new URL(request.url ?? "/", "http://x");
    const to = url.searchParams.get("to");
    if (to) return void response.writeHead(302, { location: to }).end();
    const status = /^\/status\/(\d+)$/.exec(url.pathname)?.[1];
    if (status) return void response.writeHead(Number(status)).end("said");
    switch (url.pathname) {
      case "/round":
        return void response.writeHead(307, { location: "/round" }).end();
      case "/endless":
        return pour(response, Buffer.alloc(10_000), 1);
      case "/loris":
        return pour(response, Buffer.from("x"), 20);
      case "/silent":
        return;
      case "/cut":
        return void request.socket.destroy();
      case "/claims-much":
        response.writeHead(200, { "content-length": "900000000" });
        return void response.write("x");
      case "/packed":
        return void response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(Buffer.alloc(5_000_000)));
      case "/build":
        response.setHeader("content-disposition", 'attachment; filename="../../etc/larkspur 1.2.tar.gz"');
        return void response.writeHead(200, { "content-type": "application/gzip" }).end(build);
      default:
        return void response.end("<h1>Larkspur</h1>");
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  guard = new AddressGuard([host]);
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

const at = (where: string) => `http://${host}${where}`;
const leftovers = () => readdirSync(path.join(folder, "half"));

test("a page that answers is an answer, whatever its status, and redirects are followed", async () => {
  expect(await visit(guard, at("/x"), limits)).toMatchObject({ ok: true, value: { status: 200, bytes: 17 } });
  for (const status of [401, 404, 503])
    expect(await visit(guard, at(`/status/${status}`), limits)).toMatchObject({ ok: true, value: { status } });
  const moved = await visit(guard, at(`/?to=${encodeURIComponent("/status/418")}`), limits);
  expect(moved).toMatchObject({ ok: true, value: { status: 418 } });
});

test("of an endless page as much is read as is needed, and it counts", async () => {
  poured = 0;
  expect(await visit(guard, at("/endless"), limits)).toMatchObject({ ok: true, value: { status: 200, bytes: 64_000 } });
  expect(poured).toBeLessThan(5_000_000);
});

test("a page that drips, one that says nothing and one that hangs up have not answered", async () => {
  const soon = { ...limits, timeoutMs: 250 };
  expect(await visit(guard, at("/loris"), soon)).toMatchObject({ ok: false, fault: "timeout" });
  expect(await visit(guard, at("/silent"), soon)).toMatchObject({ ok: false, fault: "timeout" });
  expect(await visit(guard, at("/cut"), limits)).toMatchObject({ ok: false, fault: "server_error" });
});

test("a server that changes the protocol, or speaks none, is a fault and not a wait for ever", async () => {
  const words = ["HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n", "SSH-2.0-x\r\n", ""];
  for (const said of words) {
    const odd = createSocketServer((socket) => {
      socket.on("error", () => undefined);
      socket.end(said);
    });
    await new Promise<void>((resolve) => odd.listen(0, "127.0.0.1", resolve));
    const there = `127.0.0.1:${(odd.address() as AddressInfo).port}`;
    const answer = await visit(new AddressGuard([there]), `http://${there}/`, limits);
    expect(answer, JSON.stringify(said)).toMatchObject({ ok: false });
    odd.close();
  }
});

test("no redirect leads inside, and a chain of redirects ends", async () => {
  for (const to of [
    "http://169.254.169.254/latest/meta-data",
    "http://127.0.0.1:5432/",
    "http://[::1]/",
    "https://[::ffff:169.254.169.254]/",
    "https://2852039166/",
    "file:///etc/passwd",
    "gopher://127.0.0.1/",
    `http://user:pass@${host}/`,
    "//169.254.169.254/",
  ]) {
    const url = at(`/?to=${encodeURIComponent(to)}`);
    expect(await visit(guard, url, limits), to).toMatchObject({ ok: false, fault: "unsafe_url" });
    expect(await download(guard, url, store, { maxBytes: 1000, timeoutMs: 5000 }), to).toMatchObject({
      fault: "unsafe_url",
    });
  }
  asked = [];
  expect(await visit(guard, at("/round"), limits)).toMatchObject({ ok: false, fault: "malformed" });
  expect(asked.length).toBeLessThanOrEqual(6);
});

test("a name that leads elsewhere at its second look-up is never asked there", async () => {
  const port = Number(host.split(":")[1]);
  let looks = 0;
  const rebinding = () => Promise.resolve(looks++ === 0 ? ["140.82.121.4"] : ["127.0.0.1"]);
  const named = new AddressGuard([], rebinding);
  expect(await named.check("https://preview.example/")).toMatchObject({ addresses: ["140.82.121.4"] });
  asked = [];
  expect(await visit(named, `https://preview.example:${port}/`, limits)).toMatchObject({ fault: "unsafe_url" });
  expect(asked).toEqual([]);
});

test("a build is kept byte for byte under its hash, with a name that harms nothing", async () => {
  asked = [];
  const answer = await download(guard, at("/build"), store, { maxBytes: 1_000_000, timeoutMs: 20_000 });
  const sha256 = createHash("sha256").update(build).digest("hex");
  expect(answer).toMatchObject({
    ok: true,
    value: { kept: { sha256, bytes: build.length }, name: "larkspur-1.2.tar.gz", contentType: "application/gzip" },
  });
  expect(asked).toEqual(["/build identity"]);
  expect(await store.read(sha256)).toEqual(build);
});

test.each([
  ["/build", { maxBytes: 299_999 }, "too_large"],
  ["/endless", { maxBytes: 100_000 }, "too_large"],
  ["/claims-much", {}, "too_large"],
  ["/packed", {}, "malformed"],
  ["/loris", { timeoutMs: 250 }, "timeout"],
  ["/status/404", {}, "not_found"],
  ["/status/503", {}, "server_error"],
] as const)("of %s nothing is kept within %j: %s", async (where, given, fault) => {
  const bounds = { maxBytes: 1_000_000, timeoutMs: 20_000, ...given };
  expect(await download(guard, at(where), store, bounds)).toMatchObject({ ok: false, fault });
  await expect.poll(leftovers).toEqual([]);
});

test.each([
  ['attachment; filename="build.zip"', "build.zip"],
  ["attachment; filename*=UTF-8''b%C3%BCild.zip", "b-ild.zip"],
  ["attachment; filename=..\\..\\con.exe", "con.exe"],
  ['attachment; filename=".htaccess"', "htaccess"],
  ['attachment; filename="a%0d%0aset-cookie: x=1"', "a-set-cookie-x-1"],
  ["attachment", "app"],
  ["", "app"],
])("%j is called %s", (said, name) =>
  expect(nameOf({ "content-disposition": said }, "https://preview.example/a/app")).toBe(name),
);
