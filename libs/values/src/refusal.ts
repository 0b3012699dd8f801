/**
 * An expected "no": bad input, a wrong stage, a rule. It has a stable code (listed in `@freehold/contract`), a sentence
 * for the person who asked, and changes nothing. Bugs are ordinary errors, never refusals.
 */
export class Refusal extends Error {
  readonly code: string;
  /** Facts for the page or the caller: limits, dates, the field that was wrong. JSON-safe. */
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(code: string, sentence: string, facts: Readonly<Record<string, unknown>> = {}) {
    super(sentence);
    this.name = "Refusal";
    this.code = code;
    this.facts = facts;
  }
}

export const isRefusal = (error: unknown, code?: string): error is Refusal =>
  error instanceof Refusal && (code === undefined || error.code === code);
