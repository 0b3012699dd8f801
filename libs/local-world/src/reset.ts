/** `npm run world:reset`: ends this checkout's local world if it runs, and deletes everything it keeps. */
import { existsSync, rmSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { stopPostgres } from "./postgres/index.ts";
import { defaultDataDir } from "./world/data-dir.ts";
import { findOccupant } from "./world/occupancy.ts";

const dataDir = defaultDataDir();
const occupant = findOccupant(dataDir);
if (occupant) {
  process.kill(occupant.pid, "SIGTERM");
  for (let waited = 0; waited < 300 && findOccupant(dataDir); waited++) await delay(100);
}
if (existsSync(path.join(dataDir, "ports.json"))) {
  await stopPostgres(path.join(dataDir, "postgres"));
  rmSync(dataDir, { recursive: true, force: true });
  console.log(`Deleted ${dataDir}. The next npm start begins anew.`);
} else console.log(`There is nothing to delete (${dataDir}).`);
