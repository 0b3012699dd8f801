import type { CallHandler, ExecutionContext, NestInterceptor } from "@nestjs/common";
import { type Endpoint, endpoints, type Problem } from "@freehold/contract";
import { isRefusal } from "@freehold/values";
import type { FastifyReply, FastifyRequest } from "fastify";
import { defer, lastValueFrom, type Observable } from "rxjs";
import { doorOf } from "./door.ts";
import { type Answered, type Idempotency, refusedAs } from "./idempotency.ts";
import { problemOf, RepeatedProblem } from "./problem.ts";

/** Sends each door's answer through the contract's schema; what is about money is answered once per Idempotency-Key. */
export class AnswerInterceptor implements NestInterceptor {
  constructor(private readonly idempotency: Idempotency) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const name = doorOf(context.getHandler());
    if (name === undefined) return next.handle();
    const endpoint: Endpoint = endpoints[name];
    // A file is sent by its door as it is.
    if (endpoint.file !== undefined) return next.handle();
    const answer = async () => endpoint.answer.parse(onTheWire(await lastValueFrom(next.handle())));
    if (!endpoint.money) return defer(answer);
    const http = context.switchToHttp();
    return defer(() => this.#once(endpoint, http.getRequest(), http.getResponse(), answer));
  }

  async #once(
    endpoint: Endpoint,
    request: FastifyRequest,
    reply: FastifyReply,
    answer: () => Promise<unknown>,
  ): Promise<unknown> {
    const {
      status,
      answer: first,
      replayed,
    } = await this.idempotency.once(
      request.visitor!.partyId,
      request.headers["idempotency-key"] as string | undefined,
      [request.method, request.routeOptions.url, request.passed.params, request.passed.query, request.passed.body],
      () => answerOrRefusal(answer),
    );
    if (replayed) void reply.header("idempotency-replayed", "true");
    if (status >= 400) throw new RepeatedProblem(first as Problem);
    // The database keeps the parts of an answer in an order of its own.
    return replayed ? endpoint.answer.parse(first) : first;
  }
}

async function answerOrRefusal(answer: () => Promise<unknown>): Promise<Answered> {
  try {
    return { status: 200, answer: await answer() };
  } catch (error) {
    const problem = isRefusal(error) ? problemOf(error) : undefined;
    if (problem === undefined || problem.status >= 500) throw error;
    return refusedAs(onTheWire(problem) as Problem);
  }
}

/** Moments as UTC text, big integers as decimal text: what the schemas of the contract expect. */
function onTheWire(value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(onTheWire);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, onTheWire(part)]));
}
