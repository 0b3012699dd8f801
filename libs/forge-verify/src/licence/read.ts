import path from "node:path";
import { readBlobs } from "../git/blobs.ts";
import type { Changes } from "../git/changes.ts";
import { findPaths } from "../git/find-paths.ts";
import type { Mirror } from "../git/mirror.ts";
import { cut } from "../well-formed.ts";
import { whatCovers, type Entry } from "./covering.ts";
import { declaredIn, isManifest, pointedTo } from "./declared.ts";
import { describeLicences, entriesIn } from "./describe.ts";
import { readHeaders } from "./headers.ts";
import type { DeclaredLicence, FolderLicence, LicenceFile, Remark } from "./judge.ts";
import { isLicenceName, isLicencesFolder, mayBeLicenceText } from "./names.ts";
import { isRemarkable, remarkIn } from "./remarks.ts";

/** Everything read at a commit that bears on its licence. What is not there was empty; old reports know less of it. */
export interface LicencesRead {
  files: LicenceFile[];
  declared: DeclaredLicence[];
  headers?: DeclaredLicence[];
  remarks?: Remark[];
  /** Folders with a licence of their own that governs changed files. */
  folders?: FolderLicence[];
  /** What stands in LICENSES beside a licence at the root. */
  texts?: LicenceFile[];
  /** Files that manifests point to and that are none of the others. */
  targets?: LicenceFile[];
}

const licenceFolder = /^licen[cs]es?$/i;
const MAX_TEXT_BYTES = 1_000_000;
const MAX_MANIFESTS = 500;
const MAX_FILES = 50;
const MAX_IN_FOLDERS = 500;

const isFile = (entry: Entry) => entry.kind === "file" || entry.kind === "link";

/**
 * The licence files of a commit (at the root, else in a folder of licences there; and the nearest ones above its changed
 * files), what its manifests and the headers of its changed files declare, and what might lay a condition over all of it.
 */
export async function readLicences(mirror: Mirror, commit: string, changes: Changes): Promise<LicencesRead> {
  const root = await entriesIn(mirror, commit, "");
  const atRoot = root.filter((entry) => isFile(entry) && isLicenceName(entry.path));
  const inFolders: Entry[] = [];
  for (const { path: folder, kind } of root) {
    if (kind !== "folder" || !(atRoot.length > 0 ? isLicencesFolder(folder) : licenceFolder.test(folder))) continue;
    const there = await entriesIn(mirror, commit, `${folder}/`);
    inFolders.push(...there.filter((entry) => isFile(entry) && mayBeLicenceText(entry.path)));
  }
  const [found, texts] = atRoot.length > 0 ? [atRoot, inFolders] : [inFolders, []];
  const changed = (await changes()).filter((file) => file.status !== "removed");
  const covering = await whatCovers(mirror, commit, changed);

  const remarks: Remark[] = [];
  // What nobody reads must not be what restricts.
  const atMost = <T extends { path: string }>(most: number, what: string, list: readonly T[]): T[] => {
    const next = list[most];
    if (next) remarks.push({ path: next.path, words: `more ${what} than we read`, restricts: false });
    return list.slice(0, most);
  };
  const read = atMost(MAX_FILES, "licence files", found);
  const files = await describeLicences(mirror, commit, read, read);
  const besides = await describeLicences(mirror, commit, atMost(MAX_FILES, "licence texts", texts), [
    ...read,
    ...texts,
  ]);
  const covered = covering.folders.flatMap(({ folder, covers, licences }) =>
    licences.map((entry) => ({ ...entry, folder, covers })),
  );
  const inCovered = atMost(MAX_IN_FOLDERS, "licence files", covered);
  const described = await describeLicences(mirror, commit, inCovered);
  const folders = [...Map.groupBy(inCovered, (entry) => entry.folder)].map(([folder, entries]): FolderLicence => {
    const paths = new Set(entries.map((entry) => entry.path));
    return { folder, covers: entries[0]!.covers, files: described.filter((file) => paths.has(file.path)) };
  });
  if (covering.more)
    remarks.push({ path: changed[0]?.path ?? "", words: "more folders than we read", restricts: false });
  for (const { path: at } of covering.conditions)
    remarks.push({ path: at, words: path.posix.basename(at), restricts: false });

  const manifests = new Map<string, string>();
  for (const { path: at, oid, mode } of changed)
    if (mode.startsWith("100") && isManifest(path.posix.basename(at))) manifests.set(at, oid);
  for (const { path: at, oid, kind } of [...root, ...covering.manifests])
    if (kind === "file" && isManifest(path.posix.basename(at))) manifests.set(at, oid);
  const declaring = atMost(
    MAX_MANIFESTS,
    "manifests",
    [...manifests].map(([at, oid]) => ({ path: at, oid })),
  );
  const remarkable = atMost(
    MAX_FILES,
    "notices",
    root.filter((entry) => isFile(entry) && isRemarkable(entry.path)),
  );
  const oids = [...declaring, ...remarkable].map(({ oid }) => oid);
  const blobs = new Map((await readBlobs(mirror, oids, MAX_TEXT_BYTES)).map((blob) => [blob.oid, blob.bytes]));
  const declared = declaring.flatMap(({ path: at, oid }): DeclaredLicence[] => {
    const bytes = blobs.get(oid);
    if (!bytes) remarks.push({ path: at, words: "too large to read", restricts: false });
    const expression = declaredIn(path.posix.basename(at), bytes?.toString("utf8") ?? "");
    return expression ? [{ path: at, expression: bounded(expression) }] : [];
  });
  for (const entry of remarkable) {
    const remark = remarkIn(entry.path, blobs.get(entry.oid)?.toString("utf8") ?? null);
    if (remark) remarks.push(remark);
  }
  const one = await readHeaders(mirror, changed, covering);
  remarks.push(...one.remarks);
  const known = [...files, ...besides, ...described].map((file) => file.path);
  const targets = await readTargets(mirror, commit, declared, new Set(known));

  return {
    files,
    declared,
    ...(one.headers.length > 0 ? { headers: one.headers } : {}),
    ...(remarks.length > 0 ? { remarks } : {}),
    ...(folders.length > 0 ? { folders } : {}),
    ...(besides.length > 0 ? { texts: besides } : {}),
    ...(targets.length > 0 ? { targets } : {}),
  };
}

/** What is cut off could have been a condition: with the mark it is no expression. */
const bounded = (expression: string) => (expression.length > 500 ? `${cut(expression, 500)}…` : expression);

/** The files that manifests point to, those apart that are read anyway. */
async function readTargets(
  mirror: Mirror,
  commit: string,
  declared: readonly DeclaredLicence[],
  known: ReadonlySet<string>,
): Promise<LicenceFile[]> {
  const wanted = declared.flatMap((one) => pointedTo(one.path, one.expression) ?? []).filter((at) => !known.has(at));
  if (wanted.length === 0) return [];
  const bytes = new Map(wanted.map((at) => [Buffer.from(at, "utf8").toString("latin1"), at]));
  const there = await findPaths(mirror, commit, new Set(bytes.keys()));
  const entries = [...there].flatMap(([at, { mode, oid }]): Entry[] =>
    mode === "160000" ? [] : [{ path: bytes.get(at) ?? at, oid, kind: mode === "120000" ? "link" : "file" }],
  );
  return describeLicences(mirror, commit, entries);
}
