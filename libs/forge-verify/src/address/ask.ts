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
  /** How many redirects are followed, each checked anew. */
  redirects?: number;
}

export interface Reply {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: Buffer;
  /** Where the answer came from in the end. */
  url: string;
}

class AskFault extends Error {
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
export async function ask(guard: AddressGuard, question: Question): Promise<Observed<Reply>> {
  const evidence: RequestRecord[] = [];
  let url = question.url;
  let headers = question.headers ?? {};
  for (let left = question.redirects ?? 0; ; left -= 1) {
    const record: RequestRecord = { method: question.method ?? "GET", url: withoutSecrets(url), status: null };
    evidence.push(record);
    const safe = await guard.check(url);
    if (!safe.ok) {
      record.fault = safe.fault;
      return { ok: false, fault: safe.fault, evidence };
    }
    record.addresses = safe.addresses;
    let reply: Reply;
    try {
      reply = await oneAnswer(safe.url, safe.addresses, { ...question, headers });
    } catch (error) {
      const fault = faultOf(error);
      record.fault = fault;
      return { ok: false, fault, evidence };
    }
    record.status = reply.status;
    record.bodySha256 = sha256(reply.body);
    const location = reply.headers.location;
    const moved = [301, 302, 303, 307, 308].includes(reply.status) && location !== undefined;
    if (!moved) return { ok: true, value: reply, evidence };
    if (left <= 0 || question.method === "POST" || !URL.canParse(location, url)) {
      record.fault = "malformed";
      return { ok: false, fault: "malformed", evidence };
    }
    const next = new URL(location, url);
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

function oneAnswer(url: URL, addresses: string[], question: Question): Promise<Reply> {
  const pinned: LookupFunction = (_host, options, done) => {
    const all = addresses.map((address) => ({ address, family: isIP(address) }));
    if (options.all) done(null, all);
    else done(null, all[0]?.address ?? "", all[0]?.family ?? 4);
  };
  return new Promise((resolve, reject) => {
    const client = url.protocol === "https:" ? https : http;
    const request = client.request(url, {
      method: question.method ?? "GET",
      headers: { "accept-encoding": "identity", "user-agent": "freehold-forge-verify", ...question.headers },
      lookup: pinned,
      agent: false,
    });
    const timer = setTimeout(() => request.destroy(new AskFault("timeout")), question.timeoutMs);
    const stop = (error: unknown) => {
      clearTimeout(timer);
      request.destroy();
      reject(error);
    };
    request.on("error", stop);
    request.on("response", (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size > question.maxBytes) stop(new AskFault("too_large"));
        else chunks.push(chunk);
      });
      response.on("error", stop);
      response.on("aborted", () => stop(new AskFault("server_error")));
      response.on("end", () => {
        clearTimeout(timer);
        const { statusCode = 0, headers } = response;
        resolve({ status: statusCode, headers, body: Buffer.concat(chunks), url: url.href });
      });
    });
    request.end(question.body);
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
