import { faultSentence } from "./checks/outcome.ts";
import type { FailCode, HumanReason, Verdict } from "./verdict.ts";

const failures: Record<FailCode, string> = {
  not_public: "The repository is not public: nobody can read it without an account.",
  identity_changed: "The name now leads to another repository than the one agreed on before people paid.",
  commit_not_reachable: "The commit is not on the agreed branch of the agreed repository.",
  not_new: "The code was public already when the development started.",
  license_missing: "There is no licence file at that commit, so nobody may use the code.",
  license_not_allowed: "The licence at that commit is not an open-source licence that the terms allow.",
  commitment_mismatch: "The released files are not the ones sealed with the preview.",
  incomplete_source: "Part of the source is missing, encrypted, or kept where the public cannot reach it.",
  withdrawn_in_window: "The commit was public and has been taken off the agreed branch since.",
};

const reasons: Record<HumanReason, string> = {
  license_ambiguous: "The licence text differs from every approved one; a person on the staff reads it.",
  legal_block: "The forge blocks the repository for legal reasons; a person on the staff looks at it.",
  equivocation: "The sources that should name one repository contradict each other; a person on the staff looks at it.",
  visibility_conflict:
    "The forge and git disagree on whether the repository is public; a person on the staff looks at it.",
  outage_over_cap: "The repository could not be watched for too long; a person on the staff decides how to go on.",
  repo_too_large: "The repository is larger than we fetch by ourselves; a person on the staff looks at it.",
  unsupported_object_format: "The repository uses a git format we cannot read yet; a person on the staff looks at it.",
  seal_conflict: "Sealed files were changed on the branch by others; a person on the staff compares them.",
  beyond_seal: "The release changes files that the seal does not name; a person on the staff looks at them.",
  copy_unavailable: "The copy that we kept of the code is not intact; a person on the staff looks at it.",
  newness_unclear: "Nearly all that was added was public before in some form; a person on the staff says what is new.",
  baseline_unavailable:
    "Our own copy from the start of the development is incomplete; a person on the staff looks at it.",
};

/**
 * One plain sentence for people: what a verdict says. The report's own check lines say it of this very repository and
 * commit; whether and until when it can be cured is the story's to say.
 */
export function explain(verdict: Verdict): string {
  switch (verdict.kind) {
    case "pass":
      return "The code is public, new, complete and under an open-source licence.";
    case "fail":
      return failures[verdict.code];
    case "needs_human":
      return reasons[verdict.reason];
    case "inconclusive":
      return `We could not look: ${faultSentence[verdict.cause]}. We look again at ${verdict.retryAt.slice(11, 16)} UTC; nothing is decided until then.`;
  }
}
