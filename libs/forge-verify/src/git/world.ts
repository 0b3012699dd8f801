import type { AddressGuard } from "../address/guard.ts";
import type { Observed, RequestRecord } from "../evidence.ts";
import type { Advertisement } from "./advertise.ts";

export interface SourceLimits {
  /** All that is asked of others to see one release's sources, in milliseconds. */
  sourceTimeoutMs: number;
  /** Each such question, in milliseconds. */
  sourceQuestionMs: number;
  maxSubmodules: number;
  /** Submodules of submodules. */
  maxSubmoduleDepth: number;
  /** Each repository that is referred to, in bytes. */
  maxSubmoduleBytes: number;
  maxLfsPointers: number;
  /** All objects of Git LFS together, in bytes. */
  maxLfsBytes: number;
}

/** What a check may ask of the world; every request is written down in `requests`. */
export interface World {
  guard: AddressGuard;
  /** `totalMs`: for all answers together, in milliseconds. */
  advertised: (cloneUrl: string, totalMs?: number) => Promise<Observed<Advertisement>>;
  requests: RequestRecord[];
  limits: SourceLimits;
}

/** Time that many questions share, by the machine's clock; it begins to run when it is made. */
export class TimeBudget {
  readonly #until: number;
  readonly #questionMs: number;

  /** Both in milliseconds. */
  constructor(wholeMs: number, questionMs: number) {
    this.#until = performance.now() + wholeMs;
    this.#questionMs = questionMs;
  }

  /** How long the next question may take, in milliseconds; 0 when all is spent. */
  left(atMost = Number.POSITIVE_INFINITY): number {
    return Math.max(0, Math.min(atMost, this.#questionMs, Math.floor(this.#until - performance.now())));
  }
}
