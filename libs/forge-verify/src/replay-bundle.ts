import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { licence } from "./checks/licence.ts";
import { baselineRefs, baseRef } from "./checks/preserved.ts";
import { canonicalJson } from "./evidence.ts";
import { changesSince, commonBase, lookAtTips } from "./git/changes.ts";
import { GitJail } from "./git/jail.ts";
import { Mirror } from "./git/mirror.ts";
import { isBehind } from "./git/newness.ts";
import type { Report } from "./report.ts";
import { standardLimits } from "./verifier-options.ts";

/**
 * Holds the kept copy of the code against a report: the commit is there under the agreed branch, its files have the name
 * they should have, it was not behind anything of the beginning, and its licence reads as it was read then.
 * @returns what does not hold, in sentences
 */
export async function replayBundle(file: string, report: Report): Promise<string[]> {
  const folder = await mkdtemp(path.join(tmpdir(), "forge-verify-"));
  try {
    const copy = new Mirror(path.join(folder, "copy.git"), new GitJail(folder), standardLimits);
    await copy.prepare();
    const listing = await copy.git(["bundle", "unbundle", path.resolve(file)], {
      timeoutMs: standardLimits.fetchTimeoutMs,
      maxFileBytes: standardLimits.maxPackBytes,
    });
    const refs = new Map(listing.split("\n").map((line) => [line.slice(41), line.slice(0, 40)] as const));
    const { commit, branch } = report;
    const faults: string[] = [];
    if (refs.get(`refs/heads/${branch}`) !== commit) faults.push(`The copy does not hold ${commit} as ${branch}.`);
    if (!(await copy.holds([commit]))) return [...faults, "The commit is not in the copy."];
    const tree = await copy.git(["rev-parse", "--verify", `${commit}^{tree}`]);
    const then = [...refs].flatMap(([name, sha]) => (name.startsWith(baselineRefs) ? [sha] : []));
    // A copy that leaves much of the beginning out says itself against what the changes were counted.
    const base = refs.get(baseRef);
    if (base !== undefined && !(await isTheBeginning(copy, base, commit, then))) {
      faults.push("The copy names a beginning that is not the one it shows.");
    }
    const changes = changesSince(copy, commit, base === undefined ? then : [base]);
    for (const { check, facts } of report.observations) {
      if (check === "preserved" && !("fault" in facts)) {
        if (facts.directory !== `swh:1:dir:${tree}`) faults.push("The files are not those that the report names.");
        if (facts.revision !== `swh:1:rev:${commit}`) faults.push("The report names another commit.");
      }
      if (check === "licence" && canonicalJson(await licence.observe(copy, commit, changes)) !== canonicalJson(facts)) {
        faults.push("The licence reads differently from what the report says.");
      }
    }
    const isSaid = report.observations.some(
      ({ check, facts }) => check === "new-since-baseline" && !("fault" in facts) && facts.commitInBaseline,
    );
    if (!isSaid && (await isBehind(copy, commit, (await lookAtTips(copy, then)).commits))) {
      faults.push("The commit was public already when the development started.");
    }
    return faults;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Whether a commit is behind the release and behind a tip of the beginning, and nothing of the beginning is nearer. */
async function isTheBeginning(copy: Mirror, base: string, commit: string, then: readonly string[]): Promise<boolean> {
  const { commits } = await lookAtTips(copy, then);
  if (!(await isBehind(copy, base, [commit])) || !(await isBehind(copy, base, commits))) return false;
  const nearest = await commonBase(copy, commit, then);
  return nearest === base || nearest === null || !(await isBehind(copy, base, [nearest]));
}
