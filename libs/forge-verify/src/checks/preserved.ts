import type { EvidenceStore, Kept } from "../evidence-store.ts";
import type { FaultFacts } from "../evidence.ts";
import { tipsOf, type Baseline } from "../baseline.ts";
import { MirrorFault, type Mirror } from "../git/mirror.ts";
import { human, isFault, ok, unclear, type Outcome } from "./outcome.ts";

/** A copy of the released code that stays with us whatever becomes of the repository. */
export interface PreservedCopy {
  /** sha256 of the git bundle, and its size in bytes. */
  bundle: Kept;
  /** Software Heritage's names for the commit and its files: `swh:1:rev:…`, `swh:1:dir:…`. */
  revision: string;
  directory: string;
}

export type PreservedFacts = (PreservedCopy & { kept: boolean }) | FaultFacts;

/** Check 9. Whoever paid can still have the code when its repository is gone: we keep a copy that anybody may take. */
export const preserved = {
  name: "preserved" as const,
  judge(facts: PreservedFacts): Outcome {
    if (isFault(facts)) return unclear(facts, "A copy of the code could not be kept");
    if (!facts.kept) {
      return human("copy_unavailable", "The copy that we kept at the release is not there any more, or was changed.");
    }
    return ok(`We keep a copy of ${sizeOf(facts.bundle.bytes)} that anybody can download and clone from.`);
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
    const then = tipsOf(baseline).filter((sha) => sha !== commit);
    const bundle = await store.keep(
      copy.bundle([
        { name: `refs/heads/${branch}`, sha: commit },
        ...then.slice(0, 200).map((sha, index) => ({ name: `refs/freehold/baseline/${index}`, sha })),
      ]),
      limits.maxBundleBytes,
    );
    if ("fault" in bundle) throw new MirrorFault(bundle.fault, "the copy is larger than we keep");
    const tree = await copy.git(["rev-parse", "--verify", `${commit}^{tree}`]);
    return { bundle, revision: `swh:1:rev:${commit}`, directory: `swh:1:dir:${tree}`, kept: true };
  },
};

function sizeOf(bytes: number): string {
  if (bytes < 1_000_000) return `${Math.max(1, Math.round(bytes / 1000))} kB`;
  return `${(bytes / 1_000_000).toFixed(bytes < 10_000_000 ? 1 : 0)} MB`;
}
