import type { Evidence, Finding, Phase, Policy } from "./checks/index.ts";
import type { PreservedCopy } from "./checks/preserved.ts";
import type { EvidenceStore } from "./evidence-store.ts";
import { digestOf } from "./evidence.ts";
import type { RepositoryRef } from "./forges/forge.ts";
import { judgeLicence } from "./licence/judge.ts";
import { wellFormed } from "./well-formed.ts";
import { checkResults, decide, type CheckResult, type Verdict } from "./verdict.ts";

/** Everything about one look at a release. Plain JSON; `decide(observations, policy)` gives the verdict again. */
export interface Report {
  version: 1;
  verdict: Verdict;
  checks: CheckResult[];
  observations: Evidence[];
  policy: Policy;
  /** sha256 over the canonical JSON of the rest: the same evidence under the same policy gives the same digest. */
  digest: string;
  /** ISO, UTC: the story's time. */
  at: string;
  /** The repository as it was agreed on. */
  repository: RepositoryRef;
  /** The SPDX id (or expression) found, when the licence is good. */
  licence?: string;
  commit: string;
  branch: string;
  /** The digest of what was public when the development started. */
  baseline: string;
}

interface Looked {
  repository: RepositoryRef;
  baseline: { digest: string };
  at: Date;
  phase: Phase;
  commit: string;
  branch: string;
  allowedLicences?: string[];
  seal?: unknown;
  findings?: readonly Finding[];
  cureMs?: number;
}

/** A glance is made all day long: of a longer answer to it (in bytes) only the hash stays, lest a server fill our disk. */
const MAX_GLANCED = 256_000;

/** Keep what the servers answered under its hash, and write down what it means. Throws MirrorFault when the disk is full. */
export async function reportOn(seen: readonly Evidence[], looked: Looked, store: EvidenceStore): Promise<Report> {
  const observations: Evidence[] = [];
  for (const { requests, ...rest } of seen) {
    const records = [];
    for (const { body, ...record } of requests) {
      if (body && (looked.phase !== "glance" || body.length <= MAX_GLANCED)) await store.put(body);
      records.push(record);
    }
    observations.push(wellFormed({ ...rest, requests: records } as Evidence));
  }
  const { at, phase, commit, branch, allowedLicences, findings, cureMs } = looked;
  const policy = wellFormed<Policy>({
    phase,
    sealed: looked.seal !== undefined,
    ...(allowedLicences ? { allowedLicences } : {}),
    ...(findings?.length ? { findings } : {}),
    ...(cureMs === undefined ? {} : { cureMs }),
  });
  const licence = licenceIn(observations, policy);
  const { forge, stableId, slug } = looked.repository;
  // Before the digest: the database would refuse some of what a stranger can write.
  const plain = wellFormed({
    version: 1 as const,
    verdict: decide(observations, policy),
    checks: checkResults(observations, policy),
    observations,
    policy,
    at: at.toISOString(),
    repository: { forge, stableId, slug },
    commit,
    branch,
    baseline: looked.baseline.digest,
    ...(licence ? { licence } : {}),
  });
  return { ...plain, digest: digestOf(plain) };
}

function licenceIn(observations: readonly Evidence[], policy: Policy): string | undefined {
  const seen = observations.find((one) => one.check === "licence");
  if (seen?.check !== "licence" || "fault" in seen.facts) return undefined;
  return judgeLicence(seen.facts.files, seen.facts.declared, policy.allowedLicences, seen.facts).licence;
}

/** The copy that a report says was kept. */
export function copyIn({ observations }: Report): PreservedCopy | null {
  const seen = observations.find((one) => one.check === "preserved");
  if (seen?.check !== "preserved" || "fault" in seen.facts || !seen.facts.kept) return null;
  const { bundle, revision, directory } = seen.facts;
  return { bundle, revision, directory };
}
