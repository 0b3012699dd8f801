import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import { scratchFolder } from "./scratch-folder.ts";
import { checkout } from "./world/data-dir.ts";
import { findOccupant } from "./world/occupancy.ts";

const folder = scratchFolder();
const dataDir = path.join(folder.path, "world");

interface Start {
  npm: ChildProcess;
  output: () => string;
}

/** One of the commands of package.json, on a data folder of our own, in a process group of its own as a terminal would make one. */
function npm(...args: string[]): Start {
  const npm = spawn("npm", args, {
    cwd: checkout,
    env: { ...process.env, FREEHOLD_DATA_DIR: dataDir, NODE_ENV: "development", VITEST: undefined },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let output = "";
  npm.stdout.on("data", (text) => (output += text));
  npm.stderr.on("data", (text) => (output += text));
  return { npm, output: () => output };
}

/** The address that `npm start` prints when everything is up. */
async function up({ npm, output }: Start): Promise<string> {
  while (npm.exitCode === null) {
    const [, url] = /Freehold is up: (\S+)/.exec(output()) ?? [];
    if (url) return url;
    await delay(100);
  }
  throw new Error(`npm start ended: ${output()}`);
}

/** Every process that belongs to this world: all of them name its folder, in their arguments or in their environment. */
function processesOfWorld(): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => ["cmdline", "environ"].some((what) => read(`/proc/${pid}/${what}`).includes(dataDir)))
    .map((pid) => `${pid} ${read(`/proc/${pid}/cmdline`).replaceAll("\0", " ")}`);
}

function read(file: string): string {
  try {
    return readFileSync(file, "latin1");
  } catch {
    return "";
  }
}

async function command(...args: string[]): Promise<string> {
  const { npm: child, output } = npm(...args);
  await once(child, "close");
  return output();
}

const allGone = { timeout: 40_000, interval: 100 };

afterAll(async () => {
  await command("run", "world:reset");
  folder.remove();
});

test.runIf(process.platform === "linux")(
  "npm start: up, killed, up again with its data, wound, and gone with Ctrl-C",
  { timeout: 420_000 },
  async () => {
    const first = npm("start");
    const address = await up(first);
    expect((await fetch(`${address}/health`)).status).toBe(200);
    expect(first.output()).toMatch(/Backers +alice, bob, carla/);
    const host = /ATProto host +(\S+)/.exec(first.output())?.[1];
    const didOf = async (name: string) =>
      (await (await fetch(`${host}/xrpc/com.atproto.identity.resolveHandle?handle=${name}.test`)).json()) as object;
    const alice = await didOf("alice");

    const again = npm("start");
    await once(again.npm, "close");
    expect(again.output(), "a second start says where the first one is").toContain(`runs already: ${address}`);

    process.kill(findOccupant(dataDir)?.pid ?? 0, "SIGKILL");
    const began = performance.now();
    const second = npm("start");
    expect(await up(second)).toBe(address);
    // Told, not judged: how long it takes depends on what else the machine does meanwhile.
    console.info(`the second start was up after ${Math.round((performance.now() - began) / 1000)} s`);
    expect(await didOf("alice")).toEqual(alice);

    expect(await command("run", "clock", "--", "+14d")).toMatch(/14 days ahead/);
    expect(await command("run", "clock", "--", "-1d")).toMatch(/no step forward/);

    process.kill(-(second.npm.pid ?? 0), "SIGINT");
    await expect.poll(processesOfWorld, allGone).toEqual([]);
    expect(await command("run", "clock"), "the clock stays wound").toMatch(/14 days ahead/);

    const third = npm("start");
    await up(third);
    third.npm.kill("SIGKILL");
    await expect.poll(processesOfWorld, { ...allGone, message: "nothing outlives a killed npm" }).toEqual([]);

    for (const halfWayMs of [600, 1500, 4000]) {
      const interrupted = npm("start");
      await delay(halfWayMs);
      process.kill(-(interrupted.npm.pid ?? 0), "SIGINT");
      await expect.poll(processesOfWorld, { ...allGone, message: "Ctrl-C half way leaves nothing" }).toEqual([]);
    }

    expect(await command("run", "world:reset")).toContain(`Deleted ${dataDir}`);
  },
);
