import { createHash } from "node:crypto";
import { sha256 } from "./evidence.ts";

/** A changed path as it is sealed: removed paths have mode "000000" and an empty hash. */
export interface SealedFile {
  path: string;
  mode: string;
  /** sha256 (hex) of the contents; of a submodule, its commit id as text. */
  sha256: string;
}

/** sha256 (hex) over the changed files against the baseline, sorted by the bytes of their paths. */
export function changeDigest(files: readonly SealedFile[]): string {
  const hash = createHash("sha256").update("freehold/change/v1\n");
  const sorted = files.toSorted((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
  for (const file of sorted) hash.update(`${file.mode} ${file.sha256} ${file.path}\0`);
  return hash.digest("hex");
}

/** The commitment published with a sealed preview; the nonce is what its developer reveals at the release. */
export function commitmentOf(files: readonly SealedFile[], nonce: string): string {
  return sha256(`freehold/seal/v1\n${changeDigest(files)}\n${nonce}`);
}
