import type { CanActivate, ExecutionContext } from "@nestjs/common";
import { type Endpoint, type EndpointName, endpoints, refusal } from "@freehold/contract";
import { isId } from "@freehold/values";
import type { FastifyRequest } from "fastify";
import type { z } from "zod";
import { doorOf, isWebhook } from "./door.ts";
import type { Limits } from "./limits.ts";
import { hasToken, type Sessions } from "./session.ts";

/** Nothing ever stops a party from taking money back, disputing or leaving. */
const neverLimited: readonly EndpointName[] = ["takeBack", "dispute", "endSession"];

/**
 * What every request passes, in this order: our own page · a good session · not too often · the session's token · signed in ·
 * parameters, query and body in the contract's form.
 */
export class Gate implements CanActivate {
  constructor(
    private readonly sessions: Sessions,
    private readonly limits: Limits,
    private readonly origin: string,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const name = doorOf(context.getHandler());
    if (name !== undefined) await this.#pass(name, request);
    else if (request.method !== "GET" && request.method !== "HEAD" && !isWebhook(context.getHandler()))
      throw new Error(`${request.method} ${request.routeOptions.url} is neither a door nor a webhook.`);
    return true;
  }

  async #pass(name: EndpointName, request: FastifyRequest): Promise<void> {
    const endpoint: Endpoint = endpoints[name];
    const changes = endpoint.method !== "GET";
    if (changes) this.#checkOrigin(request);
    request.visitor = request.url.startsWith("/w/") ? null : await this.sessions.find(request);
    if (changes && !neverLimited.includes(name))
      this.limits.changes.take(`${request.ip} ${request.visitor?.partyId ?? ""}`);
    if (changes && request.visitor !== null && !hasToken(request.visitor, request)) throw refusal("csrf_token_invalid");
    if (endpoint.signedIn && request.visitor === null) throw refusal("sign_in_required");
    request.passed = {
      params: checkParams(request.params as Record<string, string>),
      query: check(endpoint.query, request.query, "query"),
      body: check(endpoint.body, request.body, "body"),
    };
  }

  /** Browsers say where a request comes from. A server that calls for a visitor says nothing, and has the token. */
  #checkOrigin({ headers }: FastifyRequest): void {
    const site = headers["sec-fetch-site"];
    const foreign = site !== undefined && site !== "same-origin" && site !== "none";
    if (foreign || (headers.origin !== undefined && headers.origin !== this.origin))
      throw refusal("origin_not_allowed");
  }
}

function checkParams(params: Record<string, string>): Record<string, string> {
  for (const [key, value] of Object.entries(params))
    if (value.includes("\0") || value.length > 200 || (key === "id" && !isId(value))) throw refusal("not_found");
  return params;
}

function check(schema: z.ZodType | undefined, value: unknown, part: "query" | "body"): unknown {
  if (schema === undefined) return undefined;
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const fields = parsed.error.issues.slice(0, 20).map((issue) => ({
      field: issue.path.map(String).join("."),
      sentence: issue.message,
    }));
    const first = fields[0];
    const where = first === undefined || first.field === "" ? `The ${part}` : `“${first.field}”`;
    throw refusal("request_invalid", `${where} does not have the right form: ${first?.sentence}.`, { part, fields });
  }
  if (hasNul(parsed.data)) throw refusal("request_invalid", "Text may not contain NUL characters.", { part });
  return parsed.data;
}

/** PostgreSQL holds every character but this one. */
function hasNul(value: unknown): boolean {
  if (typeof value === "string") return value.includes("\0");
  return typeof value === "object" && value !== null && Object.values(value).some(hasNul);
}
