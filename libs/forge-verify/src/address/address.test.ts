import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ask, retryAfterOf } from "./ask.ts";
import { AddressGuard, isPublicAddress } from "./guard.ts";

let server: Server;
let host: string;
let requests = 0;

beforeAll(async () => {
  server = createServer((request, response) => {
    requests += 1;
    const to = new URL(request.url ?? "/", "http://x").searchParams.get("to");
    if (to) return void response.writeHead(302, { location: to }).end();
    if (request.url === "/endless") {
      const pour = setInterval(() => response.write("x".repeat(10_000)), 1);
      return void response.on("close", () => clearInterval(pour));
    }
    if (request.url === "/slow") {
      const drip = setInterval(() => response.write("x"), 20);
      return void response.on("close", () => clearInterval(drip));
    }
    response.end(JSON.stringify({ authorization: request.headers.authorization ?? null }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const limits = { maxBytes: 100_000, timeoutMs: 20_000 };

describe("an address", () => {
  it.each([
    "10.1.2.3",
    "127.0.0.1",
    "169.254.169.254",
    "100.64.0.1",
    "172.31.0.1",
    "192.168.1.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fc00::1",
    "::ffff:10.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::a00:1",
    "2002:a00:1::",
    "2001:db8::1",
    "ff02::1",
  ])("%s is not public", (address) => expect(isPublicAddress(address)).toBe(false));

  it.each(["8.8.8.8", "140.82.121.4", "2606:4700::1111"])("%s is public", (address) =>
    expect(isPublicAddress(address)).toBe(true),
  );

  it.each([
    "http://github.com/x",
    "https://user:password@github.com/x",
    "https://github.com:22/x",
    "ftp://github.com/x",
    "file:///etc/passwd",
    "https://127.0.0.1/x",
    "https://2130706433/x",
    "https://0x7f.1/x",
    "https://[::1]/x",
    "https://[::ffff:127.0.0.1]/x",
    "javascript:alert(1)",
    "not an address",
  ])("%s is refused", async (address) => {
    const guard = new AddressGuard([], () => Promise.resolve(["140.82.121.4"]));
    expect(await guard.check(address)).toEqual({ ok: false, fault: "unsafe_url" });
  });

  it("is refused when any of the addresses behind its name is private", async () => {
    const guard = new AddressGuard([], () => Promise.resolve(["140.82.121.4", "127.0.0.1"]));
    expect(await guard.check("https://rebinding.example/")).toEqual({ ok: false, fault: "unsafe_url" });
    const unknown = new AddressGuard([], () => Promise.reject(new Error("no such name")));
    expect(await unknown.check("https://nowhere.example/")).toEqual({ ok: false, fault: "dns" });
  });
});

describe("a question", () => {
  it("goes only to the address that was checked, not to what the name leads to afterwards", async () => {
    const port = Number(host.split(":")[1]);
    const guard = new AddressGuard([`named.example:${port}`], () => Promise.resolve(["127.0.0.1"]));
    const answer = await ask(guard, { url: `http://named.example:${port}/`, ...limits });
    expect(answer.ok && answer.value.status).toBe(200);
    expect(answer.evidence[0]?.addresses).toEqual(["127.0.0.1"]);
  });

  it("does not follow a redirect into a private network", async () => {
    const guard = new AddressGuard([host]);
    for (const to of ["http://169.254.169.254/latest", "http://127.0.0.1:1/", "file:///etc/passwd"]) {
      const url = `http://${host}/?to=${encodeURIComponent(to)}`;
      const answer = await ask(guard, { url, ...limits, redirects: 3 });
      expect(answer).toMatchObject({ ok: false, fault: "unsafe_url" });
    }
    const loop = `http://${host}/?to=${encodeURIComponent("/?to=/")}`;
    expect(await ask(guard, { url: loop, ...limits, redirects: 1 })).toMatchObject({ ok: false, fault: "malformed" });
  });

  it("asks nobody when the address is not allowed", async () => {
    const before = requests;
    expect(await ask(new AddressGuard(), { url: `http://${host}/`, ...limits })).toMatchObject({ fault: "unsafe_url" });
    expect(requests).toBe(before);
  });

  it("keeps its password from another host", async () => {
    const other = `http://localhost:${host.split(":")[1]}/`;
    const guard = new AddressGuard([host, new URL(other).host], () => Promise.resolve(["127.0.0.1"]));
    const headers = { authorization: "Bearer secret" };
    const url = `http://${host}/?to=${encodeURIComponent(other)}`;
    const answer = await ask(guard, { url, headers, ...limits, redirects: 1 });
    expect(answer.ok && JSON.parse(answer.value.body.toString())).toEqual({ authorization: null });
  });

  it("ends an endless answer by size and a dripping one by time", async () => {
    const guard = new AddressGuard([host]);
    expect(await ask(guard, { url: `http://${host}/endless`, ...limits })).toMatchObject({ fault: "too_large" });
    expect(await ask(guard, { url: `http://${host}/slow`, ...limits, timeoutMs: 300 })).toMatchObject({
      fault: "timeout",
    });
  });

  it("honours the wait a server asks for, within bounds", () => {
    expect(retryAfterOf({ "retry-after": "7" })).toBe(7000);
    expect(retryAfterOf({ "retry-after": "99999999" })).toBe(6 * 3_600_000);
    expect(retryAfterOf({ "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1900" }, new Date(1_000_000))).toBe(
      900_000,
    );
    expect(retryAfterOf({})).toBeUndefined();
  });
});
