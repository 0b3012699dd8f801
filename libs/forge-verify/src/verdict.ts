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
  | "baseline_unavailable"
  /** The seal opens, but somebody else changed sealed files on the branch meanwhile. */
  | "seal_conflict"
  /** The release changes files that the seal does not name. */
  | "beyond_seal"
  /** The copy that was kept at the release is gone or changed. */
  | "copy_unavailable"
  /** Nearly all that was added stood, in some form, in what was public before. */
  | "newness_unclear";

/**
 * Money moves only on `pass`; `inconclusive` never pays and never refunds. `cure.until` and `retryAt` are ISO, UTC, by the
 * clock of the observations.
 */
export type Verdict =
  | { kind: "pass" }
  | { kind: "fail"; code: FailCode; cure: { until: string } | null }
  | { kind: "inconclusive"; cause: Fault; retryAt: string }
  | { kind: "needs_human"; reason: HumanReason };

const CURE_MS = 72 * 3_600_000;

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
  const outcomes = inOrder(observations).map((evidence) => ({ at: evidence.at, ...judge(evidence, policy) }));
  const latest = later(outcomes.map((outcome) => outcome.at));
  const failed = outcomes.find((outcome) => outcome.kind === "fail");
  if (failed) {
    const cure = incurable.has(failed.code) ? null : { until: after(latest, policy.cureMs ?? CURE_MS) };
    return { kind: "fail", code: failed.code, cure };
  }
  const human = outcomes.find((outcome) => outcome.kind === "needs_human");
  if (human) return { kind: "needs_human", reason: human.reason };
  const unclear = outcomes.filter((outcome) => outcome.kind === "inconclusive");
  const [first] = unclear;
  if (first) {
    const retryAt = later(unclear.map((outcome) => after(outcome.at, outcome.retryAfterMs)));
    return { kind: "inconclusive", cause: first.cause, retryAt };
  }
  const observed = new Set(observations.map((evidence) => evidence.check));
  if (!requiredChecks(policy).every((name) => observed.has(name))) {
    return { kind: "inconclusive", cause: "gap", retryAt: after(latest, 60_000) };
  }
  return { kind: "pass" };
}

/** The latest of some moments (ISO, UTC); of none, the beginning of time. */
const later = (moments: readonly string[]): string => moments.toSorted().at(-1) ?? new Date(0).toISOString();

const after = (moment: string, ms: number): string => new Date(Date.parse(moment) + ms).toISOString();

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
  const outcome = (check.judge as (facts: unknown, policy: Policy) => Outcome)(evidence.facts, policy);
  return outcome.kind === "needs_human" ? answered(outcome, policy) : outcome;
}

/** What a refusal by a person amounts to, for each question that a person may answer. */
const refusedAs: Partial<Record<HumanReason, FailCode>> = {
  license_ambiguous: "license_not_allowed",
  seal_conflict: "commitment_mismatch",
  beyond_seal: "commitment_mismatch",
  outage_over_cap: "withdrawn_in_window",
  newness_unclear: "not_new",
};

/** Whether a person's finding can answer this; the others are questions that only a new look can settle. */
export function isAnswerable(reason: string): reason is HumanReason {
  return Object.hasOwn(refusedAs, reason);
}

function answered(outcome: Extract<Outcome, { kind: "needs_human" }>, policy: Policy): Outcome {
  const code = refusedAs[outcome.reason];
  const finding = policy.findings?.findLast((one) => one.reason === outcome.reason);
  if (!code || !finding) return outcome;
  const sentence = `${outcome.sentence} A member of staff looked at it: ${finding.note}`;
  return finding.accepted ? { kind: "ok", sentence } : { kind: "fail", code, sentence };
}
