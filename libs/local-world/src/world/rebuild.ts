import { createHash } from "node:crypto";
import { type FSWatcher, globSync, readFileSync, statSync, watch } from "node:fs";
import path from "node:path";
import { appsToBuild, buildApps } from "./build.ts";
import { checkout } from "./data-dir.ts";
import type { World } from "./index.ts";

const settleMs = 250;
const apps = { api: "apps/api/dist", worker: "apps/worker/dist" } as const;
const watched = ["apps/api", "apps/worker", "libs", "prisma"];
const made = /(^|\/)(dist|build|generated|node_modules|\.react-router|\.nx)(\/|$)|~$|\.swp$/;

/** Builds api and worker again whenever a source changes, and restarts the one whose build is another then. The web server sees to itself. */
export function rebuildOnChange(world: World, log: (line: string) => void): { close(): void } {
  let timer: NodeJS.Timeout | undefined;
  let building = Promise.resolve();
  let before = fingerprints();
  const rebuild = async () => {
    try {
      await buildApps(appsToBuild(true));
    } catch (error) {
      log(error instanceof Error ? error.message : String(error));
      return;
    }
    const after = fingerprints();
    const changed = (Object.keys(apps) as (keyof typeof apps)[]).filter((app) => after[app] !== before[app]);
    before = after;
    for (const app of changed) {
      await world.services.restart(app);
      log(`${app} restarted`);
    }
  };
  const onChange = (_event: string, file: string | null) => {
    if (file === null || made.test(file.replaceAll(path.sep, "/"))) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      building = building.then(rebuild).catch((error: unknown) => log(String(error)));
    }, settleMs);
  };
  const watchers: FSWatcher[] = watched.map((folder) =>
    watch(path.join(checkout, folder), { recursive: true }, onChange),
  );
  log("  Watching: api and worker are built and started again when they change; reload a page to see it as it is now.");
  return {
    close() {
      clearTimeout(timer);
      for (const watcher of watchers) watcher.close();
    },
  };
}

/** One hash per app over everything that was built for it. */
function fingerprints(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(apps).map(([app, folder]) => {
      const hash = createHash("sha256");
      for (const file of globSync("**/*", { cwd: path.join(checkout, folder) }).toSorted()) {
        const full = path.join(checkout, folder, file);
        if (statSync(full).isFile()) hash.update(file).update(readFileSync(full));
      }
      return [app, hash.digest("hex")];
    }),
  );
}
