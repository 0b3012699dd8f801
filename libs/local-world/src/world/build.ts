import { createRequire } from "node:module";
import { generateClient } from "../../../../tools/prisma.ts";
import { runToEnd } from "./child.ts";

/** The projects that have to be built, the seed among them: in development the web server serves its sources. */
export function appsToBuild(dev: boolean): string[] {
  return ["@freehold/api", "@freehold/worker", "@freehold/testing", ...(dev ? [] : ["@freehold/web"])];
}

/** Builds apps and what they need. What has not changed since comes from Nx's cache. */
export async function buildApps(projects: string[], signal?: AbortSignal): Promise<void> {
  generateClient();
  const nx = createRequire(import.meta.url).resolve("nx");
  // The daemon and the plugin workers would outlive a start that is given up, and cost more than they save here.
  const env = {
    ...process.env,
    NX_DAEMON: "false",
    NX_TUI: "false",
    NX_ISOLATE_PLUGINS: "false",
    NODE_ENV: "production",
  };
  await runToEnd(
    [nx, "run-many", "-t", "build", "--outputStyle=static", "-p", projects.join(",")],
    env,
    "The build failed (npm run build):",
    signal,
  );
}
