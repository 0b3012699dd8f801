import type { Fault, Observed, RequestRecord } from "../evidence.ts";

/** Thrown inside a chain to leave it at the first question that has no answer. */
export class NoAnswer extends Error {
  readonly fault: Fault;
  readonly retryAfterMs: number | undefined;
  constructor(fault: Fault, retryAfterMs?: number) {
    super(fault);
    this.fault = fault;
    this.retryAfterMs = retryAfterMs;
  }
}

export interface ChainLimits {
  /** One answer, in milliseconds. */
  timeoutMs: number;
  /** The whole chain, in milliseconds. */
  totalMs: number;
  maxQuestions: number;
}

/** Questions that follow from each other, asked of servers that may want us to ask for ever. */
export class QuestionChain {
  readonly evidence: RequestRecord[] = [];
  readonly #limits: ChainLimits;
  readonly #until: number;
  #asked = 0;

  constructor(limits: ChainLimits) {
    this.#limits = limits;
    this.#until = performance.now() + limits.totalMs;
  }

  /** A question whose answer is needed: without one the chain ends here. */
  async need<T>(question: (timeoutMs: number) => Promise<Observed<T>>): Promise<T> {
    const answer = await this.try(question);
    if (!answer.ok) throw new NoAnswer(answer.fault, answer.retryAfterMs);
    return answer.value;
  }

  /** A question that may stay without an answer. */
  async try<T>(question: (timeoutMs: number) => Promise<Observed<T>>): Promise<Observed<T>> {
    this.#asked += 1;
    if (this.#asked > this.#limits.maxQuestions) throw new NoAnswer("too_large");
    const left = this.#until - performance.now();
    if (left <= 0) throw new NoAnswer("timeout");
    const answer = await question(Math.min(this.#limits.timeoutMs, left));
    this.evidence.push(...answer.evidence);
    return answer;
  }
}

/** Walk a chain: every request goes into the evidence, the first missing answer that is needed ends it. */
export async function walk<T>(limits: ChainLimits, steps: (chain: QuestionChain) => Promise<T>): Promise<Observed<T>> {
  const chain = new QuestionChain(limits);
  const { evidence } = chain;
  try {
    return { ok: true, value: await steps(chain), evidence };
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    const wait = error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs };
    return { ok: false, fault: error.fault, evidence, ...wait };
  }
}
