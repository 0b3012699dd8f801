import { refusal } from "@freehold/contract";
import { commitmentOf, readReveal } from "@freehold/forge-verify";

/** Refuses commit_invalid: a commit is named by its full hexadecimal digits, never by a branch, a tag or a short form. */
export function requireCommit(commit: string): void {
  if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(commit)) throw refusal("commit_invalid");
}

/**
 * Refuses seal_not_opened when a sealed preview is released without what opens its seal. A whole reveal file is held
 * against the seal here and now; a bare nonce only the files of the release can prove.
 */
export function requireReveal(commitment: string | null, reveal: string | undefined): void {
  if (commitment === null) return;
  const read = readReveal(reveal ?? "");
  if (read === null) throw refusal("seal_not_opened");
  if (read.files !== null && commitmentOf(read.files, read.nonce) !== commitment)
    throw refusal("seal_not_opened", "This file belongs to another seal than the one published with the preview.");
}
