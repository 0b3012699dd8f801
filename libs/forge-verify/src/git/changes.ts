import { spellPath } from "../seal.ts";
import { faultOfGit } from "./jail.ts";
import { MirrorFault } from "./mirror-fault.ts";
import type { Mirror } from "./mirror.ts";

const emptyTree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

/** One path that differs between the beginning and the release. */
export interface ChangedFile {
  path: string;
  /** Set when the path is not valid UTF-8: each character of it is then one byte. */
  encoding?: "latin1";
  status: "added" | "changed" | "removed";
  /** Git's octal mode in the release: 100644, 100755, 120000 (link), 160000 (submodule); "000000" when removed. */
  mode: string;
  /** Object id in the release. */
  oid: string;
  /** What stood there at the beginning; zeros where nothing did. */
  was: { mode: string; oid: string };
}

export interface Tips {
  /** Every one of them is here. */
  held: boolean;
  /** Those that are commits, or tags of one. A tag may also name a file or a folder, which no commit is behind. */
  commits: string[];
}

const looked = new WeakMap<Mirror, Map<string, Promise<Tips>>>();

/** What a mirror knows of some tips; asked once in its life. */
export function lookAtTips(mirror: Mirror, tips: readonly string[]): Promise<Tips> {
  const known = looked.get(mirror) ?? new Map<string, Promise<Tips>>();
  looked.set(mirror, known);
  const key = tips.join(" ");
  const answer = known.get(key) ?? readTips(mirror, tips);
  known.set(key, answer);
  return answer;
}

async function readTips(mirror: Mirror, tips: readonly string[]): Promise<Tips> {
  if (tips.length === 0) return { held: true, commits: [] };
  const text = await mirror.git(["cat-file", "--batch-check=%(objectname) %(objecttype)"], {
    input: tips.map((sha) => `${sha}\n${sha}^{commit}\n`).join(""),
  });
  const lines = text.split("\n");
  const held = lines.every((line, index) => index % 2 === 1 || !line.endsWith(" missing"));
  const commits = lines.flatMap((line, at) => (at % 2 === 1 && line.endsWith(" commit") ? [line.slice(0, 40)] : []));
  return { held, commits: [...new Set(commits)] };
}

/**
 * The best common ancestor of a commit and the given tips, from which changes are counted; null when they share nothing.
 */
export async function commonBase(mirror: Mirror, commit: string, tips: readonly string[]): Promise<string | null> {
  let candidates = (await lookAtTips(mirror, tips)).commits;
  // With several tips git looks for the ancestor shared with any of them; so many fit on one line.
  do {
    const found: string[] = [];
    for (let at = 0; at < candidates.length; at += 500) {
      const result = await mirror.try(["merge-base", commit, ...candidates.slice(at, at + 500)]);
      if (result.code !== 0 && result.code !== 1) throw new MirrorFault(faultOfGit(result), "git merge-base failed");
      const [base] = result.stdout.toString("utf8").trim().split("\n");
      if (base) found.push(base);
    }
    candidates = [...new Set(found)];
  } while (candidates.length > 1);
  return candidates[0] ?? null;
}

export type Changes = () => Promise<ChangedFile[]>;

/** The changes of a commit against the baseline's tips, worked out when first asked for and then kept. */
export function changesSince(mirror: Mirror, commit: string, tips: readonly string[]): Changes {
  let kept: Promise<ChangedFile[]> | undefined;
  return () =>
    (kept ??= commonBase(mirror, commit, tips).then((base) => changedFiles(mirror, base ?? emptyTree, commit)));
}

/** More changed paths than this are not looked at: trees that contain themselves over and over name any number of them. */
const MAX_CHANGED = 500_000;
const MAX_PATH_BYTES = 200_000_000;

/** Every path that differs, sorted by path, no renames guessed. Contents are compared by object id. */
async function changedFiles(mirror: Mirror, base: string, commit: string): Promise<ChangedFile[]> {
  // A submodule that its own .gitmodules wants ignored is a change like any other.
  const options = ["-r", "-z", "--raw", "--no-renames", "--no-abbrev", "--ignore-submodules=none"];
  const files: ChangedFile[] = [];
  let rest = "";
  let meta: string | null = null;
  let bytes = 0;
  for await (const chunk of mirror.stream(["diff-tree", ...options, base, commit])) {
    bytes += chunk.length;
    const parts = (rest + chunk.toString("latin1")).split("\0");
    rest = parts.pop() ?? "";
    for (const part of parts) {
      if (meta === null) {
        meta = part;
        continue;
      }
      const [was = "", mode = "", before = "", oid = "", letter = ""] = meta.replace(/^:/, "").split(" ");
      const status = letter === "D" ? "removed" : letter === "A" ? "added" : "changed";
      files.push({ ...spellPath(part), status, mode, oid, was: { mode: was, oid: before } });
      meta = null;
    }
    if (files.length > MAX_CHANGED || bytes > MAX_PATH_BYTES)
      throw new MirrorFault("too_large", "more files differ than we look at");
  }
  return files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}
