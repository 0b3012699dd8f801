import type { Environment } from "@freehold/contract";
import { type Database, relayOutbox } from "@freehold/database";
import { createPostgresBackend, Queue, runMigrations, setDefaultBackendFactory, Worker } from "bullmq";
import { Redis } from "ioredis";
import pg from "pg";
import type { Logger } from "pino";

const NAME = "freehold";
const CONCURRENCY = 8;
/** Longer than any stall of the relay: while a job is remembered, its row cannot be passed on twice. */
const REMEMBERED = { age: 3600, count: 20_000 };

export interface RunningQueue {
  /** Passes waiting outbox rows on. @returns how many */
  relay(): Promise<number>;
  close(): Promise<void>;
}

/**
 * The queue: Redis when there is one, else BullMQ's own PostgreSQL backend in a database of its own (development only).
 * It nudges; the rows are the truth.
 */
export async function startQueue(
  environment: Environment,
  database: Database,
  perform: (name: string, payload: unknown) => Promise<void>,
  log: Logger,
): Promise<RunningQueue> {
  const connection = await connect(environment);
  const queue = new Queue(NAME, {
    connection: connection.forQueue,
    defaultJobOptions: {
      attempts: 6,
      backoff: { type: "exponential", delay: 500 },
      removeOnComplete: REMEMBERED,
      removeOnFail: REMEMBERED,
    },
  });
  const worker = new Worker(NAME, (job) => perform(job.name, job.data), {
    connection: connection.forWorker,
    concurrency: CONCURRENCY,
  });
  const quietly = (error: Error) => log.warn({ error: error.message }, "queue");
  queue.on("error", quietly);
  worker.on("error", quietly);
  worker.on("failed", (job, error) => log.warn({ job: job?.name, error: error.message }, "job will be tried again"));
  await worker.waitUntilReady();
  return {
    relay: () =>
      relayOutbox(database, async (rows) => {
        await queue.addBulk(
          rows.map((row) => ({ name: row.job, data: row.payload, opts: { jobId: `outbox-${row.id}` } })),
        );
      }),
    async close() {
      await worker.close();
      await queue.close();
      await connection.close();
    },
  };
}

async function connect(environment: Environment) {
  if (environment.REDIS_URL !== undefined) {
    const forQueue = new Redis(environment.REDIS_URL, { maxRetriesPerRequest: 1 });
    const forWorker = new Redis(environment.REDIS_URL, { maxRetriesPerRequest: null });
    forQueue.on("error", () => undefined);
    forWorker.on("error", () => undefined);
    return {
      forQueue,
      forWorker,
      close: async () => {
        forQueue.disconnect();
        forWorker.disconnect();
      },
    };
  }
  if (environment.QUEUE_DATABASE_URL === undefined)
    throw new Error("set REDIS_URL (or, in development, QUEUE_DATABASE_URL)");
  const pool = new pg.Pool({ connectionString: environment.QUEUE_DATABASE_URL, max: 1 });
  const client = await pool.connect();
  await runMigrations(client as never);
  client.release();
  await pool.end();
  setDefaultBackendFactory(createPostgresBackend as never);
  const shared = { connectionString: environment.QUEUE_DATABASE_URL, max: 4 } as never;
  return { forQueue: shared, forWorker: shared, close: async () => undefined };
}
