import type { FaultFacts, Observed } from "../evidence.ts";
import type { Advertisement } from "../git/advertise.ts";
import type { ReachableFacts } from "./reachable.ts";
import { isFault, ok, unclear, type Outcome } from "./outcome.ts";

export type FinalFacts =
  /** Where the branch pointed when it was copied, and where it points after everything else was looked at. */
  { branch: string; copied: string | null; now: string | null } | FaultFacts;

/**
 * Check 11. At the end of the window everything above is looked at afresh, and the branch is asked for once more at
 * the very end, so that what was judged is still what the public sees.
 */
export const final = {
  name: "final" as const,
  judge(facts: FinalFacts): Outcome {
    if (isFault(facts)) return unclear(facts, "The last look was not possible");
    if (facts.now === null || facts.now !== facts.copied) {
      const sentence = `The branch ${facts.branch} moved while we looked.`;
      return { kind: "inconclusive", cause: "gap", retryAfterMs: 60_000, sentence };
    }
    return ok("All of this was true once more at the end of the window.");
  },

  observe(followed: Extract<ReachableFacts, { onBranch: boolean }>, again: Observed<Advertisement>): FinalFacts {
    if (!again.ok) return { fault: again.fault, ...(again.retryAfterMs ? { retryAfterMs: again.retryAfterMs } : {}) };
    const branch = followed.lookedAt ?? followed.branch;
    return { branch, copied: followed.head, now: again.value.refs[`refs/heads/${branch}`] ?? null };
  },
};
