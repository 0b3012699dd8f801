import { fork } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Addresses, announce } from "./addresses.ts";
import { sessionsFolder } from "./people.ts";

/** Starts the world and keeps it until every journey is over. */
export default async function startWorldForRun(): Promise<() => Promise<void>> {
  const world = fork(fileURLToPath(new URL("world-process.ts", import.meta.url)), {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    // In a group of its own: Ctrl-C reaches Playwright, and Playwright ends the world.
    detached: true,
    execArgv: [],
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  const ended = new Promise<void>((resolve) => world.once("exit", () => resolve()));
  const addresses = await new Promise<Addresses>((resolve, reject) => {
    world.once("message", (message) => resolve(message as Addresses));
    world.once("exit", (code) => reject(new Error(`The world of the journeys did not start (${code}).`)));
  });
  announce(addresses);
  rmSync(sessionsFolder(), { recursive: true, force: true });
  mkdirSync(sessionsFolder(), { recursive: true });
  return async () => {
    world.kill("SIGTERM");
    await ended;
  };
}
