import { remarksOn, type Report } from "@freehold/forge-verify";
import { whyOf } from "./report.ts";

/** One look in plain words: "commit a1b2c3d4 still on main; licence MIT". */
export function lookSentence(report: Report): string {
  const { verdict, policy, branch, licence } = report;
  if (verdict.kind !== "pass") return whyOf(report);
  const commit = report.commit.slice(0, 8);
  const under = licence === undefined ? "" : `; licence ${licence}`;
  if (policy.phase === "release") return `Commit ${commit} is on ${branch}${under}. Every check passed.`;
  if (policy.phase === "glance") return `Nothing has moved: commit ${commit} still on ${branch}.`;
  const remarks = remarksOn(report.observations);
  if (policy.phase === "recheck") return `Commit ${commit} still on ${branch}${under}.${remarks}`;
  return `The final check passed: commit ${commit} still on ${branch}${under}.${remarks}`;
}
