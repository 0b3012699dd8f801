import path from "node:path";
import { readBlobs } from "../git/blobs.ts";
import type { Mirror } from "../git/mirror.ts";
import { sha256 } from "../evidence.ts";
import { readEntry, type Entry } from "./covering.ts";
import type { LicenceFile } from "./judge.ts";
import { containedText, exactMatch, nearestTexts } from "./texts.ts";

/** Larger ones are no licences, in bytes. */
const MAX_LICENCE_BYTES = 300_000;
/** So many are in memory at a time. */
const AT_ONCE = 20;

/** What stands in a folder of a commit ("" for the root, else with a slash at its end), or at one path. */
export async function entriesIn(mirror: Mirror, commit: string, folder: string): Promise<Entry[]> {
  const text = await mirror.git(["ls-tree", "-z", commit, ...(folder ? ["--", folder] : [])]);
  return text.split("\0").flatMap((line) => readEntry(line) ?? []);
}

/**
 * What the texts of licence files are, links within the repository followed. Of links to others that are `read` anyway
 * nothing is said; what cannot be read has no text.
 */
export async function describeLicences(
  mirror: Mirror,
  commit: string,
  entries: readonly Entry[],
  read: readonly Entry[] = [],
): Promise<LicenceFile[]> {
  const files: LicenceFile[] = [];
  const known = new Map<string, Described>();
  for (let at = 0; at < entries.length; at += AT_ONCE) {
    const some = entries.slice(at, at + AT_ONCE);
    const blobs = await readBlobs(
      mirror,
      some.map(({ oid }) => oid),
      MAX_LICENCE_BYTES,
    );
    for (const [index, entry] of some.entries()) {
      const text = await textOf(mirror, commit, entry, blobs[index]?.bytes ?? null, read);
      if (text === null) continue;
      const key = sha256(text);
      const described = known.get(key) ?? describe(text);
      known.set(key, described);
      files.push({ path: entry.path, oid: entry.oid, sha256: key, ...described });
    }
  }
  return files;
}

async function textOf(
  mirror: Mirror,
  commit: string,
  entry: Entry,
  bytes: Buffer | null,
  read: readonly Entry[],
): Promise<string | null> {
  if (bytes === null) return "";
  if (entry.kind === "file") return decoded(bytes);
  const target = path.posix.join(path.posix.dirname(entry.path), bytes.toString("utf8"));
  if (read.some((other) => other.kind === "file" && other.path === target)) return null;
  if (target.startsWith("../") || target.startsWith("/") || /[\n\0]/.test(target)) return "";
  const [there] = await entriesIn(mirror, commit, target);
  const [text] = there?.kind === "file" ? await readBlobs(mirror, [there.oid], MAX_LICENCE_BYTES) : [];
  return text?.bytes ? decoded(text.bytes) : "";
}

/** Text as its byte order mark says, UTF-8 without one. */
export function decoded(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  return bytes.toString("utf8");
}

type Described = Omit<LicenceFile, "path" | "oid" | "sha256">;

function describe(text: string): Described {
  const exact = exactMatch(text);
  return {
    exact: exact?.ids ?? [],
    osi: exact?.osi ?? false,
    contains: exact ? null : containedText(text),
    extraCondition: !exact && /commons\s+clause|license\s+condition|additional\s+(terms|restrictions?)\s*:/i.test(text),
    nearest: exact ? [] : nearestTexts(text),
  };
}
