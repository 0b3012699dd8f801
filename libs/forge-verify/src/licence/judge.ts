import { fail, human, ok, type Outcome } from "../checks/outcome.ts";
import { cut } from "../well-formed.ts";
import { pointedTo } from "./declared.ts";
import { parseExpression, satisfies, type Expression } from "./expression.ts";
import { isSource } from "./names.ts";
import type { Nearest } from "./texts.ts";
import { isOsiApproved } from "./texts.ts";
import { alike, notForSoftware, outcomesOfTexts, refusal, sameFamily, type Allowed } from "./weigh-texts.ts";

/** A licence file of the commit and what its text is. */
export interface LicenceFile {
  path: string;
  oid: string;
  sha256: string;
  /** Ids whose text is exactly this one; empty when there is none. */
  exact: string[];
  /** The OSI approved the exact match. */
  osi: boolean;
  /** An approved text that stands whole in this longer file. */
  contains: string | null;
  /** It speaks of a Commons Clause or another condition laid over a licence. */
  extraCondition: boolean;
  nearest: Nearest[];
}

/** A file that is no licence but may lay a condition over one (NOTICE, PATENTS, a readme), and the words that say so. */
export interface Remark {
  path: string;
  words: string;
  /** Its very name or words say that it restricts; else a person should read it. */
  restricts: boolean;
}

/** What a manifest says of itself (package.json, Cargo.toml). */
export interface DeclaredLicence {
  path: string;
  expression: string;
  /** The file that says it of the one at `path`, when that is another (REUSE.toml, x.js.license). */
  by?: string;
}

/** A folder with a licence of its own, which governs changed files. */
export interface FolderLicence {
  folder: string;
  files: LicenceFile[];
  /** A changed file that it governs, program text before others. */
  covers: string;
}

/** What else bears on the licence, besides its text at the root and what manifests declare. Old reports lack some of it. */
export interface Beside {
  /** What changed files say of themselves, or REUSE.toml of them: each expression once, with the first such file. */
  headers?: readonly DeclaredLicence[];
  remarks?: readonly Remark[];
  folders?: readonly FolderLicence[];
  texts?: readonly LicenceFile[];
  targets?: readonly LicenceFile[];
}

export interface LicenceAnswer {
  outcome: Outcome;
  /** The SPDX id or expression found, when the outcome is ok. */
  licence?: string;
}

type Declaration = DeclaredLicence & { parsed: Expression | null };

/**
 * The answer on everything read: exact OSI-approved text that the terms allow, for the whole and for every folder with
 * changed files, and nothing that contradicts it. Likeness never passes. The worst of all outcomes counts, and the
 * sentence names every one, so that nobody accepts what they were not asked.
 */
export function judgeLicence(
  files: readonly LicenceFile[],
  declared: readonly DeclaredLicence[],
  allowedByTerms: readonly string[] | undefined,
  beside: Beside = {},
): LicenceAnswer {
  if (files.length === 0) {
    return { outcome: fail("license_missing", "There is no licence file at the root of this commit.") };
  }
  const inTerms = (id: string) => isOsiApproved(id) === true && (!allowedByTerms || allowedByTerms.includes(id));
  const allowed: Allowed = (file) => file.osi && file.exact.some(inTerms);
  const { headers = [], remarks = [], folders = [], texts = [], targets = [] } = beside;
  const folderOf = nearestFolder(folders);
  const declarations = declared.map((one) => ({ ...one, parsed: parseExpression(one.expression) }));
  const inFolder = Map.groupBy(declarations, (one) => folderOf(one.path)?.folder ?? "");

  const outcomes = [
    ...outcomesOfTexts("root", files, inFolder.get("") ?? [], allowed, allowedByTerms),
    ...folders.flatMap((one) => {
      const kind = isSource(one.covers) ? "folder" : "folder without source";
      return outcomesOfTexts(kind, one.files, inFolder.get(one.folder) ?? [], allowed, allowedByTerms);
    }),
    ...outcomesOfTexts("texts", texts, [], allowed, allowedByTerms),
    ...[...inFolder.values()].flatMap((some) => {
      const here = folderOf(some[0]!.path)?.files ?? files;
      const pointers = some.filter((one) => pointedTo(one.path, one.expression) !== null);
      const others = some.filter((one) => !pointers.includes(one));
      const there = [...files, ...folders.flatMap((one) => one.files), ...texts, ...targets];
      return [
        ...outcomesOfPointers(pointers, there, allowed, allowedByTerms),
        ...outcomesOfDeclarations(others, idsOf(here, allowed)),
      ];
    }),
    ...headers.flatMap((header) => {
      const ids = idsOf([...files, ...(folderOf(header.path)?.files ?? []), ...texts], allowed);
      return outcomeOfHeader(header, ids, idsOf(folderOf(header.path)?.files ?? files, allowed)) ?? [];
    }),
    ...remarks.map(outcomeOfRemark),
  ];
  const bad = worstOf(outcomes);
  if (bad) return { outcome: bad };

  const good = files.filter(allowed);
  const licence = nameOf(good, declarations);
  const where = good.map((file) => file.path).join(" and ");
  const others = folders.flatMap((one) => {
    const name = nameOf(one.files.filter(allowed), inFolder.get(one.folder) ?? []);
    return name === "" || name === licence ? [] : [{ name, told: `${one.folder} has a licence of its own, ${name}.` }];
  });
  const elsewhere = texts.filter((file) => allowed(file) && headers.some((one) => names(one.expression, file.exact)));
  const all = [licence, ...others.map(({ name }) => name), nameOf(elsewhere, [])].flatMap((name) =>
    name.split(" AND "),
  );
  const told = others.map((one) => ` ${one.told}`).join("");
  const sentence = `${where} is, word for word, ${licence}, which the Open Source Initiative approved.${told}`;
  return { outcome: ok(sentence), licence: [...new Set(all)].filter((name) => name !== "").join(" AND ") };
}

/** The folder with a licence of its own that is nearest above a path. */
function nearestFolder(folders: readonly FolderLicence[]): (path: string) => FolderLicence | undefined {
  const deepest = folders.toSorted((a, b) => b.folder.length - a.folder.length);
  return (path) => deepest.find((one) => path.startsWith(`${one.folder}/`));
}

/** Fails before questions, each sentence once. */
function worstOf(outcomes: readonly Outcome[]): Outcome | null {
  const bad = [
    ...outcomes.filter((one) => one.kind === "fail"),
    ...outcomes.filter((one) => one.kind === "needs_human"),
  ];
  const [worst] = bad;
  return worst ? { ...worst, sentence: [...new Set(bad.map((one) => one.sentence))].join(" ") } : null;
}

/** What good files are, and what those resemble that a person has to read: what they are compared with is one question. */
function idsOf(files: readonly LicenceFile[], allowed: Allowed): string[] {
  return files.flatMap((file) => {
    if (allowed(file)) return file.exact;
    const like = file.nearest.filter((one) => one.osi && one.score >= alike).map((one) => one.id);
    return [...like, ...(file.contains ? [file.contains] : [])];
  });
}

const meets = (parsed: Expression | null, ids: readonly string[]): parsed is Expression =>
  parsed !== null && satisfies(parsed, (id) => ids.some((known) => sameFamily(known, id)));

const names = (expression: string, ids: readonly string[]): boolean =>
  expression.split(/[\s()]+/).some((word) => ids.some((id) => sameFamily(id, word)));

const orNothing = (ids: readonly string[]) => (ids.length > 0 ? ids.join(" or ") : "nothing that was approved");

function outcomesOfPointers(
  pointers: readonly Declaration[],
  there: readonly LicenceFile[],
  allowed: Allowed,
  allowedByTerms: readonly string[] | undefined,
): Outcome[] {
  return pointers.flatMap((one) => {
    const at = pointedTo(one.path, one.expression);
    const file =
      there.find((other) => other.path === at) ?? there.find((other) => other.path.toLowerCase() === at?.toLowerCase());
    if (!file) return human("license_ambiguous", `${one.path} points to "${cut(at ?? "", 80)}", which is not there.`);
    return allowed(file) ? [] : refusal(file, allowedByTerms);
  });
}

/** What manifests say that the text does not; those that say the same thing together. */
function outcomesOfDeclarations(declarations: readonly Declaration[], ids: readonly string[]): Outcome[] {
  const against = declarations.filter((one) => !meets(one.parsed, ids));
  return [...Map.groupBy(against, (one) => one.expression)].map(([expression, some]) => {
    const [first, ...rest] = some.map((one) => one.path);
    const who = rest.length === 0 ? `${first} says` : `${first} and ${rest.length} more say`;
    return human("license_ambiguous", `${who} "${cut(expression, 80)}", the licence file says ${orNothing(ids)}.`);
  });
}

/** What is said of a changed file against the licence that governs it. */
function outcomeOfHeader(
  header: DeclaredLicence,
  ids: readonly string[],
  governing: readonly string[],
): Outcome | null {
  const { path, expression, by } = header;
  const parsed = parseExpression(expression);
  if (meets(parsed, ids)) return null;
  const free = (id: string) => notForSoftware.test(id) || ids.some((known) => sameFamily(known, id));
  if (parsed && !isSource(path) && satisfies(parsed, free)) return null;
  const said = `${by ?? path} says "${cut(expression, 80)}"${by === undefined ? "" : ` of ${path}`}`;
  const open = (id: string) => isOsiApproved(id) !== false || /^CC-BY-/i.test(id) || notForSoftware.test(id);
  if (parsed && !satisfies(parsed, open)) {
    return fail("license_not_allowed", `${said}, which the Open Source Initiative has not approved.`);
  }
  return human("license_ambiguous", `${said}, the licence file says ${orNothing(governing)}.`);
}

function outcomeOfRemark({ path, words, restricts }: Remark): Outcome {
  if (restricts) {
    return fail("license_not_allowed", `${path} lays a further condition over the licence: "${words}".`);
  }
  return human("license_ambiguous", `${path} may lay a further condition over the licence: "${words}".`);
}

function nameOf(good: readonly LicenceFile[], declared: readonly { expression: string }[]): string {
  const found = good.map((file) => {
    const said = declared.find((one) => file.exact.includes(one.expression))?.expression;
    // The text alone grants this version; only words elsewhere could grant later ones.
    return said ?? file.exact.find((id) => id.endsWith("-only")) ?? file.exact[0] ?? "";
  });
  return [...new Set(found)].join(" AND ");
}
