import path from "node:path";
import { eachBlobStart, readBlobs } from "../git/blobs.ts";
import type { Changes } from "../git/changes.ts";
import { sha256 } from "../evidence.ts";
import type { Mirror } from "../git/mirror.ts";
import { declaredIn, headersIn, isManifest } from "./declared.ts";
import type { DeclaredLicence, LicenceFile, Remark } from "./judge.ts";
import { isRemarkable, remarkIn } from "./remarks.ts";
import { containedText, exactMatch, nearestTexts } from "./texts.ts";

export interface LicencesRead {
  files: LicenceFile[];
  declared: DeclaredLicence[];
  headers?: DeclaredLicence[];
  remarks?: Remark[];
}

const licenceName = /^(un)?licen[cs]e([-._].*)?$|^copying([-._].*)?$|^copyright\.(md|txt)$/i;
const licenceFolder = /^licen[cs]es?$/i;
const MAX_LICENCE_BYTES = 300_000;
const MAX_TEXT_BYTES = 1_000_000;
const MAX_MANIFESTS = 500;
const HEADER_BYTES = 4096;
const MAX_FILES = 50;

interface Entry {
  path: string;
  oid: string;
  kind: "file" | "link" | "folder" | "submodule";
}

async function entries(mirror: Mirror, commit: string, folder: string): Promise<Entry[]> {
  const text = await mirror.git(["ls-tree", "-z", commit, ...(folder ? ["--", folder] : [])]);
  return text.split("\0").flatMap((line) => {
    const tab = line.indexOf("\t");
    const [mode = "", , oid = ""] = line.slice(0, tab).split(" ");
    if (tab < 0) return [];
    const kind = mode === "120000" ? "link" : mode === "040000" ? "folder" : mode === "160000" ? "submodule" : "file";
    return [{ path: line.slice(tab + 1), oid, kind } as const];
  });
}

const isFile = (entry: Entry) => entry.kind === "file" || entry.kind === "link";

/**
 * The licence files of a commit (at the root, else in a folder of licences there), what its manifests and the headers of
 * its changed files declare, and what might lay a condition over all of it.
 */
export async function readLicences(mirror: Mirror, commit: string, changes: Changes): Promise<LicencesRead> {
  const root = await entries(mirror, commit, "");
  let found = root.filter((entry) => isFile(entry) && licenceName.test(entry.path));
  const folder = root.find((entry) => entry.kind === "folder" && licenceFolder.test(entry.path));
  if (found.length === 0 && folder) found = (await entries(mirror, commit, `${folder.path}/`)).filter(isFile);
  const changed = (await changes()).filter((file) => file.status !== "removed" && file.mode.startsWith("100"));
  const manifests = new Map<string, string>();
  for (const { path: at, oid } of changed) if (isManifest(path.posix.basename(at))) manifests.set(at, oid);
  for (const { path: at, oid, kind } of root) if (kind === "file" && isManifest(at)) manifests.set(at, oid);
  const read = found.slice(0, MAX_FILES);
  const declaring = [...manifests].slice(0, MAX_MANIFESTS);
  const remarkable = root.filter((entry) => isFile(entry) && isRemarkable(entry.path)).slice(0, MAX_FILES);
  const oids = [...read.map(({ oid }) => oid), ...declaring.map(([, oid]) => oid), ...remarkable.map(({ oid }) => oid)];
  const blobs = new Map((await readBlobs(mirror, oids, MAX_TEXT_BYTES)).map((blob) => [blob.oid, blob.bytes]));

  const files: LicenceFile[] = [];
  for (const entry of read) {
    const text = await textOf(mirror, commit, entry, blobs.get(entry.oid) ?? null, found);
    if (text !== null) files.push(describe(entry, text));
  }
  // What nobody reads must not be what restricts.
  for (const entry of found.slice(MAX_FILES)) files.push(describe(entry, ""));
  const declared = declaring.flatMap(([at, oid]): DeclaredLicence[] => {
    const expression = declaredIn(path.posix.basename(at), blobs.get(oid)?.toString("utf8") ?? "");
    return expression ? [{ path: at, expression: expression.slice(0, 500) }] : [];
  });
  const remarks = remarkable.flatMap((entry): Remark[] => {
    const remark = remarkIn(entry.path, blobs.get(entry.oid)?.toString("utf8") ?? null);
    return remark ? [remark] : [];
  });

  const headers = new Map<string, string>();
  const paths = Map.groupBy(changed, (file) => file.oid);
  await eachBlobStart(mirror, paths.keys(), HEADER_BYTES, ({ oid, start }) => {
    if (headers.size > 100 || start.includes(0)) return;
    for (const expression of headersIn(start.toString("utf8"))) {
      if (!headers.has(expression)) headers.set(expression, paths.get(oid)?.[0]?.path ?? "");
    }
  });
  return {
    files,
    declared,
    ...(headers.size > 0 ? { headers: [...headers].map(([expression, at]) => ({ path: at, expression })) } : {}),
    ...(remarks.length > 0 ? { remarks } : {}),
  };
}

/** A licence file's text, links within the repository followed; null for a link to a file that is read anyway. */
async function textOf(
  mirror: Mirror,
  commit: string,
  entry: Entry,
  bytes: Buffer | null,
  found: readonly Entry[],
): Promise<string | null> {
  if (bytes === null || bytes.length > MAX_LICENCE_BYTES) return "";
  if (entry.kind === "file") return decoded(bytes);
  const target = path.posix.join(path.posix.dirname(entry.path), bytes.toString("utf8"));
  if (found.some((other) => other.kind === "file" && other.path === target)) return null;
  if (target.startsWith("../") || target.startsWith("/") || /[\n\0]/.test(target)) return "";
  const [there] = await entries(mirror, commit, target);
  const [text] = there?.kind === "file" ? await readBlobs(mirror, [there.oid], MAX_LICENCE_BYTES) : [];
  return text?.bytes ? decoded(text.bytes) : "";
}

/** Text as its byte order mark says, UTF-8 without one. */
function decoded(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  return bytes.toString("utf8");
}

function describe(entry: Entry, text: string): LicenceFile {
  const exact = exactMatch(text);
  return {
    path: entry.path,
    oid: entry.oid,
    sha256: sha256(text),
    exact: exact?.ids ?? [],
    osi: exact?.osi ?? false,
    contains: exact ? null : containedText(text),
    extraCondition: !exact && /commons\s+clause|license\s+condition|additional\s+(terms|restrictions?)\s*:/i.test(text),
    nearest: exact ? [] : nearestTexts(text),
  };
}
