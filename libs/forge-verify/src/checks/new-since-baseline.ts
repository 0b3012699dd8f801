import { isUntouched, tipsOf, type Baseline } from "../baseline.ts";
import type { FaultFacts } from "../evidence.ts";
import { lookAtTips, type Changes } from "../git/changes.ts";
import { countUnseenLines, type LinesSeen } from "../git/known-lines.ts";
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
      /** New commits that touch these files, merges apart, and how many of them repeat no change of the baseline. */
      newCommits: number;
      unrepeatedCommits: number;
      /** How many lines were added, and how many of them stood nowhere that we compared; absent: not compared. */
      lines?: LinesSeen;
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

/** From so many added lines on, and with no larger a part of them unseen, a person has to say what is new. */
const manyLines = 20;
const fewUnseen = 0.02;

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
    const { lines } = facts;
    if (facts.changedFiles > 0 && lines && lines.added > 0 && lines.unseen === 0) {
      return human(
        "newness_unclear",
        `Every line that was added stood somewhere in what was public on ${then}, in another form or place.`,
      );
    }
    if (lines && lines.added >= manyLines && lines.unseen <= lines.added * fewUnseen) {
      return human(
        "newness_unclear",
        `Of ${lines.added} different lines that were added, all but ${lines.unseen} stood somewhere in what was public on ${then}.`,
      );
    }
    const old = facts.changedFiles - facts.newContents;
    const files = facts.changedFiles + facts.removedFiles;
    const known =
      old === 0 ? "" : ` ${count(old, "of them has contents", "of them have contents")} that were public before.`;
    return ok(
      `We had not seen this commit when we looked on ${then}; ${count(files, "file differs", "files differ")} from then.${known}`,
    );
  },

  /** `earlier` is what was public at other times or places, for other attempts at the same feature. */
  async observe(
    copy: Mirror,
    commit: string,
    baseline: Baseline,
    changes: Changes,
    earlier: readonly Baseline[] = [],
  ): Promise<NewSinceBaselineFacts> {
    const all = [baseline, ...earlier];
    const everyTip = [...new Set(all.flatMap(tipsOf))];
    const { held, commits: tips } = await lookAtTips(copy, everyTip);
    const baselineHeld = all.every(isUntouched) && held;
    if (!baselineHeld) return { ...nothingCompared, baselineTakenAt: baseline.takenAt, baselineHeld };
    const files = await changes();
    const removedFiles = files.filter((file) => file.status === "removed").length;
    const newContents = await countNewContents(copy, files, everyTip);
    const lines = newContents > 0 ? await countUnseenLines(copy, files, tips) : null;
    return {
      baselineTakenAt: baseline.takenAt,
      baselineHeld,
      commitInBaseline: await isBehind(copy, commit, tips),
      treeInBaseline: await treeOccurs(copy, commit, tips),
      changedFiles: files.length - removedFiles,
      newContents,
      removedFiles,
      ...(await countUnrepeatedCommits(copy, commit, tips, files)),
      ...(lines ? { lines } : {}),
    };
  },
};
