import type { Evidence } from "./index.ts";
import type { IdentityFacts } from "./identity.ts";
import type { ReachableFacts } from "./reachable.ts";

/** What is worth saying of the repository although it decides nothing: a new name, that it is archived. */
export function repositoryRemarks(facts: Extract<IdentityFacts, { observed: string }>): string {
  const renamed = facts.slugNow === facts.slug ? "" : ` It is called ${facts.slugNow} now.`;
  return `${renamed}${facts.archived ? " It is archived." : ""}`;
}

/** What is worth saying of the branch although it decides nothing: it was rewritten, its newest commit has another licence. */
export function branchRemarks({ meanwhile }: Extract<ReachableFacts, { onBranch: boolean }>): string {
  const rewritten = meanwhile?.rewritten ? " The branch was rewritten since we last copied it." : "";
  if (meanwhile?.headLicence === undefined) return rewritten;
  const under = meanwhile.headLicence === null ? "no licence that we can read" : meanwhile.headLicence;
  return `${rewritten} Its newest commit is under ${under}; what was released keeps its own.`;
}

/** All of that in one look, as sentences with a space before each; empty when there is nothing. */
export function remarksOn(observations: readonly Evidence[]): string {
  return observations
    .map(({ check, facts }) => {
      if (check === "identity" && "observed" in facts) return repositoryRemarks(facts);
      return check === "reachable" && "onBranch" in facts && facts.onBranch ? branchRemarks(facts) : "";
    })
    .join("");
}
