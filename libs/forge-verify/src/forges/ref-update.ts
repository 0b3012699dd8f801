import { isRefName } from "../git/advertise.ts";
import { commitId, type PushHint } from "./forge.ts";
import { isDid, isRepositoryName } from "./typed-address.ts";

/** One message of a knot's event stream, as far as it can be read. */
export interface KnotEvent {
  /** Where reading may go on: nanoseconds since 1970, UTC, decimal; null when the event does not say. */
  cursor: bigint | null;
  /** Null when the event is about something else than a moved branch or tag. */
  hint: PushHint | null;
}

const nsid = "sh.tangled.git.refUpdate";

/** Read one message; null when it is no event at all. */
export function readKnotEvent(text: string): KnotEvent | null {
  let message: Record<string, unknown>;
  try {
    // Nanoseconds are more than a double holds: the digits themselves are kept.
    const read = JSON.parse(text, ((key: string, value: unknown, context?: { source?: string }) =>
      key === "created" && typeof value === "number" ? (context?.source ?? String(value)) : value) as never) as unknown;
    if (read === null || typeof read !== "object" || Array.isArray(read)) return null;
    message = read as Record<string, unknown>;
  } catch {
    return null;
  }
  const { rkey, created } = message;
  const nanoseconds = typeof created === "string" && /^\d{10,20}$/.test(created) ? BigInt(created) : momentOfTid(rkey);
  if (message["nsid"] !== nsid) return { cursor: nanoseconds, hint: null };
  return { cursor: nanoseconds, hint: readRefUpdate(message["event"], rkey, nanoseconds) };
}

/**
 * The body of a `sh.tangled.git.refUpdate`. New knots name the repository's DID in `repo`; old ones name the OWNER's
 * DID, in a field called `repoDid`, together with `repoName`.
 */
function readRefUpdate(event: unknown, rkey: unknown, nanoseconds: bigint | null): PushHint | null {
  let body = event;
  if (typeof event === "string") {
    try {
      body = JSON.parse(event);
    } catch {
      return null;
    }
  }
  const { repo, repoDid, repoName, ref, oldSha, newSha } = (body ?? {}) as Record<string, unknown>;
  const full = typeof ref === "string" && !ref.startsWith("refs/") ? `refs/heads/${ref}` : ref;
  if (typeof full !== "string" || !isRefName(full)) return null;
  const isNew = isDid(repo);
  const isOld = !isNew && isDid(repoDid) && isRepositoryName(repoName);
  if (!isNew && !isOld) return null;
  const [before, after] = [commitId(oldSha), commitId(newSha)];
  if (before === null && after === null) return null;
  return {
    forge: "tangled",
    stableId: isNew ? repo : null,
    named: isOld ? { ownerDid: repoDid, name: repoName } : null,
    ref: full,
    before,
    after,
    // The stream does not say whether a push was forced.
    kind: before === null ? "creation" : after === null ? "deletion" : "unknown",
    at: nanoseconds === null ? null : new Date(Number(nanoseconds / 1_000_000n)),
    event: typeof rkey === "string" && /^[A-Za-z0-9._:~-]{1,64}$/.test(rkey) ? rkey : `${full} ${after ?? "gone"}`,
  };
}

const tidDigits = "234567abcdefghijklmnopqrstuvwxyz";

/** When a TID (atproto's timestamp identifier) was made, in nanoseconds. */
function momentOfTid(rkey: unknown): bigint | null {
  if (typeof rkey !== "string" || !/^[2-7a-j][2-7a-z]{12}$/.test(rkey)) return null;
  let value = 0n;
  for (const digit of rkey) value = value * 32n + BigInt(tidDigits.indexOf(digit));
  return (value >> 10n) * 1000n;
}
