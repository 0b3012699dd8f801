import { refusal } from "@freehold/contract";

/** Refuses commit_invalid: a commit is named by its full hexadecimal digits, never by a branch, a tag or a short form. */
export function requireCommit(commit: string): void {
  if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(commit)) throw refusal("commit_invalid");
}
