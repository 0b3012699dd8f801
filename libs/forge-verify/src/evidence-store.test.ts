import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, it } from "vitest";
import { EvidenceStore } from "./evidence-store.ts";
import type { RequestRecord } from "./evidence.ts";
import { reportOn } from "./report.ts";

const folder = mkdtempSync(path.join(tmpdir(), "evidence-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const inPlace = (dir: string) =>
  readdirSync(dir, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());

it("keeps nothing more when the disk is nearly full: that is a fault of ours, and nothing is left behind", async () => {
  const dir = path.join(folder, "full");
  const { sha256 } = await new EvidenceStore(dir, { minFreeBytes: 0 }).put(Buffer.from("kept before"));
  const full = new EvidenceStore(dir, { minFreeBytes: 1e15 });
  const ours = { fault: "server_error" };
  await expect(full.put(Buffer.from("more"))).rejects.toMatchObject(ours);
  await expect(full.keep([Buffer.from("more")], 100)).rejects.toMatchObject(ours);
  expect(inPlace(dir)).toHaveLength(1);
  // What is here already needs no room, and is still read.
  expect(await full.put(Buffer.from("kept before"))).toEqual({ sha256, bytes: 11 });
  expect((await full.read(sha256))?.toString()).toBe("kept before");
});

it("leaves no half behind when a stream breaks, and sweeps away those that a killed process left a day ago", async () => {
  const dir = path.join(folder, "halves");
  const halves = path.join(dir, "half");
  mkdirSync(halves, { recursive: true });
  for (const [name, hours] of [
    ["old", 25],
    ["young", 23],
  ] as const) {
    writeFileSync(path.join(halves, name), "half");
    const at = new Date(Date.now() - hours * 3_600_000);
    utimesSync(path.join(halves, name), at, at);
  }
  const store = new EvidenceStore(dir, { minFreeBytes: 0 });
  expect(readdirSync(halves)).toEqual(["young"]);
  const broken = async function* () {
    yield Buffer.from("some");
    await Promise.reject(new Error("cut"));
  };
  await expect(store.keep(broken(), 100)).rejects.toThrow("cut");
  expect(await store.keep([Buffer.alloc(60), Buffer.alloc(60)], 100)).toEqual({ fault: "too_large" });
  expect(readdirSync(halves)).toEqual(["young"]);
});

it("keeps of a glance only short answers, of a whole look all of them; the hash stands in the report anyhow", async () => {
  const store = new EvidenceStore(path.join(folder, "glances"), { minFreeBytes: 0 });
  const record = (body: Buffer): RequestRecord => {
    const bodySha256 = createHash("sha256").update(body).digest("hex");
    return { method: "GET", url: "https://knot.example", status: 200, bodySha256, body };
  };
  const requests = [record(Buffer.alloc(300_000, 1)), record(Buffer.alloc(200_000, 2))];
  const [long, short] = requests.map((one) => one.bodySha256!) as [string, string];
  const seen = [{ check: "mirror" as const, at: "2026-05-01T12:00:00Z", facts: { fault: "gap" as const }, requests }];
  const repository = { forge: "tangled" as const, stableId: "did:plc:x", slug: "x/y" };
  const looked = { repository, baseline: { digest: "b" }, at: new Date(), commit: "c", branch: "main" };
  const glance = await reportOn(seen, { ...looked, phase: "glance" }, store);
  expect(glance.observations[0]?.requests.map((one) => one.bodySha256)).toEqual([long, short]);
  expect([await store.has(long), await store.has(short)]).toEqual([false, true]);
  await reportOn(seen, { ...looked, phase: "recheck" }, store);
  expect(await store.has(long)).toBe(true);
  expect(existsSync(path.join(store.dir, "half"))).toBe(true);
});
