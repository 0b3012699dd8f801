import type { ChangedFile } from "../git/changes.ts";
import { MirrorFault } from "../git/mirror-fault.ts";
import type { Mirror } from "../git/mirror.ts";
import { bytesOfPath, spellPath } from "../seal.ts";
import { isManifest } from "./declared.ts";
import { isLicenceName, isLicencesFolder, isSource, mayBeLicenceText } from "./names.ts";
import { layersCondition } from "./remarks.ts";

export interface Entry {
  path: string;
  oid: string;
  kind: "file" | "link" | "folder" | "submodule";
}

/** A folder whose licence is the nearest one above some changed file. */
interface CoveringFolder {
  folder: string;
  licences: Entry[];
  /** A changed file that it governs, program text before others. */
  covers: string;
}

/** What stands in the folders above changed files, the root's own licence apart, and bears on their licence. */
export interface Covering {
  folders: CoveringFolder[];
  /** The folder whose licence governs a changed file; "" for the root. */
  governing(file: ChangedFile): string;
  manifests: Entry[];
  /** REUSE.toml in any of them, and the root's .reuse/dep5. */
  annotations: Entry[];
  /** x.license beside a changed x that was itself not changed. */
  sidecars: Entry[];
  /** Files that lay a condition over a licence by their very name. */
  conditions: Entry[];
  /** Not everything was looked at. */
  more: boolean;
}

const kinds: Record<string, Entry["kind"]> = { "120000": "link", "040000": "folder", "160000": "submodule" };

/** One line of git's list of a tree; null for what is none. */
export function readEntry(line: string): Entry | null {
  const tab = line.indexOf("\t");
  const [mode = "", , oid = ""] = line.slice(0, tab).split(" ");
  return tab < 0 ? null : { path: line.slice(tab + 1), oid, kind: kinds[mode] ?? "file" };
}

/** Longer than any path that git itself can check out, in bytes; deeper than any that people make, in folders. */
const entryBytesMax = 1_000_000;
const depthMax = 100;
const foundMax = 2000;

const parentOf = (path: string) => path.slice(0, Math.max(0, path.lastIndexOf("/")));
const nameOf = (path: string) => path.slice(path.lastIndexOf("/") + 1);

/** Goes through the tree of a commit once, in passing. `changed` are the files there that differ from the beginning. */
export async function whatCovers(mirror: Mirror, commit: string, changed: readonly ChangedFile[]): Promise<Covering> {
  // Paths as bytes, one character each, until they are written down.
  const paths = new Set(changed.map(bytesOfPath));
  const above = new Set<string>();
  let more = false;
  for (const path of paths) {
    let depth = 0;
    for (let folder = parentOf(path); folder !== "" && !above.has(folder); folder = parentOf(folder)) {
      if ((depth += 1) > depthMax) {
        more = true;
        break;
      }
      above.add(folder);
    }
  }

  const licences = new Map<string, Entry[]>();
  const inFolders = new Map<string, Entry[]>();
  const found = { manifests: [], annotations: [], sidecars: [], conditions: [] } as Record<
    "manifests" | "annotations" | "sidecars" | "conditions",
    Entry[]
  >;
  let count = 0;
  const keep = (list: Entry[], entry: Entry) => {
    if ((count += 1) > foundMax) more = true;
    else list.push(entry);
  };
  const keepIn = (map: Map<string, Entry[]>, folder: string, entry: Entry) => {
    const list = map.get(folder) ?? [];
    map.set(folder, list);
    keep(list, entry);
  };
  const sort = ({ path, ...rest }: Entry) => {
    const entry = { ...rest, path: spellPath(path).path };
    const [folder, name] = [parentOf(path), nameOf(path)];
    const root = folder === "";
    if (name.endsWith(".license") && paths.has(path.slice(0, -".license".length)) && !paths.has(path))
      keep(found.sidecars, entry);
    if (path === ".reuse/dep5" || (name === "REUSE.toml" && (root || above.has(folder))))
      keep(found.annotations, entry);
    if (root) return;
    const holder = parentOf(folder);
    // The root's own folder of texts is read with the root.
    const texts = isLicencesFolder(nameOf(folder));
    if (texts && above.has(holder) && mayBeLicenceText(name)) keepIn(inFolders, holder, entry);
    if (!above.has(folder) || (texts && holder === "")) return;
    if (isLicenceName(name)) keepIn(licences, folder, entry);
    if (isManifest(name) && !paths.has(path)) keep(found.manifests, entry);
    if (layersCondition(name)) keep(found.conditions, entry);
  };
  let rest = "";
  for await (const chunk of mirror.stream(["ls-tree", "-r", "-z", "--full-tree", commit])) {
    const lines = (rest + chunk.toString("latin1")).split("\0");
    rest = lines.pop() ?? "";
    if (rest.length > entryBytesMax) throw new MirrorFault("too_large", "a path is longer than we read");
    for (const line of lines) {
      const entry = readEntry(line);
      if (entry && entry.kind !== "submodule") sort(entry);
    }
  }
  for (const [folder, texts] of inFolders) if (!licences.has(folder)) licences.set(folder, texts);

  const nearest = new Map<string, string>([["", ""]]);
  const nearestOf = (folder: string): string => {
    const known = licences.has(folder) ? folder : nearest.get(folder);
    if (known !== undefined) return known;
    const answer = nearestOf(above.has(folder) ? parentOf(folder) : "");
    nearest.set(folder, answer);
    return answer;
  };
  const governing = (file: ChangedFile) => nearestOf(parentOf(bytesOfPath(file)));
  const covered = new Map<string, string>();
  for (const file of changed) {
    const folder = governing(file);
    const before = covered.get(folder);
    if (before === undefined || (!isSource(before) && isSource(file.path))) covered.set(folder, file.path);
  }
  const folders = [...covered].flatMap(([folder, covers]): CoveringFolder[] => {
    const here = licences.get(folder);
    return here ? [{ folder: spellPath(folder).path, licences: here, covers }] : [];
  });
  const inOrder = folders.toSorted((a, b) => (a.folder < b.folder ? -1 : 1));
  return { ...found, folders: inOrder, governing: (file) => spellPath(governing(file)).path, more };
}
