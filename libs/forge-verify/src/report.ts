import type { Evidence, Phase, Policy } from "./checks/index.ts";
import { digestOf } from "./evidence.ts";
import { judgeLicence } from "./licence/judge.ts";
import { checkResults, decide, type CheckResult, type Verdict } from "./verdict.ts";

/** Everything about one look at a release. Plain JSON; `decide(observations, policy)` gives the verdict again. */
export interface Report {
  verdict: Verdict;
  checks: CheckResult[];
  observations: Evidence[];
  policy: Policy;
  /** sha256 over the canonical JSON of the rest: the same evidence under the same policy gives the same digest. */
  digest: string;
  /** ISO, UTC: the story's time. */
  at: string;
  /** The SPDX id (or expression) found, when the licence is good. */
  licence?: string;
  commit: string;
  branch: string;
}

export function reportOn(
  observations: Evidence[],
  input: { at: Date; phase: Phase; commit: string; branch: string; allowedLicences?: string[]; seal?: unknown },
): Report {
  const policy: Policy = {
    phase: input.phase,
    sealed: input.seal !== undefined,
    ...(input.allowedLicences ? { allowedLicences: input.allowedLicences } : {}),
  };
  const licence = licenceIn(observations, policy);
  const plain = {
    verdict: decide(observations, policy),
    checks: checkResults(observations, policy),
    observations,
    policy,
    at: input.at.toISOString(),
    commit: input.commit,
    branch: input.branch,
    ...(licence ? { licence } : {}),
  };
  return { ...plain, digest: digestOf(plain) };
}

function licenceIn(observations: readonly Evidence[], policy: Policy): string | undefined {
  const seen = observations.find((one) => one.check === "licence");
  if (seen?.check !== "licence" || "fault" in seen.facts) return undefined;
  return judgeLicence(seen.facts.files, seen.facts.declared, policy.allowedLicences).licence;
}
