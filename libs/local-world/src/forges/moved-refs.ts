import type { BareRepository } from "./bare-repository.ts";

/** A branch or tag that a push moved. */
export interface MovedRef {
  ref: string;
  before: string;
  after: string;
  /** Whether what was there before is no longer behind it. */
  forced: boolean;
}

export const zeroSha = "0".repeat(40);

/** Do something to a repository and say which branches and tags that moved, in the order of their names. */
export async function watchingRefs<T>(
  bare: BareRepository,
  change: () => Promise<T>,
): Promise<{ result: T; moved: MovedRef[] }> {
  const before = await bare.refs();
  const result = await change();
  const after = await bare.refs();
  const moved: MovedRef[] = [];
  for (const ref of [...new Set([...before.keys(), ...after.keys()])].toSorted()) {
    const old = before.get(ref) ?? zeroSha;
    const next = after.get(ref) ?? zeroSha;
    if (old === next || !/^refs\/(heads|tags)\//.test(ref)) continue;
    const both = old !== zeroSha && next !== zeroSha;
    moved.push({ ref, before: old, after: next, forced: both && !(await bare.isAncestor(old, next)) });
  }
  return { result, moved };
}
