import type { Observed } from "../evidence.ts";

export type ForgeName = "github" | "tangled";

/** A repository by what cannot be renamed. `slug` (owner/name) is for display and for finding out who took the name. */
export interface RepositoryRef {
  forge: ForgeName;
  /** GitHub's numeric id as text, or Tangled's repository DID. */
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

/** One forge: who a repository is. It decides nothing; git does. */
export interface Forge {
  /** Asked first when nothing is known: for the safe-address line when the forge gives no answer. */
  entryUrl: string;
  find(address: TypedAddress): Promise<Observed<RepositoryDescription>>;
  describe(ref: RepositoryRef): Promise<Observed<RepositoryDescription>>;
}
