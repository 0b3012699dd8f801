import type { Fault, FaultFacts } from "../evidence.ts";
import type { FailCode, HumanReason } from "../verdict.ts";

/** A check's answer, with one sentence for people. */
export type Outcome =
  | { kind: "ok"; sentence: string }
  | { kind: "fail"; code: FailCode; sentence: string }
  | { kind: "inconclusive"; cause: Fault; retryAfterMs: number; sentence: string }
  | { kind: "needs_human"; reason: HumanReason; sentence: string };

export const ok = (sentence: string): Outcome => ({ kind: "ok", sentence });
export const fail = (code: FailCode, sentence: string): Outcome => ({ kind: "fail", code, sentence });
export const human = (reason: HumanReason, sentence: string): Outcome => ({ kind: "needs_human", reason, sentence });

const minute = 60_000;

/** How long to leave a server alone after a fault, when it did not say so itself (milliseconds). */
const patience: Record<Fault, number> = {
  rate_limited: minute,
  timeout: 2 * minute,
  gap: minute,
  server_error: 5 * minute,
  dns: 5 * minute,
  tls: 15 * minute,
  malformed: 15 * minute,
  not_found: 15 * minute,
  unauthorized: 15 * minute,
  unsafe_url: 60 * minute,
  legal_block: 60 * minute,
  too_large: 60 * minute,
};

/** What went wrong, in words; used after "…: ". */
export const faultSentence: Record<Fault, string> = {
  not_found: "the server says there is nothing at this address",
  unauthorized: "the server asks for a password",
  legal_block: "the server says the repository is blocked for legal reasons",
  rate_limited: "the server asks us to come back later",
  server_error: "the server reports a fault of its own or cuts the connection",
  timeout: "the server did not answer in time",
  dns: "the server's name cannot be found",
  tls: "the server's certificate is not valid",
  too_large: "the answer is larger than we fetch",
  malformed: "the answer is not one we can read",
  unsafe_url: "the address leads into a private network, where the public cannot follow",
  gap: "something that had to be looked at was not",
};

/** The outcome of an observation that could not be made and that is not the check's own business to judge. */
export function unclear({ fault, retryAfterMs }: FaultFacts, subject: string): Outcome {
  const sentence = `${subject}: ${faultSentence[fault]}.`;
  if (fault === "legal_block") return human("legal_block", sentence);
  if (fault === "too_large") return human("repo_too_large", sentence);
  return { kind: "inconclusive", cause: fault, retryAfterMs: retryAfterMs ?? patience[fault], sentence };
}

/** "1 file", "3 files". */
export function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}

export function isFault(facts: object): facts is FaultFacts {
  return "fault" in facts;
}
