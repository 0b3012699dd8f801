import type { IncomingMessage } from "node:http";
import { parse } from "qs";
import { kindOf } from "./redaction.ts";
import { invalid, Refusal } from "./refusal.ts";

/** Refuses a missing or wrong key with 401. */
export function authenticate(secretKey: string | null, request: IncomingMessage): void {
  const given = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1];
  if (given === undefined) {
    throw new Refusal(401, {
      type: "invalid_request_error",
      message:
        "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
    });
  }
  if (secretKey === null ? !/^(sk|rk)_test_\w+$/.test(given) : given !== secretKey) {
    throw new Refusal(401, {
      type: "invalid_request_error",
      message: `Invalid API Key provided: ${kindOf(given)}***`,
    });
  }
}

/** The parameters of a call: query, form (v1) or JSON (v2). */
export function readParams(request: IncomingMessage, url: URL, body: string): Record<string, unknown> {
  const options = { depth: 12, arrayLimit: 200, parameterLimit: 2000 };
  const query = parse(url.search.slice(1), options) as Record<string, unknown>;
  if (request.method !== "POST") return query;
  if (!url.pathname.startsWith("/v2/")) return { ...query, ...(parse(body, options) as Record<string, unknown>) };
  if (body === "") return query;
  try {
    const json: unknown = JSON.parse(body);
    if (typeof json === "object" && json !== null && !Array.isArray(json)) return json as Record<string, unknown>;
  } catch {
    // falls through to the same refusal as any other body that is not an object
  }
  throw invalid("The request body is not a JSON object.", { code: "invalid_json" });
}

/** A header as text, or null. */
export const header = (request: IncomingMessage, name: string): string | null =>
  (request.headers[name] as string | undefined) ?? null;
