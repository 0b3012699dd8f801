import { type ChildProcess, fork } from "node:child_process";
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Addresses, announce, announced } from "./addresses.ts";
import { sessionsFolder } from "./people.ts";

/** Starts the world and keeps it until every journey is over. One that was announced to us already is used as it is. */
export default async function startWorldForRun(): Promise<() => Promise<void>> {
  if (announced()) {
    mkdirSync(sessionsFolder(), { recursive: true });
    return async () => undefined;
  }
  const world = fork(fileURLToPath(new URL("world-process.ts", import.meta.url)), {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    // In a group of its own: Ctrl-C reaches Playwright, and Playwright ends the world.
    detached: true,
    execArgv: [],
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  announce(await whenUp(world));
  mkdirSync(sessionsFolder(), { recursive: true });
  return async () => {
    const ended = new Promise<void>((resolve) => world.once("exit", () => resolve()));
    if (world.exitCode !== null || world.signalCode !== null) return;
    world.kill("SIGTERM");
    await ended;
  };
}

const whenUp = (world: ChildProcess) =>
  new Promise<Addresses>((resolve, reject) => {
    world.once("message", (message) => resolve(message as Addresses));
    world.once("exit", (code) => reject(new Error(`The world of the journeys did not start (${code}).`)));
  });
