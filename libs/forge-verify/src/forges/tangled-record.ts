import { isDid, isRepositoryName } from "./typed-address.ts";

export const collection = "sh.tangled.repo";

/** What an owner's own record says about one of their repositories. */
export interface RepoRecord {
  name: string;
  /** host[:port], as URLs write it. */
  knot: string;
  /** Null on knots of before 2026, which give repositories no DID. */
  repoDid: string | null;
  rkey: string;
}

/** A repository without a DID of its own: by its owner's record and the knot that keeps it. */
export interface OldKnotRepository {
  ownerDid: string;
  rkey: string;
  knot: string;
}

const recordKey = /^(?!\.{1,2}$)[A-Za-z0-9._:~-]{1,512}$/;
const host = /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(?::\d{1,5})?$/;

/** The host of a knot as a URL has it (lower case, no default port); null if it is no host. */
export function knotHost(text: unknown): string | null {
  if (typeof text !== "string" || !host.test(text) || !URL.canParse(`https://${text}`)) return null;
  return new URL(`https://${text}`).host;
}

/** Read a record of the collection as a data server gives it; null when it is not one of `ownerDid`'s or has another shape. */
export function readRecord(entry: unknown, ownerDid: string): RepoRecord | null {
  const { uri, value } = (entry ?? {}) as { uri?: unknown; value?: unknown };
  const prefix = `at://${ownerDid}/${collection}/`;
  if (typeof uri !== "string" || !uri.startsWith(prefix)) return null;
  const rkey = uri.slice(prefix.length);
  const { name, knot, repoDid } = (value ?? {}) as Record<string, unknown>;
  const keptAt = knotHost(knot);
  if (!recordKey.test(rkey) || !isRepositoryName(name) || keptAt === null) return null;
  // A DID that is none is no reason to take the repository for an old one.
  if (repoDid !== undefined && repoDid !== null && repoDid !== "" && !isDid(repoDid)) return null;
  return { name, knot: keptAt, rkey, repoDid: isDid(repoDid) ? repoDid : null };
}

/** The stable id of a repository on an old knot; `readOldId` reads it back. */
export function oldId({ ownerDid, rkey, knot }: OldKnotRepository): string {
  return `at://${ownerDid}/${collection}/${rkey}#${knot}`;
}

export function readOldId(stableId: string): OldKnotRepository | null {
  const match = /^at:\/\/([^/]+)\/sh\.tangled\.repo\/([^/#]+)#([^#]+)$/.exec(stableId);
  const [, ownerDid, rkey = "", at] = match ?? [];
  const knot = knotHost(at);
  return isDid(ownerDid) && recordKey.test(rkey) && knot !== null && knot === at ? { ownerDid, rkey, knot } : null;
}
