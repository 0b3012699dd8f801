import "reflect-metadata";
import type { Environment } from "@freehold/contract";
import { JourneyModule, World } from "@freehold/journey";
import { Module, type Type } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import type { NestFastifyApplication } from "@nestjs/platform-fastify";
import { serveDocumentation } from "./documentation.ts";
import { HealthController } from "./health.controller.ts";
import { AnswerInterceptor } from "./http/answer.ts";
import { doorsOf } from "./http/door.ts";
import { Gate } from "./http/gate.ts";
import { Idempotency } from "./http/idempotency.ts";
import { createLimits } from "./http/limits.ts";
import { ProblemFilter } from "./http/problem.ts";
import { RouteList } from "./http/routes.ts";
import { createServer, furnish } from "./http/server.ts";
import { Sessions } from "./http/session.ts";
import { PartyController } from "./party.controller.ts";
import { SignInController } from "./sign-in.controller.ts";
import { GitHubController } from "./webhook/github.controller.ts";
import { StripeController } from "./webhook/stripe.controller.ts";
import { TangledController } from "./webhook/tangled.controller.ts";
import { type Ground, LIMITS, LOG, SIGN_IN } from "./ground.ts";

/** The controllers that belong to no room of the story. */
export const ownControllers: Type<unknown>[] = [
  PartyController,
  SignInController,
  StripeController,
  GitHubController,
  TangledController,
  HealthController,
];

/** The api, ready to listen. Fails when two doors answer for one endpoint. */
export async function createApi(environment: Environment, ground: Ground): Promise<NestFastifyApplication> {
  const { database, vault, verifier, evidence, signIn, log } = ground;
  const site = new URL(environment.PUBLIC_URL);
  const limits = createLimits(environment.FREEHOLD_WORLD === "local");
  const sessions = new Sessions(database, site.href);
  const controllers = [...ownControllers, ...ground.controllers];
  for (const [name, methods] of doorsOf(controllers))
    if (methods.length > 1) throw new Error(`Endpoint ${name} has more than one door: ${methods.join(", ")}.`);

  @Module({
    imports: [World.of({ database, vault, verifier, evidence, environment }), JourneyModule],
    providers: [
      { provide: SIGN_IN, useValue: signIn },
      { provide: Sessions, useValue: sessions },
      { provide: LIMITS, useValue: limits },
      { provide: LOG, useValue: log },
    ],
    controllers,
  })
  class Api {}

  const secure = site.protocol === "https:";
  const routes = new RouteList();
  const problems = new ProblemFilter(log, routes);
  const server = createServer(environment.LISTEN_HOST, secure, problems);
  await furnish(server.getInstance(), routes, secure);
  const app = await NestFactory.create<NestFastifyApplication>(Api, server, {
    logger: ["error", "warn"],
    bodyParser: false,
    abortOnError: false,
  });
  app.useGlobalGuards(new Gate(sessions, limits, site.origin));
  app.useGlobalInterceptors(new AnswerInterceptor(new Idempotency(database)));
  app.useGlobalFilters(problems);
  app.enableShutdownHooks();
  serveDocumentation(app, site.origin);
  if (ground.close) server.getInstance().addHook("onClose", () => ground.close!());
  await app.init();
  await server.getInstance().ready();
  return app;
}
