import "reflect-metadata";
import { createServer } from "node:http";
import type { Environment } from "@freehold/contract";
import { JourneyModule, openParts, World } from "@freehold/journey";
import { Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import type { Logger } from "pino";
import { handlersOf, perform, requireComplete } from "./jobs.ts";
import { startLoops } from "./loops.ts";
import { startQueue } from "./queue.ts";
import { scheduleOf } from "./schedule.ts";

const RELAY_MS = 100;

/** The clock and the post: does what is handed forward, and looks for what is due. */
export async function startWorker(
  environment: Environment,
  log: Logger,
): Promise<{ port: number; stop(): Promise<void> }> {
  const parts = openParts(environment, "freehold worker");

  @Module({ imports: [World.of(parts), JourneyModule] })
  class Root {}
  const app = await NestFactory.createApplicationContext(Root, { logger: ["error", "warn"], abortOnError: false });
  const handlers = handlersOf(app);
  requireComplete(handlers);
  const queue = await startQueue(environment, parts.database, (name, payload) => perform(handlers, name, payload), log);
  const loops = startLoops(
    [{ name: "outbox.relay", everyMs: RELAY_MS, run: () => queue.relay() }, ...scheduleOf(app, log)],
    log,
  );
  const health = createServer((_request, response) => {
    parts.database.$queryRaw`SELECT 1`.then(
      () => response.writeHead(200, { "content-type": "application/json" }).end('{"healthy":true}'),
      () => response.writeHead(503, { "content-type": "application/json" }).end('{"healthy":false}'),
    );
  });
  await new Promise<void>((resolve) => health.listen(environment.WORKER_PORT, environment.LISTEN_HOST, resolve));
  const address = health.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : environment.WORKER_PORT,
    async stop() {
      health.closeAllConnections();
      health.close();
      await loops.stop();
      await queue.close();
      await app.close();
      await parts.database.$disconnect();
    },
  };
}
