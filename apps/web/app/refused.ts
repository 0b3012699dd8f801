/** A form that was not accepted: what was typed, what was wrong where, and the api's refusal. */
export interface Refused {
  typed: Record<string, string>;
  /** Field name → sentence. */
  faults: Record<string, string>;
  problem: { code: string; sentence: string } | null;
  /** Set when the form must be sent again under the same idempotency key. */
  key: string | null;
}
