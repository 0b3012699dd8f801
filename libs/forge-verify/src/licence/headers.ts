import { eachBlobStart, readBlobs } from "../git/blobs.ts";
import type { ChangedFile } from "../git/changes.ts";
import type { Mirror } from "../git/mirror.ts";
import type { Covering } from "./covering.ts";
import { headersIn } from "./declared.ts";
import { decoded } from "./describe.ts";
import type { DeclaredLicence, Remark } from "./judge.ts";
import { isSource } from "./names.ts";
import { closingIn } from "./remarks.ts";
import { matches, readDep5, readReuseToml, type Annotation } from "./reuse.ts";

const HEADER_BYTES = 4096;
const MAX_ANNOTATION_BYTES = 1_000_000;
const MAX_ANNOTATIONS = 50;
const MAX_HEADERS = 100;
const MAX_CLOSING = 20;
/** Globs times files times letters: some seconds. */
const MAX_MATCHING = 300_000_000;

/** What is said of changed files one by one: in their headers, beside them, and in REUSE.toml or .reuse/dep5. */
export async function readHeaders(
  mirror: Mirror,
  changed: readonly ChangedFile[],
  covering: Covering,
): Promise<{ headers: DeclaredLicence[]; remarks: Remark[] }> {
  const headers = new Map<string, DeclaredLicence>();
  const remarks: Remark[] = [];
  const closed = new Map<string, Remark>();
  const note = (file: ChangedFile, expression: string, by?: string) => {
    // Each once for program text and once for the rest, in every folder with a licence of its own.
    const key = JSON.stringify([expression, isSource(file.path), covering.governing(file), by]);
    if (!headers.has(key)) headers.set(key, { path: file.path, expression, ...(by === undefined ? {} : { by }) });
  };

  const regular = changed.filter((file) => file.mode.startsWith("100"));
  const withHeader = new Set<string>();
  const files = Map.groupBy(regular, (file) => file.oid);
  await eachBlobStart(mirror, files.keys(), HEADER_BYTES, ({ oid, start }) => {
    const wide = (start[0] === 0xff && start[1] === 0xfe) || (start[0] === 0xfe && start[1] === 0xff);
    if (start.includes(0) && !wide) return;
    const text = decoded(start);
    const expressions = headersIn(text);
    const same = files.get(oid) ?? [];
    if (expressions.length > 0) withHeader.add(oid);
    for (const expression of expressions) for (const file of same) note(file, expression);
    const source = same.find((file) => isSource(file.path));
    const words = source ? closingIn(text) : null;
    if (source && words && !closed.has(words)) closed.set(words, { path: source.path, words, restricts: false });
  });

  const beside = new Map(covering.sidecars.map((entry) => [entry.path.slice(0, -".license".length), entry]));
  const sidecars = await readBlobs(
    mirror,
    [...beside.values()].map(({ oid }) => oid),
    HEADER_BYTES * 4,
  );
  const besideText = new Map(sidecars.map((blob) => [blob.oid, blob.bytes?.toString("utf8")]));
  for (const file of regular) {
    const entry = beside.get(file.path);
    if (!entry) continue;
    const text = besideText.get(entry.oid);
    if (text === undefined) remarks.push({ path: entry.path, words: "too large to read", restricts: false });
    const expressions = headersIn(text ?? "");
    if (expressions.length > 0) withHeader.add(file.oid);
    for (const expression of expressions) note(file, expression, entry.path);
  }

  let budget = MAX_MATCHING;
  for (const source of await readAnnotations(mirror, covering, remarks)) {
    for (const file of regular) {
      if (!file.path.startsWith(source.under)) continue;
      const path = file.path.slice(source.under.length);
      budget -= source.work * (path.length + 1);
      if (budget < 0) break;
      const last = source.annotations.findLast((one) => one.globs.some((glob) => matches(glob, path)));
      if (!last || (last.yields && withHeader.has(file.oid))) continue;
      for (const expression of last.expressions) note(file, expression, source.path);
    }
    if (budget < 0) {
      remarks.push({ path: source.path, words: "more patterns than we follow", restricts: false });
      break;
    }
  }

  const first = [...closed.values()];
  remarks.push(...first.slice(0, MAX_CLOSING));
  if (first.length > MAX_CLOSING)
    remarks.push({ path: first[MAX_CLOSING]!.path, words: "and further files of this kind", restricts: false });
  const all = [...headers.values()];
  if (all.length > MAX_HEADERS)
    remarks.push({
      path: all[MAX_HEADERS]!.path,
      words: "more different licence headers than we read",
      restricts: false,
    });
  return { headers: all.slice(0, MAX_HEADERS), remarks };
}

interface Source {
  path: string;
  /** The folder that its paths start from, with a slash at its end. */
  under: string;
  annotations: readonly Annotation[];
  /** How many parts all its patterns have. */
  work: number;
}

/** What cannot be read, or not with certainty, becomes a remark. */
async function readAnnotations(mirror: Mirror, covering: Covering, remarks: Remark[]): Promise<Source[]> {
  const entries = covering.annotations.slice(0, MAX_ANNOTATIONS);
  const next = covering.annotations[MAX_ANNOTATIONS];
  if (next) remarks.push({ path: next.path, words: "more files of this kind than we read", restricts: false });
  const blobs = await readBlobs(
    mirror,
    entries.map(({ oid }) => oid),
    MAX_ANNOTATION_BYTES,
  );
  return entries.flatMap(({ path, kind }, index): Source[] => {
    const text = kind === "file" ? blobs[index]?.bytes?.toString("utf8").replace(/^\uFEFF/, "") : undefined;
    const dep5 = path === ".reuse/dep5";
    const annotations = text === undefined ? null : dep5 ? readDep5(text) : readReuseToml(text);
    if (!annotations) {
      remarks.push({ path, words: "what it says of licences cannot be read", restricts: false });
      return [];
    }
    const work = annotations.reduce(
      (sum, one) => sum + one.globs.reduce((parts, glob) => parts + glob.length + 1, 0),
      0,
    );
    return [{ path, under: dep5 ? "" : path.slice(0, path.lastIndexOf("/") + 1), annotations, work }];
  });
}
