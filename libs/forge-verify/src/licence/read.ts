import { readBlobs } from "../git/changes.ts";
import { sha256 } from "../evidence.ts";
import type { Mirror } from "../git/mirror.ts";
import type { DeclaredLicence, LicenceFile } from "./judge.ts";
import { containedText, exactMatch, nearestTexts } from "./texts.ts";

const licenceName = /^(un)?licen[cs]e([-._].*)?$|^copying([-._].*)?$|^copyright\.(md|txt)$/i;
const maxLicenceBytes = 300_000;

interface Entry {
  path: string;
  oid: string;
  kind: "file" | "link" | "folder" | "submodule";
}

async function entries(mirror: Mirror, commit: string, folder: string): Promise<Entry[]> {
  const text = await mirror.git(["ls-tree", "-z", commit, ...(folder ? ["--", folder] : [])]);
  return text.split("\0").flatMap((line) => {
    const [head = "", path] = line.split("\t");
    const [mode = "", , oid = ""] = head.split(" ");
    if (path === undefined) return [];
    const kind = mode === "120000" ? "link" : mode === "040000" ? "folder" : mode === "160000" ? "submodule" : "file";
    return [{ path, oid, kind } as const];
  });
}

/** The licence files of a commit and what its manifests declare: at the root, else in a REUSE `LICENSES` folder. */
export async function readLicences(
  mirror: Mirror,
  commit: string,
): Promise<{ files: LicenceFile[]; declared: DeclaredLicence[] }> {
  const root = await entries(mirror, commit, "");
  const isFile = (entry: Entry) => entry.kind === "file" || entry.kind === "link";
  let found = root.filter((entry) => isFile(entry) && licenceName.test(entry.path));
  if (found.length === 0 && root.some((entry) => entry.kind === "folder" && entry.path === "LICENSES")) {
    found = (await entries(mirror, commit, "LICENSES/")).filter(isFile);
  }
  const blobs = await readBlobs(
    mirror,
    found.map((entry) => entry.oid),
    maxLicenceBytes,
  );
  const files = found.slice(0, 50).flatMap((entry, index): LicenceFile[] => {
    const bytes = blobs[index]?.bytes ?? null;
    const text = bytes?.toString("utf8") ?? "";
    // A link to a licence file that is read anyway adds nothing; any other link is text nobody can read.
    if (entry.kind === "link" && found.some((other) => other.kind === "file" && other.path === text)) return [];
    const readable = entry.kind === "file" && bytes !== null;
    return [describe(entry, readable ? text : "")];
  });
  return { files, declared: await readDeclared(mirror, root) };
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

async function readDeclared(mirror: Mirror, root: readonly Entry[]): Promise<DeclaredLicence[]> {
  const manifests = root.filter((one) => one.kind === "file" && ["package.json", "Cargo.toml"].includes(one.path));
  const blobs = await readBlobs(
    mirror,
    manifests.map((entry) => entry.oid),
    1_000_000,
  );
  return manifests.flatMap(({ path }, index) => {
    const text = blobs[index]?.bytes?.toString("utf8") ?? "";
    const expression = path === "package.json" ? fromPackageJson(text) : fromCargo(text);
    return expression ? [{ path, expression: expression.slice(0, 500) }] : [];
  });
}

function fromPackageJson(text: string): string | undefined {
  try {
    const { license } = JSON.parse(text) as { license?: unknown };
    return typeof license === "string" ? license : undefined;
  } catch {
    return undefined;
  }
}

function fromCargo(text: string): string | undefined {
  // Cargo once wrote "MIT/Apache-2.0" for a choice.
  return /^\s*license\s*=\s*"([^"\n]+)"/m.exec(text)?.[1]?.replaceAll("/", " OR ");
}
