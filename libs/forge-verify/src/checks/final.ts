import type { AddressGuard } from "../address/guard.ts";
import type { FaultFacts, Observed } from "../evidence.ts";
import type { Advertisement } from "../git/advertise.ts";
import type { Mirror } from "../git/mirror.ts";
import type { ReachableFacts } from "./reachable.ts";
import { human, isFault, ok, unclear, type Outcome } from "./outcome.ts";

export type FinalFacts =
  | {
      branch: string;
      /** Where the branch pointed when it was copied, and where it points after everything else was looked at. */
      copied: string | null;
      now: string | null;
      /** A copy fetched from nothing, now, holds the commit on that branch. */
      served: boolean;
    }
  | FaultFacts;

/**
 * Check 11. At the end of the window everything above is looked at afresh. Our mirror already has what it once fetched, and
 * a server might by now only show names: so the repository is fetched once more into an empty folder, and the branch is
 * asked for again at the very end.
 */
export const final = {
  name: "final" as const,
  judge(facts: FinalFacts): Outcome {
    if (isFault(facts)) return unclear(facts, "The last look was not possible");
    if (!facts.served) {
      return human("equivocation", `The server shows the branch ${facts.branch}, but does not hand out the commit.`);
    }
    if (facts.now === null || facts.now !== facts.copied) {
      const sentence = `The branch ${facts.branch} moved while we looked.`;
      return { kind: "inconclusive", cause: "gap", retryAfterMs: 60_000, sentence };
    }
    return ok("All of this was true once more at the end of the window, on a copy fetched anew.");
  },

  async observe(
    followed: Extract<ReachableFacts, { onBranch: boolean }>,
    shown: Advertisement,
    guard: AddressGuard,
    emptyCopy: <T>(work: (copy: Mirror) => Promise<T>) => Promise<T>,
    askAgain: () => Promise<Observed<Advertisement>>,
  ): Promise<FinalFacts> {
    const branch = followed.lookedAt ?? followed.branch;
    const served = await emptyCopy(async (copy) => {
      await copy.fetch(guard, shown);
      const head = (await copy.observed())[`refs/heads/${branch}`];
      if (head === undefined || !(await copy.holds([followed.commit]))) return false;
      return (await copy.try(["merge-base", "--is-ancestor", followed.commit, head])).code === 0;
    });
    const again = await askAgain();
    if (!again.ok) return { fault: again.fault, ...(again.retryAfterMs ? { retryAfterMs: again.retryAfterMs } : {}) };
    return { branch, copied: followed.head, now: again.value.refs[`refs/heads/${branch}`] ?? null, served };
  },
};
