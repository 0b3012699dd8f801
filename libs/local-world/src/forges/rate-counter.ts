/** GitHub's hourly allowance, counted for all callers together: a laptop has one of everything. */
export class RateCounter {
  readonly #limit: number;
  #remaining: number;
  #resetAt = 0;
  #refused = false;

  constructor(limit: number) {
    this.#limit = limit;
    this.#remaining = limit;
  }

  set(remaining: number, at: Date): void {
    this.#remaining = remaining;
    this.#resetAt = at.getTime() + 3_600_000;
  }

  /** Count one request and give the headers that tell the caller where it stands. */
  count(at: Date): Record<string, string> {
    if (at.getTime() >= this.#resetAt) this.set(this.#limit, at);
    this.#refused = this.#remaining === 0;
    if (!this.#refused) this.#remaining -= 1;
    return {
      "x-ratelimit-limit": String(this.#limit),
      "x-ratelimit-remaining": String(this.#remaining),
      "x-ratelimit-used": String(this.#limit - this.#remaining),
      "x-ratelimit-reset": String(Math.floor(this.#resetAt / 1000)),
      "x-ratelimit-resource": "core",
    };
  }

  /** Whether the request counted last was one too many. */
  exhausted(): boolean {
    return this.#refused;
  }
}
