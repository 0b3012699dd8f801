import type { ChangedFile } from "./changes.ts";
import type { Mirror } from "./mirror.ts";

const minutes = (count: number) => count * 60_000;

/** Whether a commit is one of the tips or behind one. */
export async function isBehind(mirror: Mirror, commit: string, tips: readonly string[]): Promise<boolean> {
  if (tips.length === 0) return false;
  const input = [commit, ...tips.map((sha) => `^${sha}`)].join("\n") + "\n";
  return (await mirror.git(["rev-list", "--max-count=1", "--stdin"], { input })) === "";
}

/** Whether some commit behind the tips has exactly the files of `commit`. */
export async function treeOccurs(mirror: Mirror, commit: string, tips: readonly string[]): Promise<boolean> {
  if (tips.length === 0) return false;
  const tree = await mirror.git(["rev-parse", "--verify", `${commit}^{tree}`]);
  let found = false;
  await mirror.git(["log", "--format=%T", "--stdin"], {
    input: tips.join("\n") + "\n",
    timeoutMs: minutes(3),
    onLine: (line) => {
      found ||= line === tree;
      return !found;
    },
  });
  return found;
}

/** How many of the added or changed files have contents that no commit behind the tips ever had. */
export async function countNewContents(
  mirror: Mirror,
  files: readonly ChangedFile[],
  tips: readonly string[],
): Promise<number> {
  const wanted = new Set(files.filter((file) => file.status !== "removed").map((file) => file.oid));
  const unseen = new Set(wanted);
  if (unseen.size > 0 && tips.length > 0) {
    await mirror.git(["rev-list", "--objects", "--no-object-names", "--stdin"], {
      input: tips.join("\n") + "\n",
      timeoutMs: minutes(5),
      onLine: (line) => {
        unseen.delete(line);
        return unseen.size > 0;
      },
    });
  }
  return files.filter((file) => unseen.has(file.oid)).length;
}

/** The tips that are not behind a commit. */
async function beside(mirror: Mirror, commit: string, tips: readonly string[]): Promise<string[]> {
  const wanted = new Set(tips);
  const apart: string[] = [];
  await mirror.git(["rev-list", "--stdin"], {
    input: [...tips, `^${commit}`].join("\n") + "\n",
    timeoutMs: minutes(3),
    onLine: (line) => {
      if (wanted.delete(line)) apart.push(line);
      return wanted.size > 0;
    },
  });
  return apart;
}

/** So many paths are handed to git; a release that changes more is compared as a whole. */
const MAX_PATHS = 1000;
const MAX_TIPS = 500;

/**
 * Commits, merges apart, that change one of the given files and that the tips do not have, and those of them that repeat no
 * change that the tips made to these files.
 */
export async function countUnrepeatedCommits(
  mirror: Mirror,
  commit: string,
  tips: readonly string[],
  files: readonly ChangedFile[],
) {
  const paths = files.every((file) => !file.encoding && !file.path.includes("\n")) ? files.map((one) => one.path) : [];
  const only = paths.length > 0 && paths.length <= MAX_PATHS ? `--\n${paths.join("\n")}\n` : "";
  const list = async (args: readonly string[], revisions: readonly string[]) => {
    const input = `${revisions.join("\n")}\n${only}`;
    const options = { input, timeoutMs: minutes(3) };
    const text = await mirror.git(["rev-list", "--no-merges", "--full-history", ...args, "--stdin"], options);
    return new Set(text ? text.split("\n") : []);
  };
  const fresh = await list([], [commit, ...tips.map((sha) => `^${sha}`)]);
  const apart = fresh.size === 0 ? [] : (await beside(mirror, commit, tips)).slice(0, MAX_TIPS);
  if (apart.length === 0) return { newCommits: fresh.size, unrepeatedCommits: fresh.size };
  const left = await list(
    ["--cherry-pick", "--right-only"],
    apart.map((tip) => `${tip}...${commit}`),
  );
  const unrepeated = [...fresh].filter((sha) => left.has(sha));
  return { newCommits: fresh.size, unrepeatedCommits: unrepeated.length };
}
