import type { IncomingHttpHeaders } from "node:http";
import type { EvidenceStore, Kept } from "../evidence-store.ts";
import type { Observed } from "../evidence.ts";
import { ask, AskFault, faultOfStatus, follow } from "./ask.ts";
import type { AddressGuard } from "./guard.ts";

export interface VisitLimits {
  /** Whole time, redirects included, in milliseconds. */
  timeoutMs: number;
  /** So much of a page is read, in bytes: enough to know that it comes. */
  maxBytes: number;
}

/** A look at an address from outside. */
export interface Visit {
  /** HTTP status in the end, after redirects. */
  status: number;
  /** From the question to what was read, in milliseconds. */
  tookMs: number;
  /** How much was read, at most `maxBytes`. */
  bytes: number;
}

const REDIRECTS = 5;

/**
 * Looks whether an address answers, as a visitor would: redirects are followed, each checked anew. A long page counts as
 * soon as enough of it came; one that drips until the time is over is the fault `timeout`. Any status is an answer.
 */
export async function visit(guard: AddressGuard, url: string, limits: VisitLimits): Promise<Observed<Visit>> {
  const began = performance.now();
  const answer = await ask(guard, {
    url,
    headers: { accept: "*/*", "user-agent": "freehold-preview-watch" },
    maxBytes: limits.maxBytes,
    timeoutMs: limits.timeoutMs,
    totalMs: limits.timeoutMs,
    redirects: REDIRECTS,
    beginningIsEnough: true,
  });
  if (!answer.ok) return answer;
  const { status, body } = answer.value;
  const tookMs = Math.round(performance.now() - began);
  return { ok: true, value: { status, tookMs, bytes: body.length }, evidence: answer.evidence };
}

export interface Downloaded {
  kept: Kept;
  /** What the file is called, made harmless: letters, digits, dot, hyphen and underscore; at most 100 characters. */
  name: string;
  /** As the server says; not to be believed. */
  contentType: string | null;
}

/**
 * Fetches a file into the store, hashing it on its way. It is kept as it was sent: an answer that is encoded although
 * nobody asked for it is refused (`malformed`), so that nothing is ever unpacked. Anything but 200 is the fault of its status.
 * @param timeoutMs whole time, redirects included: what ends a server that drips
 */
export async function download(
  guard: AddressGuard,
  url: string,
  store: EvidenceStore,
  limits: { maxBytes: number; timeoutMs: number },
): Promise<Observed<Downloaded>> {
  const { timeoutMs, maxBytes } = limits;
  const headers = { accept: "*/*", "user-agent": "freehold-preview-watch" };
  const request = { url, headers, timeoutMs, totalMs: timeoutMs, redirects: REDIRECTS };
  return follow(guard, request, async (response, from) => {
    const { statusCode = 0, headers: said } = response;
    if (statusCode !== 200) throw new AskFault(faultOfStatus(statusCode, said));
    if ((said["content-encoding"] ?? "identity").toLowerCase() !== "identity") throw new AskFault("malformed");
    if (Number(said["content-length"] ?? 0) > maxBytes) throw new AskFault("too_large");
    const kept = await store.keep(response, maxBytes);
    if ("fault" in kept) throw new AskFault(kept.fault);
    return {
      value: { kept, name: nameOf(said, from), contentType: said["content-type"]?.slice(0, 100) ?? null },
      seen: { bodySha256: kept.sha256 },
    };
  });
}

/** What a file is called: as its server says, else by its address; never a path, never anything a header could be broken with. */
export function nameOf(headers: IncomingHttpHeaders, url: string): string {
  const disposition = headers["content-disposition"] ?? "";
  const said =
    /filename\*\s*=\s*utf-8'[^']*'([^;]+)/i.exec(disposition)?.[1] ??
    /filename\s*=\s*"([^"]*)"/i.exec(disposition)?.[1] ??
    /filename\s*=\s*([^;\s]+)/i.exec(disposition)?.[1] ??
    new URL(url).pathname;
  const last = decoded(said).split(/[/\\]/).at(-1) ?? "";
  const harmless = last
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^[.-]+|[.-]+$/g, "")
    .slice(-100);
  return harmless === "" ? "preview" : harmless;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
