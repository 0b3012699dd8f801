import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from "@nestjs/common";
import { type Problem, type RefusalCode, refusal, refusals } from "@freehold/contract";
import { Refusal } from "@freehold/values";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import type { RouteList } from "./routes.ts";

/** A refusal that was given before, to be given again as it was. */
export class RepeatedProblem extends Error {
  constructor(readonly problem: Problem) {
    super(problem.code);
  }
}

/** RFC 9457. A refusal with a code that the contract does not list is a bug. */
export function problemOf(error: Refusal): Problem | undefined {
  if (!Object.hasOwn(refusals, error.code)) return undefined;
  const { status, title } = refusals[error.code as RefusalCode];
  return {
    type: `urn:freehold:problem:${error.code}`,
    title,
    status,
    code: error.code,
    detail: error.message,
    ...(Object.keys(error.facts).length === 0 ? {} : { facts: error.facts }),
  };
}

const unknownProblem: Problem = {
  type: "about:blank",
  title: "Something went wrong on our side.",
  status: 500,
  code: "internal_error",
  detail: "We have noted it. Nothing was changed, or it will be completed; you may try again.",
};

/** Only the framework's own errors: those of libraries that we call (the processor's, say) carry a status as well. */
function statusOf(error: unknown): number | undefined {
  const { code, statusCode } = (error ?? {}) as { code?: unknown; statusCode?: unknown };
  return typeof code === "string" && code.startsWith("FST_") ? (statusCode as number | undefined) : undefined;
}

/** What the framework itself says no to, in our words. */
function framework(error: unknown): Refusal | undefined {
  const status = error instanceof HttpException ? error.getStatus() : statusOf(error);
  if (status === 404 || status === 414) return refusal("not_found");
  if (status === 411) return refusal("length_required");
  if (status === 413) return refusal("body_too_large");
  if (status === 415) return refusal("media_type_unsupported");
  if (status !== undefined && status >= 400 && status < 500) return refusal("request_invalid");
  return undefined;
}

/** The one place where errors become answers. Refusals say why; everything else says nothing and is logged. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly log: Logger,
    private readonly routes: RouteList,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.answer(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }

  answer(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    if (reply.sent) return;
    const problem = this.#problem(error, request, reply);
    const wait = problem.facts?.["retryAfterSeconds"];
    if (wait !== undefined) void reply.header("retry-after", String(wait));
    void reply.code(problem.status).header("content-type", "application/problem+json; charset=utf-8");
    void reply.send(
      JSON.stringify(problem, (_key, value: unknown) => (typeof value === "bigint" ? `${value}` : value)),
    );
  }

  #problem(error: unknown, request: FastifyRequest, reply: FastifyReply): Problem {
    if (error instanceof RepeatedProblem) return error.problem;
    const refused = error instanceof Refusal ? error : framework(error);
    if (refused?.code === "not_found" && error !== refused) {
      const allowed = this.routes.methods(request.url);
      if (allowed.length > 0 && !allowed.includes(request.method)) {
        void reply.header("allow", allowed.join(", "));
        return problemOf(refusal("method_not_allowed"))!;
      }
    }
    const problem = refused && problemOf(refused);
    if (problem !== undefined && problem.status < 500) return problem;
    // Not the address with its query: a sign-in's code stands there.
    this.log.error({ err: error, method: request.method, route: request.routeOptions?.url }, "request failed");
    return problem ?? unknownProblem;
  }
}
