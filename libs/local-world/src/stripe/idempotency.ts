import { createHash } from "node:crypto";
import { invalid, Refusal } from "./refusal.ts";
import type { KeyRecord } from "./records.ts";
import { fades, type World } from "./world.ts";

interface Call {
  method: string;
  path: string;
  params: unknown;
  account: string | null;
}

const idOf = (key: string, account: string | null): string => `${account ?? ""}:${key}`;

/**
 * Idempotency keys. v1: the first answer of a call that began to execute is saved, errors and 500s included, and given
 * again for 24 hours of the story. v2: only successes are saved, for 30 days; failed work is executed again.
 */
export class Keys {
  #world: World;
  #inFlight = new Set<string>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Takes the key for this call until `leave`; refuses while another call has it. */
  take(key: string, account: string | null): void {
    if (key.length > 255) throw invalid("Idempotency keys can be at most 255 characters long.");
    const id = idOf(key, account);
    if (this.#inFlight.has(id)) {
      throw new Refusal(409, {
        type: "idempotency_error",
        code: "idempotency_key_in_use",
        message: `There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through): ${key}. Please try again later.`,
      });
    }
    this.#inFlight.add(id);
  }

  leave(key: string, account: string | null): void {
    this.#inFlight.delete(idOf(key, account));
  }

  /** The answer saved under this key and not yet forgotten at `now` (story seconds); refuses another request. */
  saved(key: string, call: Call, now: number): KeyRecord | null {
    const saved = this.#world.store.get("key", idOf(key, call.account));
    if (saved === undefined || fades(saved) <= now) return null;
    if (saved.method !== call.method || saved.path !== call.path) {
      throw mismatch(
        `Keys for idempotent requests can only be used for the same endpoint they were first used for ('${saved.path}' vs '${call.path}'). Try using a key other than '${key}' if you meant to execute a different request.`,
      );
    }
    if (saved.params_hash !== hashOf(call.params)) {
      throw mismatch(
        `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`,
      );
    }
    return saved;
  }

  save(key: string, call: Call, answer: { status: number; body: string; requestId: string }): void {
    const record: KeyRecord = {
      id: idOf(key, call.account),
      created: this.#world.now,
      method: call.method,
      path: call.path,
      params_hash: hashOf(call.params),
      status: answer.status,
      body: answer.body,
      request_id: answer.requestId,
    };
    this.#world.store.save("key", record);
    this.#world.timers.add(fades(record), { what: "key.fades", id: record.id });
  }

  /** Whether an answer of this generation and status is saved. */
  static keeps(path: string, status: number, kept: boolean): boolean {
    if (path.startsWith("/v2/")) return status < 300;
    return status < 300 || status >= 500 || kept;
  }
}

const mismatch = (message: string): Refusal => new Refusal(400, { type: "idempotency_error", message });

function hashOf(params: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify(sorted(params)) ?? "")
    .digest("base64url");
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([k, v]) => [k, sorted(v)]),
  );
}
