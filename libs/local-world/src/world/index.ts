import { existsSync } from "node:fs";
import path from "node:path";
import type { AtprotoNetwork } from "../atproto/index.ts";
import type { StripeSimulator } from "../stripe/index.ts";
import { startApps } from "./apps.ts";
import { appsToBuild, buildApps } from "./build.ts";
import { checkout, defaultDataDir, prepareDataDir, prepareParts } from "./data-dir.ts";
import { environmentOfApps } from "./environment.ts";
import { FirstStart } from "./first-start.ts";
import { type Forges, startForges } from "./forges.ts";
import { type DatabaseAddresses, type Ground, startDatabase, startNetwork, startQueue } from "./foundations.ts";
import { occupy } from "./occupancy.ts";
import { type LocalPreview, startPreview } from "../preview/index.ts";
import { keepPorts, type Ports } from "./ports.ts";
import { findRealParts, type Part } from "./real-parts.ts";
import { keepSecrets } from "./secrets.ts";
import { runSeed } from "./seed.ts";
import { StoryClock } from "./story-clock.ts";
import { startStripe } from "./stripe.ts";
import { Supervisor } from "./supervisor.ts";
import { startWaitingPage } from "./waiting-page.ts";

export interface WorldOptions {
  /** Where everything is kept; this checkout's own folder unless told. */
  dataDir?: string;
  /** Ports to prefer, 0 for any free one. Those that are written into records stay as first chosen. */
  ports?: Partial<Ports>;
  /** How many processes of each: one unless told. */
  api?: number;
  worker?: number;
  /** Serves the pages from their sources, through Vite; what `rebuildOnChange` builds again are then api and worker. */
  dev?: boolean;
  /** False when api, worker and web are built already. */
  build?: boolean;
  /** False leaves the market empty: no story has been told in it. */
  seed?: boolean;
  /** False keeps the queue in PostgreSQL even if a Redis server is on PATH. */
  redis?: boolean;
  /** Further variables for the environment of the apps. */
  env?: Record<string, string>;
  /** Gives up and leaves nothing running, when it fires before everything is up. */
  signal?: AbortSignal;
  /** Told about each step; nothing is printed otherwise. */
  log?: (line: string) => void;
}

/** A Freehold that runs on this machine, with everything around it. */
export interface World {
  /** The one origin people see, PUBLIC_URL. */
  url: string;
  dataDir: string;
  ports: Ports;
  real: Set<Part>;
  database: DatabaseAddresses;
  redisUrl: string | undefined;
  /** Undefined when a real network is given; so with the others. */
  network: AtprotoNetwork | undefined;
  forges: Forges;
  stripe: StripeSimulator | undefined;
  /** Where the developers of the local world show what they built. */
  preview: LocalPreview;
  /** What the apps were told. */
  environment: NodeJS.ProcessEnv;
  /** The running processes: `api`, `api-2`, `worker`, `web`, `atproto`. */
  services: Pick<Supervisor, "kill" | "restart" | "start">;
  /** Resolves with a message when a service ends by itself; the world is to be stopped then. */
  lost: Promise<string>;
  /** Ends everything, PostgreSQL included. */
  stop(): Promise<void>;
}

/**
 * Starts Freehold with a local internet around it: database, queue, ATProto network, forges, Stripe simulator, then api, worker and web.
 * Each part is left out when its environment variables name a real one. Nothing is left running when a step fails.
 */
export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const given = { ...process.env, ...options.env };
  if (given["NODE_ENV"] === "production") {
    throw new Error(
      "The local world is not for production: there, api, worker and web run by themselves (see docker-compose.yml).",
    );
  }
  const real = findRealParts(given);
  const dataDir = path.resolve(options.dataDir ?? defaultDataDir());
  prepareDataDir(dataDir);
  const cleanup = new AsyncDisposableStack();
  try {
    const signal = options.signal ?? new AbortController().signal;
    const place = occupy(dataDir, [...real]);
    cleanup.defer(place.leave);
    const firstStart = new FirstStart(dataDir);
    await firstStart.begin();
    prepareParts(dataDir);
    const lost = Promise.withResolvers<string>();
    const supervisor = new Supervisor(path.join(dataDir, "logs"), signal, lost.resolve);
    const ports = await keepPorts(path.join(dataDir, "ports.json"), dataDir, options.ports ?? {});
    const ground: Ground = { dataDir, ports, real, given, supervisor, cleanup, signal };
    const world = await assemble(ground, firstStart, options);
    firstStart.finished();
    place.announce(world.url);
    const stop = async () => cleanup.disposeAsync();
    return { ...world, services: supervisor, lost: lost.promise, stop };
  } catch (error) {
    await cleanup.disposeAsync();
    throw error;
  }
}

async function assemble(
  ground: Ground,
  firstStart: FirstStart,
  options: WorldOptions,
): Promise<Omit<World, "services" | "lost" | "stop">> {
  const { dataDir, ports, real, signal } = ground;
  const reached = (step: string) => {
    signal.throwIfAborted();
    options.log?.(step);
  };
  const publicUrl = `http://127.0.0.1:${ports.web}`;
  const waiting = await startWaitingPage(ports.web);
  ground.cleanup.defer(() => waiting.close());
  const secrets = keepSecrets(path.join(dataDir, "secrets.json"));

  // One after the other what is expensive, so that two cores are not fought over; the build runs beside it.
  const built =
    options.build === false
      ? Promise.resolve()
      : buildApps(appsToBuild(options.dev === true), signal).then(() => reached("api, worker and web built"));
  built.catch(() => undefined);
  const database = await startDatabase(ground);
  reached("PostgreSQL");
  const redisUrl = await startQueue(ground, database, options.redis !== false);
  ground.cleanup.defer(() => ground.supervisor.stop());
  const network = await startNetwork(ground);
  reached("ATProto network");
  const clock = new StoryClock(database.appUrl);
  ground.cleanup.defer(() => clock.stop());
  await clock.start();
  const forges = await startForges(ground, clock, network, { publicUrl, secrets });
  const stripe = await startStripe(ground, clock, { publicUrl, secrets });
  const preview = await startPreview({ port: ports.preview });
  ground.cleanup.defer(() => preview.close());
  reached("git forges, previews and Stripe simulator");
  await built;

  const environment = environmentOfApps(ground, {
    publicUrl,
    database,
    redisUrl,
    network,
    forges,
    stripeUrl: stripe?.url,
    previewUrl: preview.url,
    secrets,
  });
  const seed = path.join(checkout, "prisma/seed.ts");
  // A database of one's own may have been emptied since; the script looks for itself.
  const done = firstStart.isSeeded && !real.has("database");
  if (options.seed !== false && !done && existsSync(seed)) {
    await runSeed(seed, environment, database.ownerUrl, signal);
    firstStart.seeded();
    reached("seed");
  }
  signal.throwIfAborted();
  await waiting.close();
  await startApps(ground, environment, database, {
    api: options.api ?? 1,
    worker: options.worker ?? 1,
    dev: options.dev ?? false,
  });
  return { url: publicUrl, dataDir, ports, real, database, redisUrl, network, forges, stripe, preview, environment };
}
