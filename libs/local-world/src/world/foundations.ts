import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { migrate } from "../../../../tools/migrate.ts";
import { connectAtprotoNetwork, type AtprotoNetwork } from "../atproto/index.ts";
import { type Postgres, startPostgres } from "../postgres/index.ts";
import { roles } from "../postgres/passwords.ts";
import { startRedis } from "../redis/index.ts";
import type { Ports } from "./ports.ts";
import type { Part } from "./real-parts.ts";
import type { Supervisor } from "./supervisor.ts";

const queueDatabase = "freehold_queue";

/** What every part of the world is started with. */
export interface Ground {
  dataDir: string;
  ports: Ports;
  real: Set<Part>;
  /** The environment that we were started with. */
  given: NodeJS.ProcessEnv;
  supervisor: Supervisor;
  /** What is called, last one first, when the world stops. */
  cleanup: AsyncDisposableStack;
  /** Fires when somebody wants the start to be given up. */
  signal: AbortSignal;
}

export interface DatabaseAddresses {
  /** `freehold_owner`. */
  ownerUrl: string;
  /** `freehold_app`. */
  appUrl: string;
  /** `freehold_app` in a database of its own, where the queue lives when there is no Redis. */
  queueUrl: string | undefined;
}

/** PostgreSQL with the migrated database `freehold`; the server of DATABASE_URL when that is set. */
export async function startDatabase(ground: Ground): Promise<DatabaseAddresses> {
  const addresses = ground.real.has("database") ? givenDatabase(ground.given) : await ownDatabase(ground);
  await migrate(addresses.ownerUrl);
  return addresses;
}

function givenDatabase(given: NodeJS.ProcessEnv): DatabaseAddresses {
  const appUrl = given["DATABASE_URL"] ?? "";
  return { appUrl, ownerUrl: given["DATABASE_OWNER_URL"] ?? appUrl, queueUrl: given["QUEUE_DATABASE_URL"] };
}

async function ownDatabase({ dataDir, cleanup }: Ground): Promise<DatabaseAddresses> {
  const postgres = await startPostgres({
    dataDir: path.join(dataDir, "postgres"),
    databases: ["freehold", queueDatabase],
  });
  await permitSchemas(postgres.ownerUrl(queueDatabase));
  cleanup.defer(() => postgres.stop());
  cleanup.defer(
    keepRunning(postgres, () =>
      startPostgres({ dataDir: path.join(dataDir, "postgres"), port: postgres.port, databases: [] }),
    ),
  );
  return {
    ownerUrl: postgres.ownerUrl("freehold"),
    appUrl: postgres.appUrl("freehold"),
    queueUrl: postgres.appUrl(queueDatabase),
  };
}

/** The queue keeps its own tables, in a schema that the role that runs makes by itself. */
async function permitSchemas(ownerUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  await client.query(`GRANT CREATE ON DATABASE ${queueDatabase} TO ${roles.app}`);
  await client.end();
}

/** Starts a server that was killed again, on the same port, so that api and worker find it where it was. Returns what ends the watch. */
function keepRunning(postgres: Postgres, startAgain: () => Promise<unknown>): () => Promise<void> {
  const ended = new AbortController();
  const watch = (async () => {
    while (!ended.signal.aborted) {
      await delay(500, undefined, { signal: ended.signal, ref: false }).catch(() => undefined);
      if (ended.signal.aborted || (await postgres.isRunning())) continue;
      // A failed try is no reason to stop trying: whoever uses the database says what is wrong.
      await startAgain().catch(() => undefined);
    }
  })();
  return async () => {
    ended.abort();
    await watch;
  };
}

/** The address of Redis: a given one, our own, or none (the queue then lives in PostgreSQL). */
export async function startQueue(
  ground: Ground,
  database: DatabaseAddresses,
  wanted: boolean,
): Promise<string | undefined> {
  if (ground.real.has("redis")) return ground.given["REDIS_URL"];
  const redis = wanted ? await startRedis({ dataDir: path.join(ground.dataDir, "redis") }) : null;
  if (redis) {
    ground.cleanup.defer(() => redis.stop());
    return redis.url;
  }
  if (database.queueUrl === undefined) {
    throw new Error(
      "DATABASE_URL is set and there is no redis-server on PATH: set REDIS_URL or QUEUE_DATABASE_URL as well.",
    );
  }
  return undefined;
}

/** The ATProto network with its named people, in a process of its own; undefined when a real one is given. */
export async function startNetwork({
  dataDir,
  ports,
  real,
  given,
  supervisor,
}: Ground): Promise<AtprotoNetwork | undefined> {
  if (real.has("atproto")) return undefined;
  await supervisor.start({
    name: "atproto",
    args: ["network-process.ts"],
    cwd: path.join(import.meta.dirname, "../atproto"),
    env: {
      ...given,
      LOG_ENABLED: "0",
      PLC_PORT: String(ports.plc),
      PDS_PORT: String(ports.pds),
      DATA_DIR: path.join(dataDir, "atproto"),
    },
    health: `http://localhost:${ports.pds}/xrpc/_health`,
  });
  return connectAtprotoNetwork(`http://localhost:${ports.plc}`, `http://localhost:${ports.pds}`);
}
