import type { Fault, FaultFacts } from "../evidence.ts";
import { eachBlobStart } from "../git/blobs.ts";
import type { ChangedFile, Changes } from "../git/changes.ts";
import { followPointers, readPointer, type LfsPointer } from "../git/lfs.ts";
import type { Mirror } from "../git/mirror.ts";
import { followSubmodules, isClosed, type SubmoduleSeen } from "../git/submodules.ts";
import { TimeBudget, type World } from "../git/world.ts";
import { count, fail, isFault, ok, unclear, type Outcome } from "./outcome.ts";

export type CompleteSourceFacts =
  | {
      submodules: SubmoduleSeen[];
      /** Pointers to files kept elsewhere (Git LFS) that the public cannot follow, or that lead to other bytes. */
      lfsPointers: string[];
      /** Pointers of which we cannot say it now; the first 20. */
      lfsUnclear?: { path: string; fault: Fault }[];
      /** Pointers that were followed without an account to the very bytes they name. */
      lfsFetched?: number;
      /** Source that only some can read: git-crypt, or code in another such envelope. */
      encrypted: string[];
      /** Other files in such envelopes (keys, passwords), which no source is expected to show; the first 20. */
      secrets?: string[];
    }
  | FaultFacts;

/** Check 7. The source is there for everybody, not behind a pointer or a key that the public does not have. */
export const completeSource = {
  name: "complete-source" as const,
  judge(facts: CompleteSourceFacts): Outcome {
    if (isFault(facts)) return unclear(facts, "The changed files could not be read");
    const [locked] = facts.encrypted;
    if (locked !== undefined) return fail("incomplete_source", `${locked} is encrypted.`);
    const [pointer] = facts.lfsPointers;
    if (pointer !== undefined) {
      return fail("incomplete_source", `${pointer} is a pointer (Git LFS) to a file that is not there for the public.`);
    }
    const lost = facts.submodules.find((one) => one.seen === "commit_not_there");
    if (lost) {
      return fail("incomplete_source", `The submodule ${lost.path} names a commit that its repository does not show.`);
    }
    const closed = facts.submodules.find((one) => isClosed(one.seen));
    if (closed)
      return fail("incomplete_source", `The submodule ${closed.path} leads to a repository that is not public.`);
    const [unclearPointer] = facts.lfsUnclear ?? [];
    if (unclearPointer) return unclear(unclearPointer, `The file behind ${unclearPointer.path} (Git LFS)`);
    const unseen = facts.submodules.find((one) => one.seen !== "public");
    if (unseen && unseen.seen !== "public" && unseen.seen !== "commit_not_there") {
      return unclear({ fault: unseen.seen }, `The submodule ${unseen.path}`);
    }
    const secrets = facts.secrets ?? [];
    const fetched = facts.lfsFetched ?? 0;
    return ok(
      "Every changed file is there in full." +
        (fetched === 0 ? "" : ` ${count(fetched, "of them is", "of them are")} kept beside the repository (Git LFS).`) +
        (secrets.length === 0 ? "" : ` ${secrets[0]} is encrypted, and nothing was taken for source in it.`),
    );
  },

  /** What our own copy tells is read first; others are asked as long as there is time and nothing is certainly missing. */
  async observe(
    copy: Mirror,
    commit: string,
    changes: Changes,
    cloneUrl: string,
    world: World,
  ): Promise<CompleteSourceFacts> {
    const files = await changes();
    const links = files.flatMap(({ mode, path, oid }) => (mode === "160000" ? [{ path, commit: oid }] : []));
    const contents = files.filter((file) => file.status !== "removed" && file.mode.startsWith("100"));
    const { envelopes, pointers, broken } = await readStarts(copy, contents);
    const source = envelopes.filter(({ kind, path }) => kind === "git-crypt" || sourceName.test(path));
    const secrets = envelopes.filter((one) => !source.includes(one)).map((one) => one.path);
    const isMissing = source.length > 0 || broken.length > 0;
    const { sourceTimeoutMs, sourceQuestionMs } = world.limits;
    const budget = new TimeBudget(sourceTimeoutMs, sourceQuestionMs);
    const followed = isMissing ? [] : links;
    const submodules = await followSubmodules(copy, { commit, cloneUrl }, followed, world, budget);
    const isLost = isMissing || submodules.some(({ seen }) => seen === "commit_not_there" || isClosed(seen));
    const lfs = await lfsOf(copy, commit, cloneUrl, isLost ? [] : pointers, world, budget);
    return {
      submodules,
      lfsPointers: [...broken, ...lfs.closed].slice(0, MAX_NAMED),
      ...(lfs.unclear.length > 0 ? { lfsUnclear: lfs.unclear.slice(0, MAX_NAMED) } : {}),
      ...(lfs.fetched > 0 ? { lfsFetched: lfs.fetched } : {}),
      encrypted: source.map((one) => one.path).slice(0, MAX_NAMED),
      ...(secrets.length > 0 ? { secrets: secrets.slice(0, MAX_NAMED) } : {}),
    };
  },
};

const MAX_NAMED = 20;

/** How files begin that only the holder of a key can read. */
const envelopeStarts: readonly [string, RegExp][] = [
  ["git-crypt", /^\0GITCRYPT\0/],
  ["age", /^(age-encryption\.org\/v1|-----BEGIN AGE ENCRYPTED FILE-----)/],
  ["ansible-vault", /^\$ANSIBLE_VAULT;/],
  ["transcrypt", /^U2FsdGVkX1/],
  ["openssl", /^Salted__/],
  ["pgp", /^-----BEGIN PGP MESSAGE-----/],
];

/** Files that people write programs in. */
const sourceName =
  /\.(c|cc|cpp|cs|css|cxx|dart|erl|ex|exs|go|h|hpp|hs|html?|java|jl|js|jsx|kt|lua|m|mjs|ml|php|pl|py|r|rb|rs|scala|sh|sol|sql|svelte|swift|ts|tsx|vue|zig)$/i;

/** What the beginnings of files give away: envelopes, pointers, and pointers that are none. */
async function readStarts(copy: Mirror, files: readonly ChangedFile[]) {
  const envelopes: { path: string; kind: string }[] = [];
  const pointers: (LfsPointer & { path: string })[] = [];
  const broken: string[] = [];
  const paths = Map.groupBy(files, (file) => file.oid);
  await eachBlobStart(copy, paths.keys(), 1024, ({ oid, size, start }) => {
    const here = paths.get(oid) ?? [];
    const text = start.toString("latin1");
    const kind = envelopeStarts.find(([, begins]) => begins.test(text))?.[0];
    // git-lfs itself takes no longer text for a pointer.
    const pointer = size <= 1024 ? readPointer(text) : null;
    for (const { path } of here) {
      if (kind !== undefined) envelopes.push({ path, kind });
      if (pointer === undefined) broken.push(path);
      else if (pointer !== null) pointers.push({ ...pointer, path });
    }
  });
  return { envelopes, pointers, broken };
}

async function lfsOf(
  copy: Mirror,
  commit: string,
  cloneUrl: string,
  pointers: readonly (LfsPointer & { path: string })[],
  { guard, requests, limits }: World,
  budget: TimeBudget,
) {
  const closed: string[] = [];
  const unclearOnes: { path: string; fault: Fault }[] = [];
  let fetched = 0;
  if (pointers.length === 0) return { closed, unclear: unclearOnes, fetched };
  const plain = cloneUrl.replace(/\/+$/, "");
  // Also .lfsconfig may say where the files are; it is for everybody who clones.
  const said = await copy.try(["config", "--blob", `${commit}:.lfsconfig`, "--get", "lfs.url"]);
  const lfsUrl = said.stdout.toString("utf8").trim() || `${plain.endsWith(".git") ? plain : `${plain}.git`}/info/lfs`;
  const asked = pointers.slice(0, limits.maxLfsPointers).map(({ oid, size }) => ({ oid, size }));
  const withheld = (seen: Fault | "public") => isClosed(seen) && seen !== "malformed";
  const bounds = { budget, maxBytes: limits.maxLfsBytes };
  const { found, evidence } = await followPointers(guard, lfsUrl, asked, bounds, withheld);
  requests.push(...evidence.slice(0, 2 * MAX_NAMED));
  const isDecided = [...found.values()].some(withheld);
  for (const [place, { path, oid }] of pointers.entries()) {
    const seen = found.get(oid) ?? (place < limits.maxLfsPointers ? "timeout" : "too_large");
    if (seen === "public") fetched += 1;
    else if (withheld(seen)) closed.push(path);
    else if (found.has(oid) || !isDecided) unclearOnes.push({ path, fault: seen });
  }
  return { closed, unclear: unclearOnes, fetched };
}
