import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Redis } from "ioredis";
import { freePort } from "../world/ports.ts";

export interface LocalRedis {
  url: string;
  port: number;
  /** The program that was found: `redis-server` or `valkey-server`. */
  program: string;
  stop(): Promise<void>;
}

/**
 * Runs the server as a child and ends it when our end of its standard input closes, which happens however we end.
 * (A Redis server does not notice by itself that its starter is gone.)
 */
const leashed =
  'exec 3<&0; "$@" 3<&- & server=$!; (cat <&3 >/dev/null; kill "$server") & wait "$server"; kill "$!" 2>/dev/null';

/**
 * A Redis of our own on 127.0.0.1, with an append-only file in `dataDir` so that jobs survive a crash; null when neither
 * `redis-server` nor `valkey-server` is on PATH, or the one that is does not run. It lives exactly as long as this process.
 */
export async function startRedis(options: { dataDir: string; port?: number }): Promise<LocalRedis | null> {
  const program = ["redis-server", "valkey-server"].find((name) => spawnSync(name, ["--version"]).status === 0);
  if (program === undefined || process.platform === "win32") return null;
  const folder = path.resolve(options.dataDir);
  mkdirSync(folder, { recursive: true });
  const port = options.port ?? (await freePort());
  const password = keepPassword(path.join(folder, "password"));
  const config = path.join(folder, "redis.conf");
  writeFileSync(config, configuration(folder, port, password), { mode: 0o600 });

  const child = spawn("sh", ["-c", leashed, "sh", program, config], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const stop = async () => {
    child.stdin.end();
    await ended;
  };
  const url = `redis://:${password}@127.0.0.1:${port}`;
  while (child.exitCode === null) {
    if (await answers(url)) return { url, port, program, stop };
    await delay(50);
  }
  return null;
}

function keepPassword(file: string): string {
  if (!existsSync(file)) writeFileSync(file, randomBytes(18).toString("base64url"), { mode: 0o600 });
  return readFileSync(file, "utf8");
}

function configuration(folder: string, port: number, password: string): string {
  const lines = [
    "bind 127.0.0.1",
    `port ${port}`,
    `dir "${folder}"`,
    `requirepass ${password}`,
    "appendonly yes",
    "appendfsync everysec",
    // BullMQ's keys are not a cache: better refuse than forget.
    "maxmemory-policy noeviction",
    'save ""',
    `logfile "${path.join(folder, "redis.log")}"`,
  ];
  return `${lines.join("\n")}\n`;
}

async function answers(url: string): Promise<boolean> {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 });
  client.on("error", () => undefined);
  try {
    await client.connect();
    // While it reads its append-only file back it accepts connections and answers LOADING.
    return (await client.ping()) === "PONG";
  } catch {
    return false;
  } finally {
    client.disconnect();
  }
}
