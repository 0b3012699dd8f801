import { isIP, type LookupFunction } from "node:net";
import WebSocket from "ws";
import { faultOfStatus, retryAfterOf } from "../address/ask.ts";
import type { AddressGuard } from "../address/guard.ts";
import type { Fault, Observed, RequestRecord } from "../evidence.ts";
import type { PushHint } from "./forge.ts";
import { readKnotEvent } from "./ref-update.ts";

export interface KnotEventLimits {
  /** From the first request to the end, in milliseconds. */
  totalMs: number;
  handshakeMs: number;
  /** Silence after which everything that was waiting has been said, in milliseconds. */
  quietMs: number;
  /** One message, in bytes. */
  maxMessageBytes: number;
  maxBytes: number;
  maxEvents: number;
}

const standard: KnotEventLimits = {
  totalMs: 20_000,
  handshakeMs: 10_000,
  quietMs: 1500,
  maxMessageBytes: 256_000,
  maxBytes: 4_000_000,
  maxEvents: 2000,
};

export interface KnotEvents {
  /** Where to go on: nanoseconds since 1970, UTC, decimal. */
  cursor: string;
  hints: PushHint[];
}

const inNanoseconds = (ms: number) => BigInt(ms) * 1_000_000n;
/** Without a cursor we look back this far; events that were told twice do no harm. */
const LOOK_BACK_MS = 3_600_000;
/** A knot whose clock is ahead of ours by more than this does not move the cursor. */
const CLOCK_ROOM_MS = 600_000;

/**
 * Read what a knot says was pushed since `cursor`, until it is quiet for a moment or a limit is reached, and leave. The
 * stream is unsigned and the knot hostile: every word of it is a hint. A limit that is reached is no fault; the next
 * reading goes on from there.
 * @param cursor nanoseconds since 1970, decimal; null for the last hour
 */
export async function readKnotEvents(
  guard: AddressGuard,
  knotUrl: string,
  cursor: string | null,
  limits: Partial<KnotEventLimits> = {},
): Promise<Observed<KnotEvents>> {
  const bounds = { ...standard, ...limits };
  const record: RequestRecord = { method: "GET", url: knotUrl.slice(0, 300), status: null };
  const evidence = [record];
  const failed = (fault: Fault, wait?: number): Observed<KnotEvents> => {
    record.fault = fault;
    return { ok: false, fault, evidence, ...(wait === undefined ? {} : { retryAfterMs: wait }) };
  };
  const begun = Date.now();
  const from = cursor !== null && /^\d{1,20}$/.test(cursor) ? cursor : String(inNanoseconds(begun - LOOK_BACK_MS));
  if (!URL.canParse(knotUrl)) return failed("unsafe_url");
  const asked = new URL(`/events?cursor=${from}`, knotUrl);
  record.url = asked.href;
  const safe = await guard.check(asked);
  if (!safe.ok) return failed(safe.fault);
  record.addresses = safe.addresses;

  const socket = new WebSocket(safe.url.href.replace(/^http/, "ws"), {
    // The connection goes where the check looked and nowhere else.
    lookup: pinnedTo(safe.addresses),
    followRedirects: false,
    perMessageDeflate: false,
    maxPayload: bounds.maxMessageBytes,
    handshakeTimeout: bounds.handshakeMs,
    headers: { "user-agent": "freehold-forge-verify" },
  } as WebSocket.ClientOptions);

  const latest = inNanoseconds(begun + CLOCK_ROOM_MS);
  let reached = BigInt(from);
  let bytes = 0;
  let count = 0;
  const hints: PushHint[] = [];
  const take = (text: string) => {
    const event = readKnotEvent(text);
    if (event === null) return;
    if (event.cursor !== null && event.cursor > reached && event.cursor <= latest) reached = event.cursor;
    if (event.hint !== null) hints.push(event.hint);
  };

  return new Promise((resolve) => {
    let opened = false;
    let ended = false;
    let quiet: NodeJS.Timeout | undefined;
    const finish = (answer: Observed<KnotEvents>) => {
      ended = true;
      clearTimeout(whole);
      clearTimeout(quiet);
      socket.terminate();
      resolve(answer);
    };
    const done = () => finish({ ok: true, value: { cursor: String(reached), hints }, evidence });
    const listen = () => {
      clearTimeout(quiet);
      quiet = setTimeout(done, bounds.quietMs);
    };
    const whole = setTimeout(() => (opened ? done() : finish(failed("timeout"))), bounds.totalMs);
    socket.on("open", () => {
      opened = true;
      record.status = 101;
      listen();
    });
    socket.on("message", (data, isBinary) => {
      if (ended) return;
      const text = isBinary ? "" : String(data as Buffer);
      bytes += (data as Buffer).length;
      count += 1;
      if (bytes <= bounds.maxBytes) take(text);
      if (bytes >= bounds.maxBytes || count >= bounds.maxEvents) done();
      else listen();
    });
    socket.on("unexpected-response", (_request, response) => {
      const status = response.statusCode ?? 0;
      record.status = status;
      response.destroy();
      finish(failed(faultOfStatus(status, response.headers), retryAfterOf(response.headers)));
    });
    socket.on("error", (error: Error & { code?: string }) => {
      // What was said before the line broke was said; where nothing was, the fault is the answer.
      if (opened && count > 0) done();
      else finish(failed(faultOfError(error)));
    });
    socket.on("close", () => (opened ? done() : finish(failed("server_error"))));
  });
}

function pinnedTo(addresses: string[]): LookupFunction {
  return (_host, options, done) => {
    const all = addresses.map((address) => ({ address, family: isIP(address) }));
    if (options.all) done(null, all);
    else done(null, all[0]?.address ?? "", all[0]?.family ?? 4);
  };
}

function faultOfError(error: Error & { code?: string }): Fault {
  const code = error.code ?? "";
  if (code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH") return "too_large";
  if (code.startsWith("WS_ERR")) return "malformed";
  if (/CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO/.test(code)) return "tls";
  if (/timed? ?out|ETIMEDOUT/i.test(`${code} ${error.message}`)) return "timeout";
  return "server_error";
}
