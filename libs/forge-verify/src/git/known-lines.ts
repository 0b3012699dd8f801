import { eachBlobStart } from "./blobs.ts";
import type { ChangedFile } from "./changes.ts";
import { MirrorFault } from "./mirror-fault.ts";
import type { Mirror } from "./mirror.ts";

/** Distinct lines, blank space and lines without a letter or digit apart. */
export interface LinesSeen {
  /** In the changed files now and not in what stood at the same paths at the beginning. */
  added: number;
  /** Those of them that were found in nothing that was compared. */
  unseen: number;
}

const MAX_FILE_BYTES = 1_000_000;
const MAX_ADDED_LINES = 400_000;
const MAX_COMPARED_FILES = 100_000;
const MAX_COMPARED_BYTES = 300_000_000;
const MAX_TIPS = 50;
const MAX_PATHS = 1000;

/** The lines of a text as they are compared; none for what is not text or is cut off. */
function linesOf(start: Buffer, size: number): string[] {
  if (size > MAX_FILE_BYTES || start.includes(0)) return [];
  return start
    .toString("utf8")
    .split("\n")
    .flatMap((line) => {
      const plain = line.replace(/\s+/g, "");
      return /[\p{L}\p{N}]/u.test(plain) ? [plain] : [];
    });
}

/**
 * How much of what a release adds, line by line, stood already in the files of the tips, or at the same paths at any time
 * before: what re-formatting, joining or renaming hides from a comparison of whole files. It is a count, no judgement:
 * what was not compared (large and binary files, old versions at other paths) counts as unseen.
 * @returns null when there is too much to compare line by line
 */
export async function countUnseenLines(
  mirror: Mirror,
  files: readonly ChangedFile[],
  tips: readonly string[],
): Promise<LinesSeen | null> {
  const now = files.filter((file) => file.status !== "removed" && file.mode.startsWith("100"));
  const placesOf = Map.groupBy(now, (file) => file.oid);
  const before = new Map(existing(now.map((file) => file.was.oid)).map((oid) => [oid, new Set<string>()]));
  const unseen = new Set<string>();
  let held = 0;
  // What stood there comes first, so that the new contents can be held against it at once.
  const inOrder = [...before.keys(), ...[...placesOf.keys()].filter((oid) => !before.has(oid))];
  await eachBlobStart(mirror, inOrder, MAX_FILE_BYTES, ({ oid, size, start }) => {
    held += start.length;
    if (unseen.size > MAX_ADDED_LINES || held > MAX_COMPARED_BYTES) return;
    const lines = linesOf(start, size);
    for (const line of before.has(oid) ? lines : []) before.get(oid)?.add(line);
    const olds = (placesOf.get(oid) ?? []).map((file) => before.get(file.was.oid));
    for (const line of lines) if (olds.some((old) => !old?.has(line))) unseen.add(line);
  });
  const added = unseen.size;
  if (added > MAX_ADDED_LINES || held > MAX_COMPARED_BYTES) return null;
  if (added === 0 || tips.length === 0) return { added, unseen: added };

  const compared = new Set<string>();
  for (const tip of tips.slice(0, MAX_TIPS)) await collect(mirror, ["ls-tree", "-r", "-z", tip], "", compared);
  const paths = files.filter((file) => !file.encoding && !/\n/.test(file.path)).map((file) => file.path);
  if (paths.length > 0 && paths.length <= MAX_PATHS) {
    const args = ["log", "--full-history", "-m", "--format=", "--raw", "-z", "--no-renames", "--no-abbrev", "--stdin"];
    await collect(mirror, args, `${tips.slice(0, MAX_TIPS).join("\n")}\n--\n${paths.join("\n")}\n`, compared);
  }
  let bytes = 0;
  const enough = new Error("nothing is left to be found");
  await eachBlobStart(mirror, existing(compared), MAX_FILE_BYTES, ({ size, start }) => {
    bytes += start.length;
    if (bytes > MAX_COMPARED_BYTES || unseen.size === 0) throw enough;
    for (const line of linesOf(start, size)) unseen.delete(line);
  }).catch((error: unknown) => {
    if (error !== enough) throw error;
  });
  return { added, unseen: unseen.size };
}

const existing = (oids: Iterable<string>) => [...oids].filter((oid) => !/^0+$/.test(oid));

/** Adds every object id of a listing, up to a bound. */
async function collect(mirror: Mirror, args: readonly string[], input: string, into: Set<string>): Promise<void> {
  let rest = "";
  for await (const chunk of mirror.stream(args, { input, timeoutMs: 3 * 60_000 })) {
    const parts = (rest + chunk.toString("latin1")).split("\0");
    rest = parts.pop() ?? "";
    if (rest.length > 1_000_000) throw new MirrorFault("too_large", "a path is longer than we read");
    for (const part of parts) {
      const tab = part.indexOf("\t");
      const head = part.startsWith(":") ? part : tab > 0 && tab < 70 ? part.slice(0, tab) : "";
      if (/^:?160000 | 160000 /.test(head)) continue;
      for (const oid of head.match(/\b[0-9a-f]{40}\b/g) ?? []) into.add(oid);
    }
    if (into.size > MAX_COMPARED_FILES) return;
  }
}
