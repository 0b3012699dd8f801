import type { EvidenceStore, Kept } from "../evidence-store.ts";
import type { FaultFacts } from "../evidence.ts";
import { tipsOf, type Baseline } from "../baseline.ts";
import { commonBase, lookAtTips } from "../git/changes.ts";
import { MirrorFault } from "../git/mirror-fault.ts";
import type { Mirror } from "../git/mirror.ts";
import { count, human, isFault, ok, unclear, type Outcome } from "./outcome.ts";

/** A copy of the released code that stays with us whatever becomes of the repository. */
export interface PreservedCopy {
  /** sha256 of the git bundle, and its size in bytes. */
  bundle: Kept;
  /** Software Heritage's names for the commit and its files: `swh:1:rev:…`, `swh:1:dir:…`. */
  revision: string;
  directory: string;
}

export type PreservedFacts =
  | (PreservedCopy & {
      kept: boolean;
      /** Branches and tags of the beginning that the copy leaves out; absent: none, or said in the report that made it. */
      tipsLeftOut?: number;
    })
  | FaultFacts;

/** In a copy that leaves some of the beginning out: the commit against which changes were counted. */
export const baseRef = "refs/freehold/base";
export const baselineRefs = "refs/freehold/baseline/";
const MAX_TIPS = 200;

/** Check 9. Whoever paid can still have the code when its repository is gone: we keep a copy that anybody may take. */
export const preserved = {
  name: "preserved" as const,
  judge(facts: PreservedFacts): Outcome {
    if (isFault(facts)) return unclear(facts, "A copy of the code could not be kept");
    if (!facts.kept) {
      return human("copy_unavailable", "The copy that we kept at the release is not there any more, or was changed.");
    }
    const left = facts.tipsLeftOut ?? 0;
    const without =
      left === 0 ? "" : ` ${count(left, "older branch or tag is", "older branches and tags are")} not in it.`;
    return ok(`We keep a copy of ${sizeOf(facts.bundle.bytes)} that anybody can download and clone from.${without}`);
  },

  /** Makes the copy at the release; later only sees to it that it is still what it was. */
  async observe(
    copy: Mirror,
    store: EvidenceStore,
    release: { branch: string; commit: string; baseline: Baseline; earlier?: PreservedCopy | undefined },
    limits: { maxBundleBytes: number },
  ): Promise<PreservedFacts> {
    const { branch, commit, baseline, earlier } = release;
    if (earlier) return { ...earlier, kept: await store.holds(earlier.bundle) };
    const { base, then, tipsLeftOut } = await beginning(copy, branch, commit, baseline);
    const bundle = await store.keep(
      copy.bundle([
        { name: `refs/heads/${branch}`, sha: commit },
        ...(base === null ? [] : [{ name: baseRef, sha: base }]),
        ...then.map((sha, index) => ({ name: `${baselineRefs}${index}`, sha })),
      ]),
      limits.maxBundleBytes,
    );
    if ("fault" in bundle) throw new MirrorFault(bundle.fault, "the copy is larger than we keep");
    const tree = await copy.git(["rev-parse", "--verify", `${commit}^{tree}`]);
    const names = { revision: `swh:1:rev:${commit}`, directory: `swh:1:dir:${tree}` };
    return { bundle, ...names, kept: true, ...(tipsLeftOut > 0 ? { tipsLeftOut } : {}) };
  },
};

/**
 * What of the beginning goes into the copy. Of very many tips only those that say most: where the agreed branch stood, one
 * that has the commit against which changes are counted, and that commit itself.
 */
async function beginning(copy: Mirror, branch: string, commit: string, baseline: Baseline) {
  const tips = tipsOf(baseline);
  if (tips.length <= MAX_TIPS) return { base: null, then: tips, tipsLeftOut: 0 };
  const base = await commonBase(copy, commit, tips);
  const pinned = baseline.refs[`refs/heads/${branch}`];
  const above = base === null ? null : await tipAbove(copy, base, tips);
  const first = [...(pinned === undefined ? [] : [pinned]), ...(above === null ? [] : [above])];
  const then = [...new Set([...first, ...tips])].slice(0, MAX_TIPS);
  const kept = new Set(then);
  return { base, then, tipsLeftOut: tips.filter((sha) => !kept.has(sha)).length };
}

/** One of the tips that has a commit behind it, or is it. */
async function tipAbove(copy: Mirror, base: string, tips: readonly string[]): Promise<string | null> {
  const { commits } = await lookAtTips(copy, tips);
  const wanted = new Set(commits);
  if (wanted.has(base)) return base;
  let found: string | null = null;
  await copy.git(["rev-list", "--ancestry-path", "--stdin"], {
    input: `${commits.join("\n")}\n^${base}\n`,
    onLine: (line) => {
      if (wanted.has(line)) found = line;
      return found === null;
    },
  });
  return found;
}

function sizeOf(bytes: number): string {
  if (bytes < 1_000_000) return `${Math.max(1, Math.round(bytes / 1000))} kB`;
  return `${(bytes / 1_000_000).toFixed(bytes < 10_000_000 ? 1 : 0)} MB`;
}
