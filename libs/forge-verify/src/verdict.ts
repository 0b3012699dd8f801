import { checksInOrder, requiredChecks, type CheckName, type Evidence, type Policy } from "./checks/index.ts";
import type { Outcome } from "./checks/outcome.ts";
import type { Fault } from "./evidence.ts";

/** A reason against the release that the evidence bears out. */
export type FailCode =
  | "not_public"
  | "identity_changed"
  | "commit_not_reachable"
  | "not_new"
  | "license_missing"
  | "license_not_allowed"
  | "commitment_mismatch"
  | "incomplete_source"
  | "withdrawn_in_window";

/** A reason why a person, not this library, has to answer. */
export type HumanReason =
  | "license_ambiguous"
  | "legal_block"
  | "equivocation"
  | "visibility_conflict"
  | "outage_over_cap"
  | "repo_too_large"
  | "unsupported_object_format"
  /** The mirror no longer holds what the development started from. */
  | "baseline_unavailable";

/** Money moves only on `pass`; `inconclusive` never pays and never refunds. */
export type Verdict =
  | { kind: "pass" }
  | { kind: "fail"; code: FailCode; curable: boolean }
  | { kind: "inconclusive"; cause: Fault; retryAfterMs: number }
  | { kind: "needs_human"; reason: HumanReason };

/** One line of a report, for people. */
export interface CheckResult {
  name: CheckName;
  outcome: "ok" | "fail" | "inconclusive" | "needs_human" | "not_run";
  sentence: string;
}

/** Only another repository in the place of the pinned one cannot be put right by publishing something. */
const incurable: ReadonlySet<FailCode> = new Set(["identity_changed"]);

/**
 * The verdict on a set of observations: pure, and blind to order and duplicates. `pass` needs every required check
 * observed and every observation of it good; else the worst wins: fail, then needs_human, then inconclusive.
 */
export function decide(observations: readonly Evidence[], policy: Policy): Verdict {
  const outcomes = inOrder(observations).map((evidence) => judge(evidence, policy));
  const failed = outcomes.find((outcome) => outcome.kind === "fail");
  if (failed) return { kind: "fail", code: failed.code, curable: !incurable.has(failed.code) };
  const human = outcomes.find((outcome) => outcome.kind === "needs_human");
  if (human) return { kind: "needs_human", reason: human.reason };
  const unclear = outcomes.filter((outcome) => outcome.kind === "inconclusive");
  const [first] = unclear;
  if (first) {
    const retryAfterMs = Math.max(...unclear.map((outcome) => outcome.retryAfterMs));
    return { kind: "inconclusive", cause: first.cause, retryAfterMs };
  }
  const observed = new Set(observations.map((evidence) => evidence.check));
  if (!requiredChecks(policy).every((name) => observed.has(name))) {
    return { kind: "inconclusive", cause: "gap", retryAfterMs: 60_000 };
  }
  return { kind: "pass" };
}

/** Every check of this policy in order, with its outcome and a sentence; those without an observation as `not_run`. */
export function checkResults(observations: readonly Evidence[], policy: Policy): CheckResult[] {
  const results: CheckResult[] = [];
  for (const name of requiredChecks(policy)) {
    const seen = observations.filter((evidence) => evidence.check === name);
    if (seen.length === 0) results.push({ name, outcome: "not_run", sentence: "Not looked at this time." });
    for (const evidence of seen) {
      const outcome = judge(evidence, policy);
      results.push({ name, outcome: outcome.kind, sentence: outcome.sentence });
    }
  }
  return results;
}

function inOrder(observations: readonly Evidence[]): Evidence[] {
  const place = new Map(checksInOrder.map((check, index) => [check.name as CheckName, index]));
  return observations.toSorted((a, b) => (place.get(a.check) ?? 99) - (place.get(b.check) ?? 99));
}

function judge(evidence: Evidence, policy: Policy): Outcome {
  const check = checksInOrder.find((one) => one.name === evidence.check);
  if (!check) {
    return { kind: "inconclusive", cause: "malformed", retryAfterMs: 60_000, sentence: "An unknown observation." };
  }
  return (check.judge as (facts: unknown, policy: Policy) => Outcome)(evidence.facts, policy);
}
