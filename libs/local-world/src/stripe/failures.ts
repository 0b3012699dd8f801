import { invalid } from "./refusal.ts";

/**
 * What can go wrong on purpose.
 * - `429`, `409`: refused before anything happens, not saved under the key.
 * - `500`: nothing happens, and the 500 is saved under the key. `500_after`: it happens, and a 500 is answered and saved.
 * - `timeout_before`, `timeout_after`: no answer; the connection hangs until the caller gives up (or `hold_ms`). After: it happened.
 * - `reset`: the connection breaks before anything happens. `reset_after`: it breaks afterwards.
 * - `slow`: answered properly, `hold_ms` later; meanwhile the same key is in use.
 */
export type FailureKind =
  | 429
  | 500
  | 409
  | "500_after"
  | "timeout_before"
  | "timeout_after"
  | "reset"
  | "reset_after"
  | "slow";

export interface Failure {
  status: FailureKind;
  /** Only calls whose path contains this text (or, as a RegExp, matches). */
  path?: string | RegExp;
  method?: "GET" | "POST";
  /** Milliseconds of the machine's time. */
  hold_ms?: number;
}

const KINDS = new Set<unknown>([
  429,
  500,
  409,
  "500_after",
  "timeout_before",
  "timeout_after",
  "reset",
  "reset_after",
  "slow",
]);

export class Failures {
  #queue: { left: number; failure: Failure }[] = [];

  add(count: number, failure: Failure): void {
    if (!KINDS.has(failure.status)) throw invalid(`The simulator cannot fail with ${String(failure.status)}.`);
    this.#queue.push({ left: count, failure });
  }

  /** The failure this call meets, if any; each counts once. */
  take(method: string, path: string): Failure | undefined {
    const i = this.#queue.findIndex(({ failure: f }) => {
      if (f.method !== undefined && f.method !== method) return false;
      return f.path === undefined || (typeof f.path === "string" ? path.includes(f.path) : f.path.test(path));
    });
    const hit = this.#queue[i];
    if (hit === undefined) return undefined;
    hit.left -= 1;
    if (hit.left <= 0) this.#queue.splice(i, 1);
    return hit.failure;
  }

  clear(): void {
    this.#queue = [];
  }
}
