import { canonicalJson, digestOf } from "./evidence.ts";
import type { Report } from "./report.ts";
import { checkResults, decide, type Verdict } from "./verdict.ts";

/** One link of a release's chain, as it is published: what was signed, and the report it stands for. */
export interface Link {
  releaseId: string;
  /** The link before this one; null for the first. */
  previous: string | null;
  /** The digest of the report. */
  report: string;
  phase: string;
  verdict: string;
  /** ISO, UTC. */
  at: string;
  /** sha256 over the canonical JSON of the rest. */
  link: string;
}

export interface EvidenceFile {
  kind: "freehold/evidence/v1";
  releaseId: string;
  links: (Link & { signature: string })[];
  reports: Report[];
}

export interface Replayed {
  /** The newest link: evidence that ends before the one on the release's page has been shortened. */
  newest: string | null;
  /** Sentences that this version would say otherwise; the facts and verdicts are the same. */
  remarks: string[];
  /** What does not hold, in sentences; empty when everything does. */
  faults: string[];
  /** The verdict of each report, worked out again from its observations, oldest first. */
  verdicts: { at: string; phase: string; verdict: Verdict }[];
}

/**
 * Goes through the evidence again without asking anybody: every digest, every link of the chain, and every verdict from
 * the observations it rests on. Pure; the same evidence always gives the same answer.
 */
export function replay(file: EvidenceFile): Replayed {
  const faults: string[] = file.links.length === 0 ? ["There is no report in this evidence."] : [];
  const remarks: string[] = [];
  const verdicts: Replayed["verdicts"] = [];
  const byDigest = new Map(file.reports.map((report) => [report.digest, report]));
  let previous: string | null = null;
  for (const { signature: _signed, link, ...statement } of file.links) {
    const at = statement.at;
    if (digestOf(statement) !== link) faults.push(`${at}: the link is not the digest of what it says.`);
    if (statement.previous !== previous)
      faults.push(`${at}: the chain is broken: a report is missing or out of place.`);
    if (statement.releaseId !== file.releaseId) faults.push(`${at}: the link belongs to another release.`);
    previous = link;
    const report = byDigest.get(statement.report);
    if (report === undefined) {
      faults.push(`${at}: the report is not in the file.`);
      continue;
    }
    const verdict = decide(report.observations, report.policy);
    verdicts.push({ at, phase: statement.phase, verdict });
    faults.push(...faultsOf(report, statement, verdict).map((fault) => `${at}: ${fault}`));
    if (canonicalJson(checkResults(report.observations, report.policy)) !== canonicalJson(report.checks)) {
      remarks.push(`${at}: this version words some of the sentences differently.`);
    }
  }
  if (byDigest.size > new Set(file.links.map((one) => one.report)).size) faults.push("A report stands in no chain.");
  return { faults, remarks, verdicts, newest: previous };
}

function faultsOf(report: Report, statement: Omit<Link, "link">, verdict: Verdict): string[] {
  const { digest, ...rest } = report;
  const faults: string[] = [];
  if (digestOf(rest) !== digest) faults.push("the report is not what its digest says.");
  if (canonicalJson(verdict) !== canonicalJson(report.verdict)) {
    faults.push(`the observations give ${verdict.kind}, the report says ${report.verdict.kind}.`);
  }
  if (statement.verdict !== verdict.kind || statement.phase !== report.policy.phase) {
    faults.push("what was signed is not what the observations give.");
  }
  return faults;
}
