import { type Endpoint, endpoints } from "@freehold/contract";
import type { NestFastifyApplication } from "@nestjs/platform-fastify";
import { type OpenAPIObject, SwaggerModule } from "@nestjs/swagger";
import { z } from "zod";
import { sessionCookieName } from "./http/session.ts";

type Json = Record<string, unknown>;

/** Serves `/api/openapi.json` and, for people, `/api/docs`; nothing comes from another host. */
export function serveDocumentation(app: NestFastifyApplication, origin: string): void {
  const document = openApi(origin) as unknown as OpenAPIObject;
  SwaggerModule.setup("api/docs", app, document, {
    jsonDocumentUrl: "api/openapi.json",
    raw: ["json"],
    customSiteTitle: "Freehold: the api",
  });
}

/** The api's description (OpenAPI 3.1), made from the same table as its doors. */
export function openApi(origin: string): Json {
  const schemas: Json = {
    Problem: {
      type: "object",
      description: "RFC 9457. `code` is stable; `detail` is a sentence for people.",
      required: ["type", "title", "status", "code", "detail"],
      properties: {
        type: { type: "string" },
        title: { type: "string" },
        status: { type: "integer" },
        code: { type: "string" },
        detail: { type: "string" },
        facts: { type: "object", additionalProperties: true },
      },
    },
  };
  const paths: Record<string, Json> = {};
  for (const [name, endpoint] of Object.entries(endpoints) as [string, Endpoint][]) {
    const path = endpoint.path.replace(/:([a-zA-Z]+)/g, "{$1}");
    paths[path] = { ...paths[path], [endpoint.method.toLowerCase()]: operation(name, endpoint, schemas) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Freehold",
      version: "1",
      description:
        "Sign in at `/oauth/login?handle=…` in a browser; the session is a cookie. Every request that changes something carries the " +
        "session's `x-csrf-token` (from `/api/session`); what is about money also carries an `Idempotency-Key`.",
    },
    servers: [{ url: origin }],
    paths,
    components: {
      schemas,
      securitySchemes: { session: { type: "apiKey", in: "cookie", name: sessionCookieName(origin) } },
    },
  };
}

function operation(name: string, endpoint: Endpoint, schemas: Json): Json {
  const json = (schema: Json) => ({ content: { "application/json": { schema } } });
  return {
    operationId: name,
    summary: endpoint.summary,
    tags: [endpoint.path.split("/")[2] ?? "w"],
    parameters: parameters(endpoint, schemas),
    ...(endpoint.body ? { requestBody: { required: true, ...json(schemaOf(endpoint.body, "input", schemas)) } } : {}),
    ...(endpoint.signedIn ? { security: [{ session: [] }] } : {}),
    responses: {
      200: {
        description: "Done",
        ...(endpoint.file
          ? { content: { [endpoint.file]: { schema: { type: "string" } } } }
          : json(schemaOf(endpoint.answer, "output", schemas))),
      },
      default: {
        description: "Refused, or failed",
        content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
      },
    },
  };
}

function parameters(endpoint: Endpoint, schemas: Json): Json[] {
  const found: Json[] = [...endpoint.path.matchAll(/:([a-zA-Z]+)/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: name === "id" ? { type: "string", format: "uuid" } : { type: "string" },
  }));
  if (endpoint.query !== undefined) {
    const { properties = {}, required = [] } = schemaOf(endpoint.query, "input", schemas) as {
      properties?: Json;
      required?: string[];
    };
    for (const [name, schema] of Object.entries(properties))
      found.push({ name, in: "query", required: required.includes(name), schema });
  }
  const header = (name: string) => ({ name, in: "header", required: true, schema: { type: "string" } });
  if (endpoint.method !== "GET") found.push(header("x-csrf-token"));
  if (endpoint.money) found.push(header("Idempotency-Key"));
  return found;
}

/** The JSON Schema of a zod schema; what has a name there goes to the components, once. */
function schemaOf(schema: z.ZodType, io: "input" | "output", schemas: Json): Json {
  const whole = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  const refersTo = (text: string) => text.replaceAll('"#/$defs/', '"#/components/schemas/');
  const {
    $schema: _,
    $defs: named = {},
    ...rest
  } = JSON.parse(refersTo(JSON.stringify(whole))) as Json & { $defs?: Json };
  Object.assign(schemas, named);
  return rest;
}
