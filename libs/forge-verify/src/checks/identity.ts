import type { FaultFacts } from "../evidence.ts";
import { fail, human, isFault, ok, unclear } from "./outcome.ts";
import { repositoryRemarks } from "./remarks.ts";

export type IdentityFacts =
  | { slug: string; pinned: string; observed: string; slugNow: string; agree: boolean; archived?: true }
  /** The pinned repository did not answer; `inItsPlace` is what its old name leads to now, if anything. */
  | (FaultFacts & { slug: string; pinned: string; inItsPlace: string | null });

/** Check 1. A name can be given up and taken by somebody else; the number (GitHub) or DID (Tangled) cannot. */
export const identity = {
  name: "identity" as const,
  judge(facts: IdentityFacts) {
    if (isFault(facts)) {
      if (facts.inItsPlace !== null && facts.inItsPlace !== facts.pinned) {
        return fail("identity_changed", `${facts.slug} is now another repository than the one agreed on.`);
      }
      if (facts.fault === "not_found") {
        return fail("not_public", `${facts.slug} is not there for the public: it was deleted or made private.`);
      }
      return unclear(facts, `${facts.slug} could not be looked up`);
    }
    if (facts.observed !== facts.pinned) {
      return fail("identity_changed", `${facts.slug} is now another repository than the one agreed on.`);
    }
    if (!facts.agree) {
      return human("equivocation", `The owner's record of ${facts.slug} and the server that keeps it do not agree.`);
    }
    return ok(`${facts.slug} is the repository agreed on.${repositoryRemarks(facts)}`);
  },
};
