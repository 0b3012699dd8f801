import type { Fault } from "../evidence.ts";
import { MirrorFault } from "./mirror-fault.ts";
import type { Mirror } from "./mirror.ts";
import { isBehind } from "./newness.ts";
import type { TimeBudget, World } from "./world.ts";

export interface SubmoduleSeen {
  path: string;
  url: string | null;
  /** "public": anybody is shown its repository and, on a branch or tag of it, this commit; else why not. */
  seen: "public" | "commit_not_there" | Fault;
}

/** A submodule: where it stands, which commit it names, in which commit of which repository. */
export interface Gitlink {
  path: string;
  commit: string;
}

/** The answers with which a server keeps the public out; anything else is a fault that may pass. */
export const isClosed = (seen: SubmoduleSeen["seen"]): boolean =>
  seen === "not_found" || seen === "unauthorized" || seen === "unsafe_url" || seen === "malformed";

/**
 * Follow submodules as the public would: to the repository that .gitmodules names, the very commit on one of its branches
 * or tags, and on to the submodules of that; not beyond the first that the public cannot follow. Each repository is fetched
 * within tight bounds; what is beyond them is `too_large`, for a person, and what there was no time for is `timeout`.
 */
export async function followSubmodules(
  copy: Mirror,
  holder: { commit: string; cloneUrl: string },
  links: readonly Gitlink[],
  world: World,
  budget: TimeBudget,
): Promise<SubmoduleSeen[]> {
  const { maxSubmodules, maxSubmoduleDepth } = world.limits;
  const seen: SubmoduleSeen[] = [];
  const done = new Set<string>();
  const isDecided = () => seen.some((one) => one.seen === "commit_not_there" || isClosed(one.seen));
  const follow = async (
    mirror: Mirror,
    from: { commit: string; cloneUrl: string; under: string; depth: number },
    modules: readonly Gitlink[],
  ): Promise<void> => {
    for (const { path, commit } of modules) {
      if (isDecided()) return;
      const at = from.under + path;
      if (budget.left() === 0) return void seen.push({ path: at, url: null, seen: "timeout" });
      const url = await submoduleUrl(mirror, from.commit, path, from.cloneUrl);
      if (done.has(`${url} ${commit}`)) continue;
      done.add(`${url} ${commit}`);
      if (seen.length >= maxSubmodules || from.depth > maxSubmoduleDepth) {
        if (seen.length <= maxSubmodules) seen.push({ path: at, url, seen: "too_large" });
        continue;
      }
      if (url === null) {
        seen.push({ path: at, url, seen: "malformed" });
        continue;
      }
      const found = await look(copy, url, commit, world, budget);
      seen.push({ path: at, url, seen: found.seen });
      if (found.seen !== "public") continue;
      const inner = await gitlinks(found.part, commit);
      await follow(found.part, { commit, cloneUrl: found.url, under: `${at}/`, depth: from.depth + 1 }, inner);
    }
  };
  await follow(copy, { ...holder, under: "", depth: 1 }, links);
  return seen;
}

type Looked = { seen: "public"; part: Mirror; url: string } | { seen: Exclude<SubmoduleSeen["seen"], "public"> };

async function look(copy: Mirror, url: string, commit: string, world: World, budget: TimeBudget): Promise<Looked> {
  const shown = await world.advertised(url, budget.left());
  world.requests.push(...shown.evidence);
  if (!shown.ok) return { seen: shown.fault };
  if (shown.value.objectFormat !== "sha1") return { seen: "malformed" };
  try {
    const part = await copy.part(url, world.limits.maxSubmoduleBytes, budget);
    await part.fetch(world.guard, shown.value);
    const tips = [...new Set(Object.values(shown.value.refs))];
    const there = (await part.holds([`${commit}^{commit}`])) && (await isBehind(part, commit, tips));
    return there ? { seen: "public", part, url: shown.value.url } : { seen: "commit_not_there" };
  } catch (error) {
    if (error instanceof MirrorFault) return { seen: error.fault };
    throw error;
  }
}

/** Every submodule of a commit. */
async function gitlinks(mirror: Mirror, commit: string): Promise<Gitlink[]> {
  const links: Gitlink[] = [];
  let rest = "";
  for await (const chunk of mirror.stream(["ls-tree", "-r", "-z", commit])) {
    const entries = (rest + chunk.toString("latin1")).split("\0");
    rest = entries.pop() ?? "";
    for (const entry of entries) {
      const link = /^160000 commit ([0-9a-f]{40})\t(.+)$/s.exec(entry);
      if (link?.[1] && link[2]) links.push({ commit: link[1], path: Buffer.from(link[2], "latin1").toString("utf8") });
    }
    if (links.length > 1000) break;
  }
  return links;
}

/**
 * The address that .gitmodules gives for a path, relative ones taken from the repository's own, addresses that need an
 * account of one's own (git@host:…, ssh://) read as the public one of the same host; null when it gives none.
 */
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
  if (relative) return URL.canParse(url, base) ? new URL(url, base).href : null;
  const short = /^(?:[\w.-]+@)?([\w.-]+\.[\w-]+):(?!\/\/)\/?([\w./~-]+)$/.exec(url);
  const ssh = /^(?:git\+)?ssh:\/\/(?:[\w.-]+@)?([\w.-]+)(?::\d+)?\/([\w./~-]+)$/.exec(url);
  const [, host, place] = short ?? ssh ?? [];
  return host && place ? `https://${host}/${place}` : url;
}
