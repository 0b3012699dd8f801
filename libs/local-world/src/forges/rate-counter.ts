/** What a caller is told when it asked too often, and the headers that tell it where it stands. */
export interface RateAnswer {
  headers: Record<string, string>;
  refusal: { status: 403 | 429; message: string } | null;
}

const HOUR_MS = 3_600_000;
const primary = "API rate limit exceeded for 127.0.0.1.";
const secondary = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";

/** GitHub's allowances, counted for all callers together: a laptop has one of everything. Machine time. */
export class RateCounter {
  readonly #limit: number;
  #remaining: number;
  #resetAt = 0;
  #secondary: { left: number; status: 403 | 429; retryAfterSeconds: number | null } | null = null;

  constructor(limit: number) {
    this.#limit = limit;
    this.#remaining = limit;
  }

  /** How many requests remain, and for how long, in milliseconds. */
  set(remaining: number, resetInMs = HOUR_MS): void {
    this.#remaining = remaining;
    this.#resetAt = Date.now() + resetInMs;
  }

  /** The next `count` requests meet the secondary limit; without seconds they are not told for how long. */
  limit(count: number, retryAfterSeconds: number | null, status: 403 | 429): void {
    this.#secondary = { left: count, retryAfterSeconds, status };
  }

  /** Count one request. */
  count(): RateAnswer {
    if (this.#secondary && this.#secondary.left > 0) {
      const { retryAfterSeconds, status } = this.#secondary;
      this.#secondary.left -= 1;
      const wait = retryAfterSeconds === null ? {} : { "retry-after": String(retryAfterSeconds) };
      return { headers: { ...this.#headers(), ...wait }, refusal: { status, message: secondary } };
    }
    if (Date.now() >= this.#resetAt) this.set(this.#limit);
    const refused = this.#remaining === 0;
    if (!refused) this.#remaining -= 1;
    return { headers: this.#headers(), refusal: refused ? { status: 403, message: primary } : null };
  }

  #headers(): Record<string, string> {
    return {
      "x-ratelimit-limit": String(this.#limit),
      "x-ratelimit-remaining": String(this.#remaining),
      "x-ratelimit-used": String(this.#limit - this.#remaining),
      "x-ratelimit-reset": String(Math.ceil(this.#resetAt / 1000)),
      "x-ratelimit-resource": "core",
    };
  }
}
