import type { FaultFacts } from "../evidence.ts";
import type { Changes } from "../git/changes.ts";
import type { Mirror } from "../git/mirror.ts";
import { readLicences, type LicencesRead } from "../licence/read.ts";
import { judgeLicence } from "../licence/judge.ts";
import { wellFormed } from "../well-formed.ts";
import type { Policy } from "./index.ts";
import { isFault, unclear, type Outcome } from "./outcome.ts";

export type LicenceFacts = LicencesRead | FaultFacts;

/**
 * Check 6. The licence text at that very commit, word for word one that the Open Source Initiative approved, and nothing
 * around the changed files that says otherwise.
 */
export const licence = {
  name: "licence" as const,
  judge(facts: LicenceFacts, policy: Policy): Outcome {
    if (isFault(facts)) return unclear(facts, "The licence could not be read");
    return judgeLicence(facts.files, facts.declared, policy.allowedLicences, facts).outcome;
  },

  /** As the facts are kept, so that they read the same from the kept copy of the code. */
  async observe(copy: Mirror, commit: string, changes: Changes): Promise<LicenceFacts> {
    return wellFormed(await readLicences(copy, commit, changes));
  },
};
