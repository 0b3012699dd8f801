import type { Mirror } from "./mirror.ts";

const emptyTree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

/** One path that differs between the beginning and the release. */
export interface ChangedFile {
  path: string;
  status: "added" | "changed" | "removed";
  /** Git's octal mode in the release: 100644, 100755, 120000 (link), 160000 (submodule); "000000" when removed. */
  mode: string;
  /** Object id in the release. */
  oid: string;
}

/** The best common ancestor of a commit and the given tips; the empty tree when they share nothing. */
async function commonBase(mirror: Mirror, commit: string, tips: readonly string[]): Promise<string> {
  if (tips.length === 0) return emptyTree;
  // With several tips git looks for the ancestor shared with any of them.
  const result = await mirror.try(["merge-base", commit, ...tips.slice(0, 500)]);
  return result.stdout.toString("utf8").trim().split("\n")[0] || emptyTree;
}

export type Changes = () => Promise<ChangedFile[]>;

/** The changes of a commit against the baseline's tips, worked out when first asked for and then kept. */
export function changesSince(mirror: Mirror, commit: string, tips: readonly string[]): Changes {
  let kept: Promise<ChangedFile[]> | undefined;
  return () => (kept ??= commonBase(mirror, commit, tips).then((base) => changedFiles(mirror, base, commit)));
}

/** Every path that differs, sorted by path, no renames guessed. Contents are compared by object id. */
async function changedFiles(mirror: Mirror, base: string, commit: string): Promise<ChangedFile[]> {
  const text = await mirror.git(["diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", base, commit]);
  const parts = text.split("\0");
  const files: ChangedFile[] = [];
  for (let at = 0; at + 1 < parts.length; at += 2) {
    const [, mode = "", , oid = "", status = ""] = (parts[at] ?? "").replace(/^:/, "").split(" ");
    const path = parts[at + 1] ?? "";
    files.push({ path, mode, oid, status: status === "D" ? "removed" : status === "A" ? "added" : "changed" });
  }
  return files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

export interface Blob {
  oid: string;
  size: number;
  /** Null when the blob is larger than was asked for. */
  bytes: Buffer | null;
}

/** Read blobs by id, in the order given; larger ones than `maxBytes` come without their bytes. */
export async function readBlobs(mirror: Mirror, oids: readonly string[], maxBytes: number): Promise<Blob[]> {
  if (oids.length === 0) return [];
  const listing = await mirror.git(["cat-file", "--batch-check=%(objectname) %(objecttype) %(objectsize)"], {
    input: oids.join("\n") + "\n",
  });
  const blobs: Blob[] = listing.split("\n").map((line) => {
    const [oid = "", type, size] = line.split(" ");
    return { oid, size: type === "blob" ? Number(size) : Number.POSITIVE_INFINITY, bytes: null };
  });
  const small = blobs.filter((blob) => blob.size <= maxBytes);
  if (small.length === 0) return blobs;
  const read = await mirror.try(["cat-file", "--batch"], { input: small.map((blob) => blob.oid).join("\n") + "\n" });
  let at = 0;
  for (const blob of small) {
    at = read.stdout.indexOf("\n", at) + 1;
    blob.bytes = read.stdout.subarray(at, at + blob.size);
    at += blob.size + 1;
  }
  return blobs;
}
