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

/** Commits, merges apart, that the tips do not have, and those of them that repeat no patch of the tips. */
export async function countUnrepeatedCommits(mirror: Mirror, commit: string, tips: readonly string[]) {
  const input = [commit, ...tips.map((sha) => `^${sha}`)].join("\n") + "\n";
  const text = await mirror.git(["rev-list", "--no-merges", "--stdin"], { input });
  const fresh = text ? text.split("\n") : [];
  let remaining = new Set(fresh);
  for (const tip of tips.slice(0, 50)) {
    if (remaining.size === 0) break;
    if ((await mirror.try(["merge-base", "--is-ancestor", tip, commit])).code === 0) continue;
    const range = `${tip}...${commit}`;
    const listing = await mirror.git(["rev-list", "--no-merges", "--cherry-pick", "--right-only", range], {
      timeoutMs: minutes(3),
    });
    const left = new Set(listing.split("\n"));
    remaining = new Set([...remaining].filter((sha) => left.has(sha)));
  }
  return { newCommits: fresh.length, unrepeatedCommits: remaining.size };
}
