import { refusal } from "@freehold/contract";

interface Bucket {
  left: number;
  at: number;
}

const MINUTE_MS = 60_000;
const BUCKETS_MAX = 20_000;

/** How often one address (with one party) may do something, counted in this process. Machine time. */
export class Limit {
  readonly #perMinute: number;
  readonly #clock: () => number;
  readonly #buckets = new Map<string, Bucket>();

  /** @param perMinute also how many may come at once */
  constructor(perMinute: number, clock: () => number = Date.now) {
    this.#perMinute = perMinute;
    this.#clock = clock;
  }

  /** Refuses: too_many_requests, with `retryAfterSeconds`. */
  take(key: string): void {
    const at = this.#clock();
    const bucket = this.#buckets.get(key) ?? { left: this.#perMinute, at };
    const left = this.#refilled(bucket, at);
    if (left < 1) {
      const retryAfterSeconds = Math.ceil(((1 - left) * MINUTE_MS) / this.#perMinute / 1000);
      throw refusal("too_many_requests", `That was too often. Try again in ${retryAfterSeconds} seconds.`, {
        retryAfterSeconds,
      });
    }
    this.#buckets.set(key, { left: left - 1, at });
    if (this.#buckets.size > BUCKETS_MAX) this.#forgetFull(at);
  }

  #refilled({ left, at }: Bucket, now: number): number {
    return Math.min(this.#perMinute, left + ((now - at) * this.#perMinute) / MINUTE_MS);
  }

  /** Full buckets say nothing. If most are not full, everybody begins anew: memory stays bounded. */
  #forgetFull(now: number): void {
    for (const [key, bucket] of this.#buckets)
      if (this.#refilled(bucket, now) >= this.#perMinute) this.#buckets.delete(key);
    if (this.#buckets.size > BUCKETS_MAX / 2) this.#buckets.clear();
  }
}

export interface Limits {
  /** What changes something. */
  changes: Limit;
  signIns: Limit;
}

/** In the local world everybody comes from one address. */
export const createLimits = (local: boolean): Limits => ({
  changes: new Limit(local ? 6_000 : 60),
  signIns: new Limit(local ? 2_000 : 20),
});
