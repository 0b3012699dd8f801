import type { FaultFacts } from "../evidence.ts";
import type { Changes } from "../git/changes.ts";
import type { Mirror } from "../git/mirror.ts";
import { readLicences, type LicencesRead } from "../licence/read.ts";
import { judgeLicence } from "../licence/judge.ts";
import type { Policy } from "./index.ts";
import { isFault, unclear, type Outcome } from "./outcome.ts";

export type LicenceFacts = LicencesRead | FaultFacts;

/** Check 6. The licence text at that very commit, word for word one that the Open Source Initiative approved. */
export const licence = {
  name: "licence" as const,
  judge(facts: LicenceFacts, policy: Policy): Outcome {
    if (isFault(facts)) return unclear(facts, "The licence could not be read");
    return judgeLicence(facts.files, facts.declared, policy.allowedLicences, facts).outcome;
  },

  observe(copy: Mirror, commit: string, changes: Changes): Promise<LicenceFacts> {
    return readLicences(copy, commit, changes);
  },
};
