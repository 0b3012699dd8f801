import { isRefName } from "./advertise.ts";
import type { Mirror } from "./mirror.ts";

/**
 * A git bundle of these commits and everything behind them, made while it is read: git's own form is a signature, the refs,
 * an empty line and a pack, and the refs need not exist for it. Throws RangeError for what is not a ref name, and MirrorFault.
 */
export async function* bundleOf(
  mirror: Mirror,
  tips: readonly { name: string; sha: string }[],
  timeoutMs: number,
): AsyncGenerator<Buffer> {
  const odd = tips.find(({ name, sha }) => !isRefName(name) || !/^[0-9a-f]{40}$/.test(sha));
  if (odd || tips.length === 0) throw new RangeError(`a bundle cannot hold ${odd?.name ?? "nothing"}`);
  const pack = mirror.stream(["pack-objects", "--stdout", "--revs", "--delta-base-offset", "--window=0", "-q"], {
    input: [...new Set(tips.map(({ sha }) => sha))].join("\n") + "\n",
    timeoutMs,
  });
  // With a HEAD a clone knows what to check out.
  const [first] = tips;
  const head = first?.name.startsWith("refs/heads/") ? [{ name: "HEAD", sha: first.sha }] : [];
  const refs = [...head, ...tips].map(({ name, sha }) => `${sha} ${name}\n`).join("");
  yield Buffer.from(`# v2 git bundle\n${refs}\n`);
  yield* pack;
}
