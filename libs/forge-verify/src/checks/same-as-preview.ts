import { sha256, type FaultFacts } from "../evidence.ts";
import type { ChangedFile, Changes } from "../git/changes.ts";
import { findPaths } from "../git/find-paths.ts";
import { hashBlobs } from "../git/hash-blobs.ts";
import type { Mirror } from "../git/mirror.ts";
import { bytesOfPath, commitmentOf, readReveal, type SealedFile } from "../seal.ts";
import { count, fail, human, isFault, ok, unclear } from "./outcome.ts";

export type SameAsPreviewFacts =
  | {
      commitment: string;
      /** Whether what was revealed gives the commitment that was published with the preview. */
      opened: boolean;
      sealedFiles: number;
      /** Sealed paths that the release does not have as they were sealed: the first 20, and how many. */
      differing: string[];
      differingCount: number;
      /** Whether each of those had already been changed in public when the release was chosen. */
      movedByOthers: boolean;
      /** Paths that the release changes and the seal does not name: the first 20, and how many. */
      unsealed: string[];
      unsealedCount: number;
      /** Other paths that had changed in public between the baseline and the choice of the release. */
      movedMeanwhile: number;
    }
  | FaultFacts;

const namedMax = 20;

/**
 * Check 8, for sealed previews. The seal published with the preview opens, every sealed file stands in the release exactly as
 * it was sealed, and whatever else the release brings had been public before it was chosen.
 */
export const sameAsPreview = {
  name: "same-as-preview" as const,
  judge(facts: SameAsPreviewFacts) {
    if (isFault(facts)) return unclear(facts, "The seal could not be compared");
    const { sealedFiles, differing, differingCount, unsealed, unsealedCount, movedMeanwhile } = facts;
    if (!facts.opened) {
      return fail("commitment_mismatch", "What was revealed does not open the seal published with the preview.");
    }
    const others = unsealedCount === 0 ? "" : ` It also changes ${names(unsealed, unsealedCount)} outside the seal.`;
    if (differingCount > 0 && !facts.movedByOthers) {
      const sentence = `The release is not what was sealed with the preview: ${names(differing, differingCount)}.`;
      return fail("commitment_mismatch", sentence + others);
    }
    if (differingCount > 0) {
      const sentence = `Sealed files that had been changed on the branch by the time the release was chosen differ from the seal: ${names(differing, differingCount)}.`;
      return human("seal_conflict", sentence + others);
    }
    if (unsealedCount > 0) {
      const sealed = `${count(sealedFiles, "file is", "files are")} as sealed, but the release also changes`;
      return human("beyond_seal", `${sealed} ${names(unsealed, unsealedCount)}, which the seal does not name.`);
    }
    const moved =
      movedMeanwhile === 0
        ? ""
        : ` The branch changed ${count(movedMeanwhile, "other file", "other files")} meanwhile.`;
    return ok(`${count(sealedFiles, "file is", "files are")} exactly as sealed with the preview.${moved}`);
  },

  /**
   * @param changes what the release changes against the baseline
   * @param beyond what it changes against the baseline and what was public when it was chosen
   */
  async observe(
    copy: Mirror,
    commit: string,
    changes: Changes,
    beyond: Changes,
    seal: { commitment: string; reveal: string },
  ): Promise<SameAsPreviewFacts> {
    const nothing = { sealedFiles: 0, differing: [], differingCount: 0, movedByOthers: false };
    const closed = { ...nothing, unsealed: [], unsealedCount: 0, movedMeanwhile: 0 };
    const commitment = seal.commitment.toLowerCase();
    const reveal = readReveal(seal.reveal);
    // Files that are not the sealed ones are not worth reading.
    if (!reveal || (reveal.files && commitmentOf(reveal.files, reveal.nonce) !== commitment))
      return { commitment, opened: false, ...closed };
    const sealed = reveal.files ?? (await sealedByNonce(copy, new Set([changes, beyond]), commitment, reveal.nonce));
    if (!sealed) return { commitment, opened: false, ...closed };

    const sinceBaseline = byPath(await changes());
    const sinceChosen = byPath(await beyond());
    const named = new Set(sealed.map(bytesOfPath));
    const differing = reveal.files ? await differingFrom(copy, commit, reveal.files) : [];
    const movedByOthers = (path: string) => {
      const atBaseline = sinceBaseline.get(path)?.was;
      const whenChosen = sinceChosen.get(path)?.was;
      // A list without the path means that what stood there is what the release has.
      if (!atBaseline || !whenChosen) return atBaseline !== whenChosen;
      return atBaseline.mode !== whenChosen.mode || atBaseline.oid !== whenChosen.oid;
    };
    const unsealed = [...sinceChosen.keys()].filter((path) => !named.has(path));
    const moved = [...sinceBaseline.keys()].filter((path) => !named.has(path) && !sinceChosen.has(path));
    return {
      commitment,
      opened: true,
      sealedFiles: sealed.length,
      differing: differing.slice(0, namedMax).map(printable),
      differingCount: differing.length,
      movedByOthers: differing.length > 0 && differing.every(movedByOthers),
      unsealed: unsealed.slice(0, namedMax).map(printable),
      unsealedCount: unsealed.length,
      movedMeanwhile: moved.length,
    };
  },
};

const byPath = (files: readonly ChangedFile[]) => new Map(files.map((file) => [bytesOfPath(file), file]));

/** With the nonce alone the sealed files must be what the release changes, against one beginning or the other. */
async function sealedByNonce(copy: Mirror, candidates: Iterable<Changes>, commitment: string, nonce: string) {
  for (const candidate of candidates) {
    const files = await candidate();
    const sealed = await sealedFiles(copy, files);
    if (files.length > 0 && commitmentOf(sealed, nonce) === commitment) return sealed;
  }
  return null;
}

/** Changed files in the form in which they are sealed. */
async function sealedFiles(copy: Mirror, files: readonly ChangedFile[]): Promise<SealedFile[]> {
  const hashes = await hashBlobs(copy, blobsOf(files));
  return files.map(({ path, encoding, mode, oid, status }) => ({
    path,
    ...(encoding ? { encoding } : {}),
    mode: status === "removed" ? "000000" : mode,
    sha256: status === "removed" ? "" : contentOf({ mode, oid }, hashes),
  }));
}

/** The sealed paths (as bytes) at which the commit has something else: other contents, another mode, nothing, too much. */
async function differingFrom(copy: Mirror, commit: string, sealed: readonly SealedFile[]): Promise<string[]> {
  const found = await findPaths(copy, commit, new Set(sealed.map(bytesOfPath)));
  const hashes = await hashBlobs(copy, blobsOf([...found.values()]));
  const differing = sealed.map(bytesOfPath).filter((path, place) => {
    const there = found.get(path);
    const { mode, sha256 } = sealed[place]!;
    if (!there) return mode !== "000000";
    return there.mode !== mode || contentOf(there, hashes) !== sha256;
  });
  return differing.toSorted((a, b) => (a < b ? -1 : 1));
}

type Entry = { mode: string; oid: string };

const blobsOf = (entries: readonly Entry[]) =>
  entries.filter(({ mode }) => mode !== "160000" && mode !== "000000").map(({ oid }) => oid);

const contentOf = ({ mode, oid }: Entry, hashes: ReadonlyMap<string, string>): string =>
  mode === "160000" ? sha256(oid) : (hashes.get(oid) ?? "");

/** A path (as bytes) for people: what does not print, or turns the line around, becomes a question mark. */
function printable(bytes: string): string {
  const text = Buffer.from(bytes, "latin1")
    .toString("utf8")
    .replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, "?");
  return text.length <= 200 ? text : `${[...text].slice(0, 199).join("")}…`;
}

/** "a.js, b.js, c.js and 4 more". */
function names(paths: readonly string[], total: number): string {
  const shown = paths.slice(0, 3).join(", ");
  return total <= 3 ? shown : `${shown} and ${total - 3} more`;
}
