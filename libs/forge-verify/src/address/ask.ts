import http from "node:http";
import https from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { sha256, type Fault, type Observed, type RequestRecord } from "../evidence.ts";
import type { AddressGuard } from "./guard.ts";

export interface Question {
  url: string;
  method?: "GET" | "POST";
  headers?: Record<string, string>;
  body?: string | Buffer;
  /** Largest answer read, in bytes. */
  maxBytes: number;
  /** Whole time for one answer, redirects apart, in milliseconds. */
  timeoutMs: number;
  /** Whole time for all answers together, redirects included, in milliseconds; unlimited when not said. */
  totalMs?: number;
  /** How many redirects are followed, each checked anew. */
  redirects?: number;
  /** The address of this machine to ask from, where it has several. */
  localAddress?: string;
  /** An answer longer than `maxBytes` is no fault: what came up to there is the answer. */
  beginningIsEnough?: boolean;
}

export interface Reply {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: Buffer;
  /** Where the answer came from in the end. */
  url: string;
}

/** What is asked for, without how its answer is read. */
export type Request = Omit<Question, "maxBytes" | "beginningIsEnough">;

/** Reads one answer to its end, or as far as it wants to: the connection is closed when it returns. */
export type Take<T> = (
  response: http.IncomingMessage,
  url: string,
) => Promise<{ value: T; seen: Pick<RequestRecord, "bodySha256" | "body"> }>;

/** Thrown by a `Take` that wants no more of an answer. */
export class AskFault extends Error {
  readonly fault: Fault;
  constructor(fault: Fault) {
    super(fault);
    this.fault = fault;
  }
}

/**
 * Ask a server one question over HTTP, only at addresses the guard lets through, the connection bound to the address
 * that was checked. Any status is an answer; a fault is when there is none.
 */
export function ask(guard: AddressGuard, question: Question): Promise<Observed<Reply>> {
  return follow(guard, question, async (response, url) => {
    const body = await readBody(response, question);
    const { statusCode = 0, headers } = response;
    return { value: { status: statusCode, headers, body, url }, seen: { bodySha256: sha256(body), body } };
  });
}

async function readBody(response: http.IncomingMessage, question: Question): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > question.maxBytes) {
      if (!question.beginningIsEnough) throw new AskFault("too_large");
      chunks.push(chunk.subarray(0, chunk.length - (size - question.maxBytes)));
      break;
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The same, with an answer that is read as the caller likes. Redirects are followed here and never reach `take`. */
export async function follow<T>(guard: AddressGuard, request: Request, take: Take<T>): Promise<Observed<T>> {
  const evidence: RequestRecord[] = [];
  const until = performance.now() + (request.totalMs ?? Number.POSITIVE_INFINITY);
  let url = request.url;
  let headers = request.headers ?? {};
  for (let left = request.redirects ?? 0; ; left -= 1) {
    const record: RequestRecord = { method: request.method ?? "GET", url: withoutSecrets(url), status: null };
    if (Object.keys(headers).some((name) => name.toLowerCase() === "authorization")) record.withToken = true;
    evidence.push(record);
    const failed = (fault: Fault): Observed<T> => {
      record.fault = fault;
      return { ok: false, fault, evidence };
    };
    const safe = await guard.check(url);
    if (!safe.ok) return failed(safe.fault);
    record.addresses = safe.addresses;
    const timeoutMs = Math.min(request.timeoutMs, until - performance.now());
    if (timeoutMs <= 0) return failed("timeout");
    let answer: Answer<T>;
    try {
      answer = await oneAnswer(safe.url, safe.addresses, { ...request, headers, timeoutMs }, take, record);
    } catch (error) {
      return failed(faultOf(error));
    }
    if ("value" in answer) return { ok: true, value: answer.value, evidence };
    if (left <= 0 || request.method === "POST" || !URL.canParse(answer.location, url)) return failed("malformed");
    const next = new URL(answer.location, url);
    if (next.origin !== new URL(url).origin) {
      const { authorization: _secret, ...rest } = headers;
      headers = rest;
    }
    url = next.href;
  }
}

function withoutSecrets(text: string): string {
  if (!URL.canParse(text)) return text.slice(0, 200);
  const url = new URL(text);
  url.username = "";
  url.password = "";
  return url.href.slice(0, 500);
}

type Answer<T> = { value: T } | { location: string };

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

function oneAnswer<T>(
  url: URL,
  addresses: string[],
  asked: Request,
  take: Take<T>,
  record: RequestRecord,
): Promise<Answer<T>> {
  const pinned: LookupFunction = (_host, options, done) => {
    const all = addresses.map((address) => ({ address, family: isIP(address) }));
    if (options.all) done(null, all);
    else done(null, all[0]?.address ?? "", all[0]?.family ?? 4);
  };
  return new Promise((resolve, reject) => {
    const client = url.protocol === "https:" ? https : http;
    const request = client.request(url, {
      method: asked.method ?? "GET",
      headers: { "accept-encoding": "identity", "user-agent": "freehold-forge-verify", ...asked.headers },
      lookup: pinned,
      agent: false,
      ...(asked.localAddress === undefined ? {} : { localAddress: asked.localAddress }),
    });
    const end = (settle: () => void) => {
      clearTimeout(timer);
      request.destroy();
      settle();
    };
    const fail = (error: unknown) => end(() => reject(error));
    const timer = setTimeout(() => fail(new AskFault("timeout")), asked.timeoutMs);
    request.on("error", fail);
    // A server that changes the protocol, or leaves, has answered nothing; no other event may ever come.
    request.on("upgrade", (_response, socket) => {
      socket.destroy();
      fail(new AskFault("malformed"));
    });
    let answered = false;
    request.on("close", () => !answered && fail(new AskFault("server_error")));
    request.on("response", (response) => {
      answered = true;
      record.status = response.statusCode ?? 0;
      // Whoever reads it meets the error there; who has stopped reading wants no more of it.
      response.on("error", () => undefined);
      const { location } = response.headers;
      if (redirects.has(record.status) && location !== undefined) return end(() => resolve({ location }));
      take(response, url.href).then(({ value, seen }) => {
        Object.assign(record, seen);
        end(() => resolve({ value }));
      }, fail);
    });
    request.end(asked.body);
  });
}

function faultOf(error: unknown): Fault {
  if (error instanceof AskFault) return error.fault;
  const code = String((error as { code?: unknown }).code ?? "");
  if (/CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO/.test(code)) return "tls";
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "dns";
  if (code === "ETIMEDOUT") return "timeout";
  return "server_error";
}

/** What a status says when it is not the answer hoped for. */
export function faultOfStatus(status: number, headers: http.IncomingHttpHeaders | Record<string, unknown>): Fault {
  if (status === 404 || status === 410 || status === 204) return "not_found";
  if (status === 451) return "legal_block";
  if (status === 429) return "rate_limited";
  if (status === 403 && (headers["retry-after"] || headers["x-ratelimit-remaining"] === "0")) return "rate_limited";
  if (status === 401 || status === 403) return "unauthorized";
  if (status >= 500) return "server_error";
  return "malformed";
}

const longestWaitMs = 6 * 3_600_000;

/** How long the server asks us to wait, in milliseconds; undefined when it does not say. `at` is the machine's clock. */
export function retryAfterOf(headers: Record<string, unknown>, at: Date = new Date()): number | undefined {
  const seconds = Number(headers["retry-after"]);
  if (headers["retry-after"] !== undefined && Number.isFinite(seconds)) {
    return Math.min(longestWaitMs, Math.max(1, seconds) * 1000);
  }
  const reset = Number(headers["x-ratelimit-reset"]);
  if (headers["x-ratelimit-remaining"] !== "0" || !Number.isFinite(reset)) return undefined;
  return Math.min(longestWaitMs, Math.max(60_000, reset * 1000 - at.getTime()));
}
