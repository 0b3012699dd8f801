import { setTimeout as delay } from "node:timers/promises";
import { retry } from "@octokit/plugin-retry";
import { throttling } from "@octokit/plugin-throttling";
import { Octokit } from "@octokit/rest";
import { ask, faultOfStatus } from "../address/ask.ts";
import type { AddressGuard } from "../address/guard.ts";
import type { Fault, Observed, RequestRecord } from "../evidence.ts";

export interface GitHubClientOptions {
  apiUrl: string;
  token?: string;
  /** One answer, in milliseconds. */
  timeoutMs: number;
}

/** Asks GitHub's API. `get("GET /repos/{owner}/{repo}", …)` gives the data of a 200. */
export interface GitHubClient {
  get(route: string, parameters: Record<string, string | number>): Promise<Observed<unknown>>;
}

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** Somebody may be waiting: this much is waited for here, all else is the caller's to schedule. Milliseconds. */
const SHORT_WAIT_MS = 3000;
const TRIES_AFTER_LIMIT = 2;
const TRIES_AFTER_FAULT = 2;
/** The waits between those tries, together. */
const PATIENCE_MS = 10_000;
/** What GitHub asks for when it limits somebody without saying for how long. */
const UNSAID_WAIT_MS = 60_000;
const LONGEST_WAIT_MS = 6 * 3_600_000;
/** A token that was refused is not shown again for so long. */
const TOKEN_REST_MS = 3_600_000;

/** Carries the fault of a request through Octokit, which knows only errors. It tries again unless it takes it for an abort. */
class RequestFault extends Error {
  readonly fault: Fault;
  /** Octokit's plugins read from an error which request it was; nothing here is to be repeated. */
  readonly request = {};
  constructor(fault: Fault) {
    super(fault);
    this.fault = fault;
    if (fault !== "server_error") this.name = "AbortError";
  }
}

type Lane = "token" | "anonymous";
type Failure = Extract<Observed<never>, { ok: false }> & { status: number | null };

/**
 * The real Octokit with its throttling and retry plugins, over our own guarded requests. Short waits are the plugins';
 * a longer one is a fault `rate_limited` with `retryAfterMs`, and until then the API is left alone by this process.
 */
export function gitHubClient(guard: AddressGuard, options: GitHubClientOptions): GitHubClient {
  const limitedUntil: Record<Lane, number> = { token: 0, anonymous: 0 };
  let tokenRestsUntil = 0;
  const waitHere = (seconds: number, _options: unknown, _octokit: unknown, tries: number) =>
    seconds * 1000 <= SHORT_WAIT_MS && tries < TRIES_AFTER_LIMIT;
  const octokit = new (Octokit.plugin(throttling, retry))({
    baseUrl: options.apiUrl,
    userAgent: "freehold-forge-verify",
    log: silent,
    // 429 is the throttling plugin's: the other one would not ask how long to wait.
    retry: {
      retries: TRIES_AFTER_FAULT,
      retryAfterBaseValue: 500,
      doNotRetry: [400, 401, 403, 404, 409, 410, 422, 429, 451],
    },
    throttle: {
      id: options.apiUrl,
      fallbackSecondaryRateRetryAfter: UNSAID_WAIT_MS / 1000,
      onRateLimit: waitHere,
      onSecondaryRateLimit: waitHere,
    },
  });

  function fetchFor(lane: Lane, evidence: RequestRecord[]): typeof fetch {
    const until = Date.now() + options.timeoutMs + PATIENCE_MS;
    return async (input, init) => {
      const timeoutMs = Math.min(options.timeoutMs, until - Date.now());
      if (timeoutMs <= 0) throw new RequestFault("timeout");
      const answer = await ask(guard, {
        url: String(input),
        headers: { ...(init?.headers as Record<string, string>) },
        maxBytes: 5_000_000,
        timeoutMs,
        redirects: 3,
      });
      evidence.push(...answer.evidence);
      if (!answer.ok) throw new RequestFault(answer.fault);
      const { status, body } = answer.value;
      const headers = new Headers();
      for (const [name, value] of Object.entries(answer.value.headers)) headers.set(name, String(value));
      // The last request of the hour says so itself.
      const used = waitOf(Object.fromEntries(headers));
      if (status < 400 && used !== undefined) limitedUntil[lane] = Date.now() + used;
      const empty = [204, 205, 304].includes(status);
      return new Response(empty ? null : new Uint8Array(body), { status, headers });
    };
  }

  async function once(
    lane: Lane,
    route: string,
    parameters: Record<string, string | number>,
  ): Promise<Extract<Observed<unknown>, { ok: true }> | Failure> {
    const evidence: RequestRecord[] = [];
    const left = limitedUntil[lane] - Date.now();
    if (left > SHORT_WAIT_MS) return { ok: false, fault: "rate_limited", evidence, retryAfterMs: left, status: null };
    if (left > 0) await delay(left);
    try {
      const answer = await octokit.request(route, {
        ...parameters,
        ...(lane === "token" ? { headers: { authorization: `token ${options.token}` } } : {}),
        request: { fetch: fetchFor(lane, evidence) },
      });
      return { ok: true, value: answer.data, evidence };
    } catch (error) {
      const failure = { ok: false, evidence, ...failureOf(error) } as const;
      if (failure.fault === "rate_limited" && failure.retryAfterMs !== undefined)
        limitedUntil[lane] = Date.now() + failure.retryAfterMs;
      return failure;
    }
  }

  return {
    async get(route, parameters) {
      const lane: Lane = options.token !== undefined && Date.now() >= tokenRestsUntil ? "token" : "anonymous";
      const first = await once(lane, route, parameters);
      if (first.ok) return first;
      const { status, ...failed } = first;
      if (lane === "anonymous" || status !== 401) return failed;
      // Revoked or run out. What is public needs no token.
      tokenRestsUntil = Date.now() + TOKEN_REST_MS;
      const refused = first.evidence.map((one) =>
        one.status === 401 ? { ...one, fault: "unauthorized" as const } : one,
      );
      const second = await once("anonymous", route, parameters);
      const evidence = [...refused, ...second.evidence];
      if (second.ok) return { ...second, evidence };
      const { status: _status, ...failedAgain } = second;
      return { ...failedAgain, evidence };
    },
  };
}

/** How long the headers ask us to wait, in milliseconds: retry-after, or until the hour's allowance is renewed. */
function waitOf(headers: Record<string, unknown>): number | undefined {
  const bounded = (ms: number) => Math.min(LONGEST_WAIT_MS, Math.max(1000, ms));
  const seconds = Number(headers["retry-after"] ?? Number.NaN);
  if (Number.isFinite(seconds)) return bounded(seconds * 1000);
  const reset = Number(headers["x-ratelimit-reset"] ?? Number.NaN);
  if (headers["x-ratelimit-remaining"] !== "0" || !Number.isFinite(reset)) return undefined;
  return bounded(reset * 1000 - Date.now() + 1000);
}

function failureOf(error: unknown): Omit<Failure, "ok" | "evidence"> {
  const cause = error instanceof Error ? (error.cause ?? error) : undefined;
  if (cause instanceof RequestFault) return { fault: cause.fault, status: null };
  const { status, response } = error as {
    status?: number;
    response?: { headers?: Record<string, unknown>; data?: unknown };
  };
  if (!response || typeof status !== "number") return { fault: "malformed", status: null };
  const headers = response.headers ?? {};
  const text = typeof response.data === "string" ? response.data : JSON.stringify(response.data ?? "");
  const wait = waitOf(headers);
  if (status === 451 || (status === 403 && /access blocked/i.test(text))) return { fault: "legal_block", status };
  const limited = status === 429 || (status === 403 && (wait !== undefined || /rate limit/i.test(text)));
  if (limited) return { fault: "rate_limited", retryAfterMs: wait ?? UNSAID_WAIT_MS, status };
  return { fault: faultOfStatus(status, headers), ...(wait === undefined ? {} : { retryAfterMs: wait }), status };
}
