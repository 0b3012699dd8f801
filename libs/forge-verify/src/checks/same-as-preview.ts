import { sha256, type FaultFacts } from "../evidence.ts";
import type { ChangedFile, Changes } from "../git/changes.ts";
import type { Mirror } from "../git/mirror.ts";
import { commitmentOf, type SealedFile } from "../seal.ts";
import { count, fail, isFault, ok, unclear } from "./outcome.ts";

export type SameAsPreviewFacts = { commitment: string; recomputed: string; changedFiles: number } | FaultFacts;

/** Check 8, for sealed previews. The seal published with the preview opens to exactly the files that were released. */
export const sameAsPreview = {
  name: "same-as-preview" as const,
  judge(facts: SameAsPreviewFacts) {
    if (isFault(facts)) return unclear(facts, "The seal could not be compared");
    if (facts.commitment.toLowerCase() !== facts.recomputed) {
      return fail("commitment_mismatch", "The released files are not the ones sealed with the preview.");
    }
    return ok(`What changed (${count(facts.changedFiles, "file", "files")}) is what was sealed with the preview.`);
  },

  async observe(
    copy: Mirror,
    changes: Changes,
    seal: { commitment: string; nonce: string },
  ): Promise<SameAsPreviewFacts> {
    const files = await changes();
    const sealed: SealedFile[] = [];
    for (const file of files) sealed.push(await sealedFile(copy, file));
    const { commitment, nonce } = seal;
    return { commitment, recomputed: commitmentOf(sealed, nonce), changedFiles: files.length };
  },
};

async function sealedFile(copy: Mirror, { path, mode, oid, status }: ChangedFile): Promise<SealedFile> {
  if (status === "removed") return { path, mode: "000000", sha256: "" };
  if (mode === "160000") return { path, mode, sha256: sha256(oid) };
  const blob = await copy.try(["cat-file", "blob", oid], { maxBytes: 200_000_000 });
  return { path, mode, sha256: sha256(blob.stdout) };
}
