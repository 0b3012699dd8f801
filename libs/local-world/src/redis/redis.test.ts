import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { Redis } from "ioredis";
import { afterAll, expect, test } from "vitest";
import { scratchFolder } from "../scratch-folder.ts";
import { startRedis } from "./index.ts";

const folder = scratchFolder();
const dataDir = path.join(folder.path, "redis");
const index = path.join(import.meta.dirname, "index.ts");

afterAll(() => folder.remove());

/** Starts Redis from another process, which then waits. */
async function startElsewhere() {
  const program = `import { startRedis } from ${JSON.stringify(index)};
    const redis = await startRedis({ dataDir: ${JSON.stringify(dataDir)} });
    process.send(redis?.url ?? "none"); setInterval(() => {}, 1000);`;
  const starter = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const [url] = (await once(starter, "message")) as [string];
  return { starter, url };
}

const installed = (await startRedis({ dataDir: path.join(folder.path, "probe") })) ?? undefined;
await installed?.stop();

test.runIf(installed)("jobs outlive a SIGKILL of whoever started Redis, and Redis does not outlive them", async () => {
  const { starter, url } = await startElsewhere();
  const client = new Redis(url);
  client.on("error", () => undefined);
  await client.rpush("jobs", "settle");
  starter.kill("SIGKILL");
  await expect.poll(() => client.status, { timeout: 10_000 }).not.toBe("ready");
  client.disconnect();

  const again = await startRedis({ dataDir });
  const reader = new Redis(again?.url ?? "");
  expect(await reader.lrange("jobs", 0, -1)).toEqual(["settle"]);
  reader.disconnect();
  await again?.stop();
});

test.runIf(installed)("Redis asks for a password", async () => {
  const redis = await startRedis({ dataDir: path.join(folder.path, "locked") });
  const stranger = new Redis(redis?.port ?? 0, "127.0.0.1", { maxRetriesPerRequest: 0 });
  stranger.on("error", () => undefined);
  await expect(stranger.get("anything")).rejects.toThrow(/NOAUTH/);
  stranger.disconnect();
  await redis?.stop();
});

test("without a Redis on PATH there is none, and nothing fails", async () => {
  const before = process.env["PATH"];
  process.env["PATH"] = "/nonexistent";
  try {
    expect(await startRedis({ dataDir: path.join(folder.path, "none") })).toBeNull();
  } finally {
    process.env["PATH"] = before;
  }
});
