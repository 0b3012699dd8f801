import type { Fault, FaultFacts, Observed } from "../evidence.ts";
import { readBlobs, type Changes } from "../git/changes.ts";
import type { Mirror } from "../git/mirror.ts";
import { fail, isFault, ok, unclear, type Outcome } from "./outcome.ts";

export interface SubmoduleSeen {
  path: string;
  url: string | null;
  /** "public": its repository is shown to anybody; else why not. */
  seen: "public" | Fault;
}

export type CompleteSourceFacts =
  | { submodules: SubmoduleSeen[]; lfsPointers: string[]; encrypted: string[] }
  | FaultFacts;

/** Check 7. The source is in the repository itself, not behind a pointer that the public cannot follow. */
export const completeSource = {
  name: "complete-source" as const,
  judge(facts: CompleteSourceFacts): Outcome {
    if (isFault(facts)) return unclear(facts, "The changed files could not be read");
    const [locked] = facts.encrypted;
    if (locked !== undefined) return fail("incomplete_source", `${locked} is encrypted.`);
    const [pointer] = facts.lfsPointers;
    if (pointer !== undefined) {
      return fail("incomplete_source", `${pointer} is only a pointer to a file kept elsewhere (Git LFS).`);
    }
    const closed = facts.submodules.find((one) => isClosed(one.seen));
    if (closed)
      return fail("incomplete_source", `The submodule ${closed.path} leads to a repository that is not public.`);
    const unseen = facts.submodules.find((one) => one.seen !== "public");
    if (unseen && unseen.seen !== "public") return unclear({ fault: unseen.seen }, `The submodule ${unseen.path}`);
    return ok("Every changed file is there in full.");
  },

  async observe(
    copy: Mirror,
    commit: string,
    changes: Changes,
    cloneUrl: string,
    isPublic: (url: string) => Promise<Observed<unknown>>,
  ): Promise<CompleteSourceFacts> {
    const files = await changes();
    const modules = files.filter((file) => file.mode === "160000");
    const submodules: SubmoduleSeen[] = [];
    for (const { path } of modules.slice(0, maxSubmodules)) {
      const url = await submoduleUrl(copy, commit, path, cloneUrl);
      const answer = url === null ? null : await isPublic(url);
      submodules.push({ path, url, seen: answer === null ? "malformed" : answer.ok ? "public" : answer.fault });
    }
    for (const { path } of modules.slice(maxSubmodules)) submodules.push({ path, url: null, seen: "too_large" });

    const contents = files.filter((file) => file.status !== "removed" && file.mode.startsWith("100"));
    const blobs = await readBlobs(
      copy,
      contents.map((file) => file.oid),
      64_000,
    );
    const startingWith = (start: string) =>
      contents.flatMap((file, index) => (blobs[index]?.bytes?.toString("latin1").startsWith(start) ? [file.path] : []));
    return {
      submodules,
      lfsPointers: startingWith("version https://git-lfs.github.com/spec/"),
      encrypted: startingWith("\0GITCRYPT\0"),
    };
  },
};

const maxSubmodules = 20;

/** The address that .gitmodules gives for a path, relative ones taken from the repository's own; null when it gives none. */
async function submoduleUrl(copy: Mirror, commit: string, path: string, cloneUrl: string): Promise<string | null> {
  const blob = `${commit}:.gitmodules`;
  const listing = await copy.try(["config", "--blob", blob, "-z", "--get-regexp", "^submodule\\..*\\.(path|url)$"]);
  const values = new Map<string, string>();
  for (const entry of listing.stdout.toString("utf8").split("\0")) {
    const [key = "", ...value] = entry.split("\n");
    values.set(key, value.join("\n"));
  }
  const key = [...values].find(([name, value]) => name.endsWith(".path") && value === path)?.[0];
  const url = key && values.get(key.replace(/path$/, "url"));
  if (!url) return null;
  const relative = url.startsWith("./") || url.startsWith("../");
  const base = `${cloneUrl.replace(/\/+$/, "")}/`;
  if (relative && !URL.canParse(url, base)) return null;
  return relative ? new URL(url, base).href : url;
}

const isClosed = (seen: SubmoduleSeen["seen"]) =>
  seen === "not_found" || seen === "unauthorized" || seen === "unsafe_url" || seen === "malformed";
