import { isUntouched, tipsOf, type Baseline } from "../baseline.ts";
import type { FaultFacts } from "../evidence.ts";
import type { Changes } from "../git/changes.ts";
import type { Mirror } from "../git/mirror.ts";
import { countNewContents, countUnrepeatedCommits, isBehind, treeOccurs } from "../git/newness.ts";
import { count, fail, human, isFault, ok, unclear } from "./outcome.ts";

export type NewSinceBaselineFacts =
  | {
      baselineTakenAt: string;
      /** Our mirror still holds every tip that the baseline names. */
      baselineHeld: boolean;
      commitInBaseline: boolean;
      /** Some commit of the baseline already had exactly these files. */
      treeInBaseline: boolean;
      /** Files added or changed against the baseline, and how many of them have contents the baseline never had. */
      changedFiles: number;
      newContents: number;
      removedFiles: number;
      /** New commits that are not merges, and how many of them repeat no change of the baseline. */
      newCommits: number;
      unrepeatedCommits: number;
    }
  | FaultFacts;

const nothingCompared = {
  commitInBaseline: false,
  treeInBaseline: false,
  changedFiles: 0,
  newContents: 0,
  removedFiles: 0,
  newCommits: 0,
  unrepeatedCommits: 0,
};

/**
 * Check 5. What is paid for was not public when the development started. It can only be said of what we saw then, and
 * the sentence says no more.
 */
export const newSinceBaseline = {
  name: "new-since-baseline" as const,
  judge(facts: NewSinceBaselineFacts) {
    if (isFault(facts)) return unclear(facts, "The release could not be compared with the beginning");
    const then = facts.baselineTakenAt.slice(0, 10);
    if (!facts.baselineHeld) {
      return human(
        "baseline_unavailable",
        `Our copy of ${then} is not complete any more, so nothing can be compared with it.`,
      );
    }
    if (facts.commitInBaseline) return fail("not_new", `This commit was public already on ${then}.`);
    if (facts.treeInBaseline) return fail("not_new", `Exactly these files were public already on ${then}.`);
    if (facts.changedFiles + facts.removedFiles === 0) return fail("not_new", `Nothing has changed since ${then}.`);
    if (facts.changedFiles > 0 && facts.newContents === 0) {
      return fail("not_new", `Every changed file was public in this form already on ${then}.`);
    }
    if (facts.newCommits > 0 && facts.unrepeatedCommits === 0) {
      return fail("not_new", `Every change was public already on ${then}, under other commits.`);
    }
    const files = facts.changedFiles + facts.removedFiles;
    return ok(
      `The commit was not in this repository on ${then}; ${count(files, "file differs", "files differ")} from then.`,
    );
  },

  async observe(copy: Mirror, commit: string, baseline: Baseline, changes: Changes): Promise<NewSinceBaselineFacts> {
    const tips = tipsOf(baseline);
    const baselineHeld = isUntouched(baseline) && (await copy.holds(tips));
    if (!baselineHeld) return { ...nothingCompared, baselineTakenAt: baseline.takenAt, baselineHeld };
    const files = await changes();
    const removedFiles = files.filter((file) => file.status === "removed").length;
    return {
      baselineTakenAt: baseline.takenAt,
      baselineHeld,
      commitInBaseline: await isBehind(copy, commit, tips),
      treeInBaseline: await treeOccurs(copy, commit, tips),
      changedFiles: files.length - removedFiles,
      newContents: await countNewContents(copy, files, tips),
      removedFiles,
      ...(await countUnrepeatedCommits(copy, commit, tips)),
    };
  },
};
