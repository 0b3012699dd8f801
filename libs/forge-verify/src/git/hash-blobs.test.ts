import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { hashBlobs } from "./hash-blobs.ts";
import { GitJail } from "./jail.ts";
import { Mirror } from "./mirror.ts";

const folder = mkdtempSync(path.join(tmpdir(), "hash-blobs-"));
const patience = { fetchTimeoutMs: 60_000, readTimeoutMs: 60_000 };
const limits = { maxPackBytes: 1e9, maxMirrorBytes: 1e9, minFreeBytes: 0, ...patience };
const mirror = new Mirror(path.join(folder, "one.git"), new GitJail(folder), limits);
const store = (command: string) =>
  execFileSync("sh", ["-c", `${command} | git -c core.compression=1 hash-object -w --stdin`], { cwd: mirror.dir })
    .toString()
    .trim();

beforeAll(() => mirror.prepare());
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("hashes empty, small and many blobs, each once, and leaves out what is no blob or not here", async () => {
  const texts = ["", "\n", "a\nb", "1".repeat(200_000), ...Array.from({ length: 300 }, (_, n) => `${n}\n`)];
  const oids = texts.map((text) => {
    const input = { input: text, cwd: mirror.dir };
    return execFileSync("git", ["hash-object", "-w", "--stdin"], input).toString().trim();
  });
  const tree = execFileSync("git", ["mktree"], { input: "", cwd: mirror.dir }).toString().trim();
  const hashes = await hashBlobs(mirror, [...oids, "f".repeat(40), tree, "--batch-all-objects", oids[0]!]);
  expect(hashes.size).toBe(texts.length);
  for (const [place, text] of texts.entries())
    expect(hashes.get(oids[place]!)).toBe(createHash("sha256").update(text).digest("hex"));
});

it("holds no blob in memory, and stops before it reads more than its limit", async () => {
  const size = 256_000_000;
  const big = store(`head -c ${size} /dev/zero`);
  const before = process.memoryUsage().rss;
  let peak = 0;
  const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 20);
  const hashes = await hashBlobs(mirror, [big]);
  clearInterval(watch);
  expect(hashes.get(big)).toMatch(/^[0-9a-f]{64}$/);
  expect(peak).toBeGreaterThan(0);
  expect(peak - before).toBeLessThan(size / 2);
  await expect(hashBlobs(mirror, [big], size - 1)).rejects.toMatchObject({ fault: "too_large" });
});
