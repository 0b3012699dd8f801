import { createHash } from "node:crypto";
import { ask, AskFault, faultOfStatus, follow } from "../address/ask.ts";
import type { AddressGuard } from "../address/guard.ts";
import type { Fault, Observed, RequestRecord } from "../evidence.ts";
import type { TimeBudget } from "./world.ts";

/** A small text in the place of a file that is kept elsewhere (Git LFS). */
export interface LfsPointer {
  oid: string;
  size: number;
}

/** What a pointer names; null for a text that is none, undefined for one that begins like a pointer and is broken. */
export function readPointer(text: string): LfsPointer | null | undefined {
  if (!/^version https:\/\/(git-lfs\.github\.com|hawser\.github\.com)\/spec\//.test(text)) return null;
  const oid = /^oid sha256:([0-9a-f]{64})$/m.exec(text)?.[1];
  const size = /^size (\d{1,15})$/m.exec(text)?.[1];
  return oid === undefined || size === undefined ? undefined : { oid, size: Number(size) };
}

export interface LfsLimits {
  budget: TimeBudget;
  /** All objects together, in bytes. */
  maxBytes: number;
}

type Seen = "public" | Fault;

/** One answer of a server that is quick, in milliseconds. */
const ANSWER_MS = 30_000;
/** Objects fetched at the same time. */
const AT_ONCE = 6;

/**
 * Fetch objects as anybody can, without an account: ask the batch API where they are, download each and hash it on its
 * way. "public" only when the very bytes came; `not_found` when other bytes did. Nothing is kept. Nobody is asked any more
 * after an answer that is `enough`, or when the time is spent: what was not asked for then is not in `found`.
 */
export async function followPointers(
  guard: AddressGuard,
  lfsUrl: string,
  pointers: readonly LfsPointer[],
  { budget, maxBytes }: LfsLimits,
  enough: (seen: Seen) => boolean,
): Promise<{ found: Map<string, Seen>; evidence: RequestRecord[] }> {
  const evidence: RequestRecord[] = [];
  const wanted = new Map(pointers.map((one) => [one.oid, one]));
  const found = new Map<string, Seen>();
  let left = maxBytes;
  let done = false;
  const isOver = () => (done ||= budget.left() === 0);
  for (const batch of inHundreds([...wanted.values()])) {
    if (isOver()) break;
    const places = await askBatch(guard, lfsUrl, batch, budget.left(ANSWER_MS));
    evidence.push(...places.evidence);
    const look = async (pointer: LfsPointer): Promise<Seen> => {
      const place = places.ok ? places.value.get(pointer.oid) : { fault: places.fault };
      if (!place) return "not_found";
      if ("fault" in place) return place.fault;
      if (pointer.size > left) return "too_large";
      left -= pointer.size;
      const fetched = await fetchObject(guard, place, pointer, budget);
      evidence.push(...fetched.evidence);
      if (!fetched.ok) return fetched.fault;
      return fetched.value ? "public" : "not_found";
    };
    const waiting = [...batch];
    const follow = async () => {
      for (let pointer = waiting.shift(); pointer && !isOver(); pointer = waiting.shift()) {
        const seen = await look(pointer);
        found.set(pointer.oid, seen);
        done ||= enough(seen);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, follow));
  }
  return { found, evidence };
}

interface Place {
  href: string;
  headers: Record<string, string>;
}

async function askBatch(
  guard: AddressGuard,
  lfsUrl: string,
  batch: readonly LfsPointer[],
  timeoutMs: number,
): Promise<Observed<Map<string, Place | { fault: Fault }>>> {
  const type = "application/vnd.git-lfs+json";
  const body = JSON.stringify({ operation: "download", transfers: ["basic"], hash_algo: "sha256", objects: batch });
  const answer = await ask(guard, {
    url: `${lfsUrl.replace(/\/+$/, "")}/objects/batch`,
    method: "POST",
    headers: { accept: type, "content-type": type },
    body,
    maxBytes: 1_000_000,
    timeoutMs,
  });
  if (!answer.ok) return answer;
  const { evidence } = answer;
  const { status, headers, body: said } = answer.value;
  if (status !== 200) return { ok: false, fault: faultOfStatus(status, headers), evidence };
  let objects: unknown;
  try {
    objects = (JSON.parse(said.toString("utf8")) as { objects?: unknown } | null)?.objects;
  } catch {
    objects = null;
  }
  if (!Array.isArray(objects)) return { ok: false, fault: "malformed", evidence };
  const places = new Map<string, Place | { fault: Fault }>();
  for (const one of objects as unknown[]) {
    const { oid, actions, error } = (one ?? {}) as Record<string, Record<string, unknown> | string | undefined>;
    if (typeof oid !== "string") continue;
    const code = typeof error === "object" ? Number(error["code"]) : 0;
    if (code > 0) places.set(oid, { fault: faultOfStatus(code, {}) });
    const download = typeof actions === "object" ? (actions["download"] as Record<string, unknown> | undefined) : null;
    const href = download?.["href"];
    if (code > 0 || typeof href !== "string") continue;
    places.set(oid, { href, headers: plainHeaders(download?.["header"]) });
  }
  return { ok: true, value: places, evidence };
}

/** The headers a server wants with a download: they are its own, handed to anybody, and no secret of ours. */
function plainHeaders(given: unknown): Record<string, string> {
  if (typeof given !== "object" || given === null) return {};
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(given).slice(0, 20)) {
    const plain = /^[A-Za-z0-9-]{1,60}$/.test(name) && typeof value === "string" && /^[\x20-\x7e]{0,4000}$/.test(value);
    if (plain && !/^(host|connection|content-length|transfer-encoding|upgrade|expect)$/i.test(name)) kept[name] = value;
  }
  return kept;
}

/** Whether the very bytes came. */
function fetchObject(
  guard: AddressGuard,
  { href, headers }: Place,
  { oid, size }: LfsPointer,
  budget: TimeBudget,
): Promise<Observed<boolean>> {
  // Ten seconds more for each MB: a slow line is no fault of the developer's.
  const totalMs = budget.left(ANSWER_MS + Math.ceil(size / 1_000_000) * 10_000);
  return follow(guard, { url: href, headers, timeoutMs: totalMs, totalMs, redirects: 3 }, async (response) => {
    const { statusCode = 0, headers: said } = response;
    if (statusCode !== 200) throw new AskFault(faultOfStatus(statusCode, said));
    const hash = createHash("sha256");
    let bytes = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > size) break;
      hash.update(chunk);
    }
    const digest = hash.digest("hex");
    return { value: bytes === size && digest === oid, seen: { bodySha256: digest } };
  });
}

function* inHundreds<T>(all: readonly T[]): Generator<T[]> {
  for (let at = 0; at < all.length; at += 100) yield all.slice(at, at + 100);
}
