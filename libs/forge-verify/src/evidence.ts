import { createHash } from "node:crypto";

/** Why an observation could not be made. None of these says anything about the developer by itself. */
export type Fault =
  | "not_found"
  | "unauthorized"
  | "legal_block"
  | "rate_limited"
  | "server_error"
  | "timeout"
  | "dns"
  | "tls"
  | "too_large"
  | "malformed"
  | "unsafe_url"
  /** Something that had to be observed was not. */
  | "gap";

/** One request that was made, without what changes from run to run (durations, dates, tokens). */
export interface RequestRecord {
  method: string;
  url: string;
  /** HTTP status, or null when there was no answer. */
  status: number | null;
  fault?: Fault;
  /** The addresses the host's name led to when the request was made; it went to one of these. */
  addresses?: string[];
  bodySha256?: string;
  /** Asked with an account of ours: what came back is not for everybody's eyes. */
  withToken?: true;
  /** The answer itself, until it is kept under its hash; never part of a report. */
  body?: Buffer;
}

/** What was asked of somebody else's server: a value, or the fault that kept it from us, and every request made. */
export type Observed<T> =
  | { ok: true; value: T; evidence: RequestRecord[] }
  | { ok: false; fault: Fault; evidence: RequestRecord[]; retryAfterMs?: number };

/** Facts of an observation that could not be made. */
export interface FaultFacts {
  fault: Fault;
  retryAfterMs?: number;
}

export function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

/** JSON with sorted keys and no spaces (RFC 8785 for the values we use): equal facts give equal bytes. */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === "boolean" || typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new TypeError("a number in evidence must be finite");
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(",")}]`;
  if (typeof value === "object") {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(",")}}`;
  }
  throw new TypeError(`a ${typeof value} cannot be evidence`);
}

/** sha256 (hex) over the canonical JSON of a value. */
export function digestOf(value: unknown): string {
  return sha256(canonicalJson(value));
}
