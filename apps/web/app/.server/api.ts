import {
  type AnswerOf,
  type BodyOf,
  type Endpoint,
  type EndpointName,
  type Problem,
  type QueryOf,
  endpoints,
} from "@freehold/contract";
import { data, redirect } from "react-router";
import { signInPath } from "../return-path.ts";
import { withoutDraft } from "./draft.ts";

const READ_MS_MAX = 10_000;
/** Actions may wait for the payment processor or a forge. */
const ACT_MS_MAX = 45_000;
/** A double click sends the same key twice; the second waits for the answer of the first. */
const IN_USE_RETRIES = 20;
const IN_USE_PAUSE_MS = 300;

type Given<Name extends EndpointName, Part extends string, Value> =
  (typeof endpoints)[Name] extends Record<Part, unknown> ? { [key in Part]: Value } : { [key in Part]?: never };

export type CallOptions<Name extends EndpointName> = {
  /** The visitor's request: who asks, from where. */
  request: Request;
  params?: Record<string, string>;
  query?: QueryOf<Name>;
  csrf?: string;
  idempotencyKey?: string;
} & Given<Name, "body", BodyOf<Name>>;

export type Answered<Name extends EndpointName> =
  | { ok: true; answer: AnswerOf<Name>; setCookie: string[] }
  | { ok: false; problem: Problem };

/** What stands in for an answer when there is none: nobody knows whether the request was carried out. */
export const unreachable: Problem = {
  type: "about:blank",
  title: "Freehold is not answering just now.",
  status: 503,
  code: "api_unreachable",
  detail: "Freehold is not answering just now. Try again soon; sending the same form again does not pay twice.",
};

/** One call of the api on the visitor's behalf. Refusals are answers; only a bug throws. */
export async function call<Name extends EndpointName>(name: Name, options: CallOptions<Name>): Promise<Answered<Name>> {
  const endpoint: Endpoint = endpoints[name];
  const url = new URL(fill(endpoint.path, options.params ?? {}), process.env.API_URL);
  for (const [key, value] of Object.entries((options.query ?? {}) as Record<string, string | undefined>))
    if (value !== undefined) url.searchParams.set(key, value);
  const limit = AbortSignal.timeout(endpoint.method === "GET" ? READ_MS_MAX : ACT_MS_MAX);
  const init: RequestInit = {
    method: endpoint.method,
    headers: headersFor(endpoint, options),
    redirect: "manual",
    // A visitor who leaves stops a reading, never an action that may already have begun.
    signal: endpoint.method === "GET" ? AbortSignal.any([options.request.signal, limit]) : limit,
    ...(endpoint.method === "POST" && { body: JSON.stringify(options.body ?? {}) }),
  };
  for (let attempt = 0; ; attempt++) {
    const answered = await send(endpoint, url, init);
    const inUse = !answered.ok && answered.problem.code === "idempotency_key_in_use";
    if (!inUse || attempt === IN_USE_RETRIES) return answered as Answered<Name>;
    await new Promise((resolve) => setTimeout(resolve, IN_USE_PAUSE_MS));
  }
}

/** A loader's reading: the answer, or the page that says why there is none (signing in first, where that would help). */
export async function read<Name extends EndpointName>(name: Name, options: CallOptions<Name>): Promise<AnswerOf<Name>> {
  const answered = await call(name, options);
  if (answered.ok) return answered.answer;
  if (answered.problem.code === "sign_in_required") {
    const { pathname, search } = new URL(options.request.url);
    throw redirect(signInPath(pathname + search), 303);
  }
  throw data(answered.problem, { status: answered.problem.status });
}

async function send(endpoint: Endpoint, url: URL, init: RequestInit): Promise<Answered<EndpointName>> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, init);
    text = await response.text();
  } catch (error) {
    if (!(init.signal?.aborted ?? false)) console.error(`${endpoint.method} ${url.pathname}:`, error);
    return { ok: false, problem: unreachable };
  }
  if (!response.ok) return { ok: false, problem: problemFrom(response.status, text) };
  const parsed = endpoint.answer.safeParse(parseJson(text));
  if (!parsed.success)
    throw new Error(
      `${endpoint.method} ${url.pathname} answered in another form: ${JSON.stringify(parsed.error.issues)}`,
    );
  return { ok: true, answer: parsed.data as never, setCookie: response.headers.getSetCookie() };
}

function headersFor(
  endpoint: Endpoint,
  options: { request: Request; csrf?: string; idempotencyKey?: string },
): Headers {
  const origin = new URL(process.env.PUBLIC_URL ?? options.request.url);
  const headers = new Headers({
    accept: "application/json",
    "x-forwarded-host": origin.host,
    "x-forwarded-proto": origin.protocol.slice(0, -1),
  });
  for (const name of ["cookie", "user-agent", "x-forwarded-for"]) {
    const value = options.request.headers.get(name);
    if (value !== null) headers.set(name, name === "cookie" ? withoutDraft(value) : value);
  }
  if (endpoint.method === "POST") {
    headers.set("content-type", "application/json");
    headers.set("origin", origin.origin);
    if (options.csrf !== undefined) headers.set("x-csrf-token", options.csrf);
    if (endpoint.money && options.idempotencyKey !== undefined) headers.set("idempotency-key", options.idempotencyKey);
  }
  return headers;
}

const fill = (path: string, params: Record<string, string>): string =>
  path.replace(/:([a-z]+)/gi, (_whole, name: string) => encodeURIComponent(params[name] ?? ""));

function problemFrom(status: number, text: string): Problem {
  const json = parseJson(text) as Partial<Problem> | null;
  if (json !== null && typeof json.code === "string" && typeof json.title === "string")
    return { type: "about:blank", detail: json.title, ...json, code: json.code, title: json.title, status };
  return status >= 500
    ? unreachable
    : { ...unreachable, status, code: "request_invalid", title: "That was not understood." };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
