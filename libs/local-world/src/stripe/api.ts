import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { expandInto } from "./expand.ts";
import type { Failure, Failures } from "./failures.ts";
import { Keys } from "./idempotency.ts";
import type { Journal, Wire } from "./journal.ts";
import { check } from "./params.ts";
import { authenticate, header, readParams } from "./read-request.ts";
import { invalid, Refusal } from "./refusal.ts";
import { accountRoutes } from "./resources/account.ts";
import { balanceSettingsRoutes } from "./resources/balance-settings.ts";
import { balanceRoutes } from "./resources/balance-transaction.ts";
import { chargeRoutes } from "./resources/charge.ts";
import { disputeRoutes } from "./resources/dispute.ts";
import { eventRoutes } from "./resources/event.ts";
import { intentRoutes } from "./resources/payment-intent.ts";
import { payoutRoutes } from "./resources/payout.ts";
import { refundRoutes } from "./resources/refund.ts";
import { sessionRoutes } from "./resources/session.ts";
import { topupRoutes } from "./resources/topup.ts";
import { transferRoutes } from "./resources/transfer.ts";
import { pathOf, type Route } from "./route.ts";
import { advance, finish } from "./turn.ts";
import { API_VERSION, type World } from "./world.ts";

export const ROUTES: readonly Route[] = [
  ...sessionRoutes,
  ...intentRoutes,
  ...chargeRoutes,
  ...refundRoutes,
  ...transferRoutes,
  ...balanceRoutes,
  ...balanceSettingsRoutes,
  ...disputeRoutes,
  ...eventRoutes,
  ...payoutRoutes,
  ...topupRoutes,
  ...accountRoutes,
];
const MATCHED = ROUTES.map((route) => ({ route, pattern: pathOf(route) }));

/** Looks at what goes in and out; throws when it does not fit the SDK's types. */
export interface Inspector {
  request(route: Route, params: unknown): void;
  answer(route: Route, body: unknown): void;
}

export interface ApiParts {
  world: World;
  now: () => Promise<number>;
  keys: Keys;
  failures: Failures;
  journal: Journal;
  secretKey: string | null;
  inspector: Inspector | null;
}

interface Reply {
  status: number;
  body: string;
  headers: Record<string, string>;
  code?: string | undefined;
  id?: string | undefined;
}

const errorReply = (refusal: Refusal, requestId: string): Reply => ({
  status: refusal.status,
  body: JSON.stringify({
    error: { ...refusal.body, request_log_url: `https://dashboard.stripe.com/test/logs/${requestId}` },
  }),
  headers: refusal.headers,
  code: String(refusal.body["code"] ?? refusal.body["type"]),
});

/** Answers one call of the API. */
export async function serveApi(
  parts: ApiParts,
  request: IncomingMessage,
  url: URL,
  body: string,
  response: ServerResponse,
): Promise<void> {
  const requestId = `req_${randomBytes(11).toString("base64url").replaceAll(/[-_]/g, "x").slice(0, 14)}`;
  const method = request.method ?? "GET";
  const key = header(request, "idempotency-key");
  const failure = parts.failures.take(method, url.pathname);
  const wire = { headers: request.headers, body, target: url.pathname + url.search };
  let params: Record<string, unknown> = {};
  let replayed = false;
  let reply: Reply;
  try {
    authenticate(parts.secretKey, request);
    if (failure?.status === "reset")
      return broken(parts, response, { requestId, method, path: url.pathname, params, key, failure }, wire);
    if (failure?.status === "timeout_before") {
      hang(response, failure);
      const entry = { requestId, method, path: url.pathname, params, key, failed: failure.status };
      return parts.journal.write(entry, wire);
    }
    if (failure?.status === 429 || failure?.status === 409) throw refused(failure.status);
    params = readParams(request, url, body);
    const call = { method, path: url.pathname, params, account: header(request, "stripe-account") };
    const keyed = key !== null && method === "POST";
    if (keyed) parts.keys.take(key, call.account);
    try {
      const now = await parts.now();
      if (failure?.status === "slow") await new Promise((resolve) => setTimeout(resolve, failure.hold_ms ?? 500));
      const saved = keyed ? parts.keys.saved(key, call, now) : null;
      replayed = saved !== null;
      reply =
        saved === null
          ? play(parts, { ...call, requestId, key: keyed ? key : null, failure, now })
          : {
              status: saved.status,
              body: saved.body,
              headers: { "idempotent-replayed": "true", "original-request": saved.request_id },
            };
    } finally {
      if (keyed) parts.keys.leave(key, call.account);
    }
  } catch (error) {
    reply = errorReply(error instanceof Refusal ? error : crashed(error), requestId);
  }
  const { status, code, id } = reply;
  parts.journal.write(
    {
      requestId,
      method,
      path: url.pathname,
      params,
      key,
      status,
      code,
      id,
      replayed,
      ...(failure ? { failed: failure.status } : {}),
    },
    { ...wire, answer: reply.body },
  );
  if (failure?.status === "timeout_after") return hang(response, failure);
  if (failure?.status === "reset_after") return void response.socket?.destroy();
  response.writeHead(reply.status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(reply.body),
    "request-id": requestId,
    "stripe-version": header(request, "stripe-version") ?? API_VERSION,
    ...(key === null ? {} : { "idempotency-key": key }),
    ...reply.headers,
  });
  response.end(reply.body);
}

/** One synchronous turn: the world comes up to date, the endpoint acts, everything is kept, the answer is saved. */
function play(
  parts: ApiParts,
  call: {
    method: string;
    path: string;
    params: Record<string, unknown>;
    account: string | null;
    requestId: string;
    key: string | null;
    failure: Failure | undefined;
    now: number;
  },
): Reply {
  const { world } = parts;
  advance(world, call.now);
  world.caller = { requestId: call.requestId, idempotencyKey: call.key, account: call.account };
  let reply: Reply;
  let kept = false;
  try {
    if (call.failure?.status === 500) throw serverError();
    const { route, ids } = match(call.method, call.path);
    if (call.account !== null && world.store.get("account", call.account) === undefined) {
      throw new Refusal(403, {
        type: "invalid_request_error",
        code: "account_invalid",
        message: `The provided key 'sk_test_***' does not have access to account '${call.account}' (or that account does not exist).`,
      });
    }
    const typed = check(route.params, call.params, route.path.startsWith("/v2/") && route.method === "POST");
    parts.inspector?.request(route, typed);
    const answer = route.answer(world, ids, typed);
    expandInto(world, answer, (typed["expand"] as string[] | undefined) ?? []);
    parts.inspector?.answer(route, answer);
    reply = { status: 200, body: JSON.stringify(answer), headers: {}, id: answer["id"] as string | undefined };
    if (call.failure?.status === "500_after") reply = errorReply(serverError(), call.requestId);
  } catch (error) {
    const refusal = error instanceof Refusal ? error : crashed(error);
    kept = refusal.kept;
    reply = errorReply(refusal, call.requestId);
  }
  if (call.key !== null && Keys.keeps(call.path, reply.status, kept))
    parts.keys.save(call.key, call, { ...reply, requestId: call.requestId });
  finish(world);
  return reply;
}

function match(method: string, path: string): { route: Route; ids: Record<string, string> } {
  for (const { route, pattern } of MATCHED) {
    if (route.method !== method) continue;
    const hit = pattern.exec(path);
    if (hit === null) continue;
    const ids = Object.fromEntries(Object.entries(hit.groups ?? {}).map(([k, v]) => [k, decodeURIComponent(v)]));
    return { route, ids };
  }
  throw invalid(
    `Unrecognized request URL (${method}: ${path}). If you are trying to list objects, remove the trailing slash. If you are trying to retrieve an object, make sure you passed a valid (non-empty) identifier in your code. Please see https://stripe.com/docs or we can help at https://support.stripe.com/.`,
    { status: 404 },
  );
}

function refused(status: 429 | 409): Refusal {
  return status === 429
    ? new Refusal(
        429,
        {
          type: "invalid_request_error",
          code: "rate_limit",
          message:
            "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.",
        },
        { headers: { "stripe-rate-limited-reason": "global-rate" } },
      )
    : new Refusal(409, {
        type: "invalid_request_error",
        code: "lock_timeout",
        message:
          "This object cannot be accessed right now because another API request or Stripe process is currently accessing it. If you see this error intermittently, retry the request.",
      });
}

const serverError = (): Refusal =>
  new Refusal(500, { type: "api_error", message: "An unknown error occurred." }, { kept: true });

function crashed(error: unknown): Refusal {
  process.stderr.write(
    `stripe simulator: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  return new Refusal(500, {
    type: "api_error",
    message: `The simulator failed: ${error instanceof Error ? error.message : String(error)}`,
  });
}

function hang(response: ServerResponse, failure: Failure): void {
  if (failure.hold_ms === undefined) return;
  setTimeout(() => response.socket?.destroy(), failure.hold_ms).unref();
}

function broken(
  parts: ApiParts,
  response: ServerResponse,
  entry: { requestId: string; method: string; path: string; params: unknown; key: string | null; failure: Failure },
  wire: Wire,
): void {
  const { failure, ...rest } = entry;
  parts.journal.write({ ...rest, failed: failure.status }, wire);
  response.socket?.destroy();
}
