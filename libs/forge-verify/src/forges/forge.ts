import type { Observed } from "../evidence.ts";

export type ForgeName = "github" | "tangled";

/** A repository by what cannot be renamed. `slug` (owner/name) is for display and for finding out who took the name. */
export interface RepositoryRef {
  forge: ForgeName;
  /**
   * GitHub's numeric id as text, or Tangled's repository DID. On a knot of before 2026, which gives repositories no DID,
   * `at://<owner's DID>/sh.tangled.repo/<record key>#<knot>`.
   */
  stableId: string;
  slug: string;
}

export interface RepositoryDescription extends RepositoryRef {
  /** Where anybody clones from. */
  cloneUrl: string;
  webUrl: string;
  defaultBranch: string | null;
  visibility: "public" | "private" | "unknown";
  archived: boolean;
  /** The forge's own guess (SPDX id): shown as a hint, never decided on. */
  licenceHint: string | null;
  /** Tangled: whose repository it is. */
  ownerDid?: string;
  /** False when the sources that should name one repository contradict each other. */
  agree: boolean;
}

/** A repository as somebody typed it, once it has been understood. */
export type TypedAddress =
  | { forge: "github"; owner: string; name: string }
  | { forge: "tangled"; owner: string; name: string }
  | { forge: "tangled"; repoDid: string };

/** What a forge says was pushed. It never decides anything: a hint is only a reason to look. */
export interface PushHint {
  forge: ForgeName;
  /** The stable id of the repository, where the source names it by that. */
  stableId: string | null;
  /** How the knots of before 2026 name a repository. */
  named: { ownerDid: string; name: string } | null;
  /** Full name of the branch or tag. */
  ref: string;
  /** Commit ids; null when the ref was not there before, or is not there after. */
  before: string | null;
  after: string | null;
  kind: "push" | "force_push" | "creation" | "deletion" | "unknown";
  /** When the forge says it was. */
  at: Date | null;
  /** The source's own name for this event, the same however often it is told. */
  event: string;
}

/** One forge: who a repository is. It decides nothing; git does. */
export interface Forge {
  /** Asked first when nothing is known: for the safe-address line when the forge gives no answer. */
  entryUrl: string;
  find(address: TypedAddress): Promise<Observed<RepositoryDescription>>;
  describe(ref: RepositoryRef): Promise<Observed<RepositoryDescription>>;
  /** What the forge says was pushed there since then, newest first, as far as it remembers. Hints only. */
  pushes(ref: RepositoryRef, since: Date): Promise<Observed<PushHint[]>>;
}

/** A commit's id as forges write it; null for none (all zeros) and for anything else. */
export function commitId(text: unknown): string | null {
  return typeof text === "string" && /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(text) && !/^0+$/.test(text) ? text : null;
}
