import { MirrorFault } from "./mirror-fault.ts";
import type { Mirror } from "./mirror.ts";

/** Longer than any path that git itself can check out. */
const entryBytesMax = 1_000_000;

/**
 * What stands at these paths in a commit: mode and object id by path; paths at which there is no file are left out. Paths
 * are given and returned as bytes, one character each. The tree is read in passing and not kept.
 */
export async function findPaths(
  mirror: Mirror,
  commit: string,
  paths: ReadonlySet<string>,
): Promise<Map<string, { mode: string; oid: string }>> {
  const found = new Map<string, { mode: string; oid: string }>();
  let rest = "";
  for await (const chunk of mirror.stream(["ls-tree", "-r", "-z", "--full-tree", commit])) {
    const entries = (rest + chunk.toString("latin1")).split("\0");
    rest = entries.pop() ?? "";
    if (rest.length > entryBytesMax) throw new MirrorFault("too_large", "a path is longer than we read");
    for (const entry of entries) {
      const tab = entry.indexOf("\t");
      const path = entry.slice(tab + 1);
      if (!paths.has(path)) continue;
      const [mode = "", , oid = ""] = entry.slice(0, tab).split(" ");
      found.set(path, { mode, oid });
    }
  }
  return found;
}
