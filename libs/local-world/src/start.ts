/**
 * `npm start`: Freehold and everything around it on this machine, until Ctrl-C. `--dev` rebuilds and restarts what changes.
 */
import { requireNode24 } from "../../../tools/run.ts";
import { announcement } from "./world/announcement.ts";
import { startWorld, type World } from "./world/index.ts";

requireNode24();
const began = performance.now();
const dev = process.argv.includes("--dev");
const wanted = new AbortController();
const stopWanted = new Promise<void>((resolve) => wanted.signal.addEventListener("abort", () => resolve()));

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => wanted.abort());
if (process.env["npm_lifecycle_event"] !== undefined) {
  // npm passes a signal on to its shell only, and a killed npm passes on none: we notice that it is gone.
  const starter = process.ppid;
  setInterval(() => process.ppid !== starter && wanted.abort(), 250).unref();
}

/** Output that nobody reads any more (a closed terminal, a broken pipe) is no reason to leave processes behind. */
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => wanted.abort());

async function run(): Promise<number> {
  let world: World;
  try {
    const log = (step: string) =>
      console.log(`  ${((performance.now() - began) / 1000).toFixed(1).padStart(5)} s  ${step}`);
    console.log("Starting Freehold …");
    world = await startWorld({ signal: wanted.signal, dev, log });
  } catch (error) {
    if (wanted.signal.aborted) return 0;
    console.error(error instanceof Error ? error.message : String(error));
    return 1;
  }
  console.log(announcement(world, (performance.now() - began) / 1000));
  const watcher = dev ? (await import("./world/rebuild.ts")).rebuildOnChange(world, console.log) : undefined;
  const lost = await Promise.race([world.lost, stopWanted]);
  watcher?.close();
  if (lost) console.error(lost);
  else console.log("Stopping …");
  await world.stop();
  return lost ? 1 : 0;
}

process.exit(await run());
