import type { FaultFacts } from "../evidence.ts";
import type { Mirror } from "../git/mirror.ts";
import type { Policy } from "./index.ts";
import { fail, isFault, ok, unclear, type Outcome } from "./outcome.ts";
import { branchRemarks } from "./remarks.ts";

export type ReachableFacts =
  | {
      commit: string;
      /** The branch agreed on when the preview opened. */
      branch: string;
      /** The branch that was looked at: the agreed one, or the default branch that succeeded it; null: neither is there. */
      lookedAt: string | null;
      /** Where that branch points. */
      head: string | null;
      /** The commit is that head or behind it. */
      onBranch: boolean;
      /** Later than the release: whether the branch was rewritten, and its newest commit's licence where that is another. */
      meanwhile?: { rewritten?: true; headLicence?: string | null };
      /** What the forge itself says happened to that branch last; never decided on. */
      lastPush?: { kind: string; at: string };
    }
  /** The commit or the branch is not something git could have. */
  | { commit: string; branch: string; impossible: "commit" | "branch" }
  | FaultFacts;

/**
 * Check 4. The commit must be part of the agreed branch's own history. That a server hands it out by its id proves
 * nothing: forges do that for forks and pull requests too.
 */
export const reachable = {
  name: "reachable" as const,
  judge(facts: ReachableFacts, policy: Policy): Outcome {
    if (isFault(facts)) return unclear(facts, "The branch could not be followed");
    if ("impossible" in facts) {
      return fail("commit_not_reachable", `What was named is not a possible ${facts.impossible}.`);
    }
    const short = facts.commit.slice(0, 8);
    if (facts.onBranch && facts.lookedAt !== null) {
      const instead = facts.lookedAt === facts.branch ? "" : `, which has taken the place of ${facts.branch}`;
      return ok(`Commit ${short} is on ${facts.lookedAt}${instead}.${branchRemarks(facts)}`);
    }
    const missing = facts.lookedAt === null ? `there is no branch ${facts.branch}` : `it is not on ${facts.lookedAt}`;
    if (policy.phase === "release") return fail("commit_not_reachable", `Commit ${short} was not found: ${missing}.`);
    const { lastPush } = facts;
    const said = lastPush
      ? ` The forge notes a ${lastPush.kind.replace("_", "-")} on ${lastPush.at.slice(0, 10)}, ${lastPush.at.slice(11, 16)} UTC.`
      : "";
    return fail("withdrawn_in_window", `Commit ${short} is gone: ${missing} any more.${said}`);
  },

  /** `defaultBranch` is what the remote names now, `defaultThen` what it named when the baseline was taken. */
  async observe(
    copy: Mirror,
    wanted: { commit: string; branch: string },
    defaultBranch: string | null,
    defaultThen: string | null,
  ): Promise<ReachableFacts> {
    const { commit, branch } = wanted;
    const refs = await copy.observed();
    const agreed = refs[`refs/heads/${branch}`];
    // The default branch is the successor when the agreed branch is gone, or when it was the default and is not now.
    const succeeded = agreed === undefined || defaultThen === branch;
    const successor = succeeded && defaultBranch !== null && defaultBranch !== branch ? defaultBranch : null;
    const places = [...(agreed === undefined ? [] : [branch]), ...(successor === null ? [] : [successor])];
    let answer: ReachableFacts = { commit, branch, lookedAt: null, head: null, onBranch: false };
    for (const place of places) {
      const head = refs[`refs/heads/${place}`];
      if (head === undefined) continue;
      const behind = (await copy.try(["merge-base", "--is-ancestor", commit, head])).code === 0;
      // git takes a tag's id for its commit's; what is paid for is named by its own.
      const onBranch = behind && (await copy.git(["cat-file", "-t", commit])) === "commit";
      if (answer.lookedAt === null || onBranch) answer = { commit, branch, lookedAt: place, head, onBranch };
      if (onBranch) break;
    }
    return answer;
  },
};
