import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import { afterAll, afterEach, expect, test } from "vitest";
import { scratchFolder } from "../scratch-folder.ts";
import { startBalancer } from "./balancer.ts";
import { parseShift } from "./clock.ts";
import { FirstStart } from "./first-start.ts";
import { startWorld } from "./index.ts";
import { findOccupant, occupy } from "./occupancy.ts";
import { freePort, keepPorts, portIsFree } from "./ports.ts";
import { startWaitingPage } from "./waiting-page.ts";
import { findRealParts, partsWithOwnClock } from "./real-parts.ts";

const folder = scratchFolder();
const open: net.Server[] = [];

afterAll(() => folder.remove());

afterEach(async () => {
  for (const server of open.splice(0)) await new Promise((resolve) => server.close(resolve));
});

async function listen(port: number, onConnection?: (socket: net.Socket) => void): Promise<void> {
  const server = net.createServer(onConnection);
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  open.push(server);
}

test("ports stay the same from start to start", async () => {
  const file = path.join(folder.path, "same.json");
  const first = await keepPorts(file, "/one", { web: 0 });
  expect(await keepPorts(file, "/one", {})).toEqual(first);
  expect(new Set(Object.values(first)).size).toBe(Object.keys(first).length);
});

test("the web server steps over a taken port; a port that records name is not moved but named", async () => {
  const file = path.join(folder.path, "taken.json");
  const first = await keepPorts(file, "/two", { web: 0 });
  await listen(first.web);
  expect((await keepPorts(file, "/two", {})).web).toBeGreaterThan(first.web);
  await listen(first.pds);
  await expect(keepPorts(file, "/two", {}, 300)).rejects.toThrow(`Port ${first.pds} (the ATProto host) is taken`);
});

test("a part is real when all of its variables are set, and half a part is refused", () => {
  expect(findRealParts({})).toEqual(new Set());
  expect(
    findRealParts({ REDIS_URL: "redis://somewhere", PLC_URL: "https://plc.directory", PDS_URL: "https://a.host" }),
  ).toEqual(new Set(["redis", "atproto"]));
  expect(() => findRealParts({ STRIPE_SECRET_KEY: "sk_test_1" })).toThrow(/set STRIPE_WEBHOOK_SECRET as well/);
  expect(partsWithOwnClock(["redis", "database"])).toEqual([]);
  expect(partsWithOwnClock(["redis", "stripe"])).toEqual(["stripe"]);
});

test("production is refused in one sentence", async () => {
  await expect(startWorld({ dataDir: folder.path, env: { NODE_ENV: "production" } })).rejects.toThrow(
    /not for production/,
  );
});

test("two worlds do not share a data folder, and a dead one does not keep it", () => {
  const dataDir = folder.path;
  const mine = occupy(dataDir, []);
  mine.announce("http://127.0.0.1:4000");
  expect(findOccupant(dataDir)).toMatchObject({ pid: process.pid, url: "http://127.0.0.1:4000" });
  const written = JSON.parse(readFileSync(path.join(dataDir, "occupant.json"), "utf8")) as { began: string };
  expect(written.began, "a later process with the same number is told apart").not.toBe("");
  mine.leave();
  expect(findOccupant(dataDir)).toBeUndefined();
});

test("a first start that was killed half way is cleared away; one that came up is kept", async () => {
  const dataDir = path.join(folder.path, "first");
  mkdirSync(dataDir);
  const half = path.join(dataDir, "half-a-story");
  await new FirstStart(dataDir).begin();
  writeFileSync(half, "");
  const second = new FirstStart(dataDir);
  await second.begin();
  expect(existsSync(half)).toBe(false);
  writeFileSync(path.join(dataDir, "ports.json"), "{}");
  writeFileSync(half, "now a whole one");
  second.seeded();
  second.finished();
  const third = new FirstStart(dataDir);
  await third.begin();
  expect(existsSync(half)).toBe(true);
  expect(third.isSeeded).toBe(true);
});

test("early visitors are told to wait, on the port that the web server then takes over", async () => {
  const port = await freePort();
  const waiting = await startWaitingPage(port);
  const answer = await fetch(`http://127.0.0.1:${port}/anything`);
  expect(answer.status).toBe(503);
  expect(await answer.text()).toContain("Freehold is starting");
  await waiting.close();
  expect(await portIsFree(port)).toBe(true);
});

test("the clock takes steps forward and nothing else", () => {
  expect(parseShift("+14d")).toBe("14 days");
  expect(parseShift("+3h")).toBe("3 hours");
  expect(parseShift("+30m")).toBe("30 minutes");
  for (const wrong of ["-1d", "14d", "+d", "+1y", "+1.5h", "+1d'; DROP TABLE party", ""]) {
    expect(() => parseShift(wrong), wrong).toThrow(/no step forward/);
  }
});

test("a balancer takes turns", async () => {
  const targets = [await freePort(), await freePort()];
  for (const port of targets) await listen(port, (socket) => socket.end(String(port)));
  const port = await freePort();
  const balancer = await startBalancer(port, targets);
  const ask = () =>
    new Promise<number>((resolve) => net.connect(port, "127.0.0.1").on("data", (text) => resolve(Number(text))));
  expect([await ask(), await ask(), await ask()]).toEqual([targets[0], targets[1], targets[0]]);
  await balancer.close();
  expect(await portIsFree(port)).toBe(true);
});
