/**
 * Winds the story's clock: `npm run clock -- +14d` (or +3h, +30m); without an argument, or with `now`, it says what time it is.
 * Refused while a real service that has a clock of its own takes part.
 */
import { existsSync } from "node:fs";
import path from "node:path";
import { startPostgres } from "./postgres/index.ts";
import { parseShift, readStoryTime, windClock } from "./world/clock.ts";
import { defaultDataDir } from "./world/data-dir.ts";
import { findOccupant } from "./world/occupancy.ts";
import { findRealParts, partsWithOwnClock } from "./world/real-parts.ts";

async function command(argument: string | undefined): Promise<void> {
  const dataDir = defaultDataDir();
  const shift = argument === undefined || argument === "now" ? undefined : parseShift(argument);
  if (process.env["NODE_ENV"] === "production") throw new Error("In production there is only the system's clock.");
  const real = [...findRealParts(process.env), ...(findOccupant(dataDir)?.real ?? [])];
  const apart = new Set(partsWithOwnClock(real));
  if (shift !== undefined && apart.size > 0) {
    throw new Error(`The clock is not wound: ${[...apart].join(", ")} is the real service and would stay behind.`);
  }
  const own = process.env["DATABASE_OWNER_URL"] ?? process.env["DATABASE_URL"];
  if (!own && !existsSync(path.join(dataDir, "postgres")))
    throw new Error("There is no local world yet: npm start makes one.");
  const postgres = own
    ? undefined
    : await startPostgres({ dataDir: path.join(dataDir, "postgres"), databases: ["freehold"] });
  const ownerUrl = own ?? postgres?.ownerUrl("freehold") ?? "";
  try {
    if (shift !== undefined) await windClock(ownerUrl, shift);
    const { now, ahead } = await readStoryTime(ownerUrl);
    console.log(`The story's clock shows ${now.toISOString()} (${ahead} ahead of the system's).`);
  } finally {
    // Only a server that we started ourselves is ours to stop.
    if (postgres && !postgres.attached) await postgres.stop();
  }
}

try {
  await command(process.argv[2]);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
