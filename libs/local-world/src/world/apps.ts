import path from "node:path";
import { startBalancer } from "./balancer.ts";
import { checkout } from "./data-dir.ts";
import type { DatabaseAddresses, Ground } from "./foundations.ts";
import { freePort } from "./ports.ts";
import { partsWithOwnClock } from "./real-parts.ts";
import type { Service } from "./supervisor.ts";

/** How many processes of each run side by side. */
export interface Crew {
  api: number;
  worker: number;
  /** The web server builds each page when it is asked for. */
  dev: boolean;
}

/**
 * Starts api and worker, and the web server last, when there is something for it to ask. Several of a kind are called `api`, `api-2`, …;
 * the web server then reaches the apis through a balancer.
 */
export async function startApps(
  ground: Ground,
  environment: NodeJS.ProcessEnv,
  database: DatabaseAddresses,
  crew: Crew,
): Promise<void> {
  const { ports, supervisor, cleanup } = ground;
  // The apps end before what they talk to.
  cleanup.defer(() => supervisor.stop());
  const apiPorts = crew.api === 1 ? [ports.api] : await freePorts(crew.api);
  const workerPorts = [ports.worker, ...(await freePorts(crew.worker - 1))];
  // The staff page that winds the clock does so as the owner: what runs may not.
  const winding = partsWithOwnClock(ground.real).length === 0 ? { DATABASE_OWNER_URL: database.ownerUrl } : {};
  if (apiPorts.length > 1) {
    const balancer = await startBalancer(ports.api, apiPorts);
    cleanup.defer(() => balancer.close());
  }
  await Promise.all([
    ...apiPorts.map((port, index) => supervisor.start(api(nameOf("api", index), port, { ...environment, ...winding }))),
    ...workerPorts.map((port, index) => supervisor.start(worker(nameOf("worker", index), port, environment))),
  ]);
  await supervisor.start({
    name: "web",
    args: crew.dev ? ["server.mjs", "--dev"] : ["server.mjs"],
    cwd: path.join(checkout, "apps/web"),
    env: { ...environment, PORT: String(ports.web) },
    health: `http://127.0.0.1:${ports.web}/health`,
  });
}

const nameOf = (kind: string, index: number) => (index === 0 ? kind : `${kind}-${index + 1}`);

const freePorts = (count: number) => Promise.all(Array.from({ length: count }, () => freePort()));

function api(name: string, port: number, environment: NodeJS.ProcessEnv): Service {
  return {
    name,
    args: ["dist/main.js"],
    cwd: path.join(checkout, "apps/api"),
    env: { ...environment, PORT: String(port) },
    health: `http://127.0.0.1:${port}/api/health`,
  };
}

function worker(name: string, port: number, environment: NodeJS.ProcessEnv): Service {
  return {
    name,
    args: ["dist/main.js"],
    cwd: path.join(checkout, "apps/worker"),
    env: { ...environment, WORKER_PORT: String(port) },
    health: `http://127.0.0.1:${port}/health`,
  };
}
