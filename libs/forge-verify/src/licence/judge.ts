import { fail, human, ok, type Outcome } from "../checks/outcome.ts";
import { parseExpression, satisfies } from "./expression.ts";
import { isOsiApproved, type Nearest } from "./texts.ts";

/** A licence file at the root of the commit and what its text is. */
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
}

/** What else bears on the licence, besides its text and what manifests declare. */
export interface Beside {
  /** SPDX headers of changed files: each expression once, with the first file that has it. */
  headers?: readonly DeclaredLicence[];
  remarks?: readonly Remark[];
}

/** Alike enough that a person should read it, and far from enough to pay on. */
const alike = 0.9;

export interface LicenceAnswer {
  outcome: Outcome;
  /** The SPDX id or expression found, when the outcome is ok. */
  licence?: string;
}

/**
 * The answer on licence files and manifests: exact OSI-approved text that the terms allow, and nothing that
 * contradicts it. Likeness never passes.
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
  const allowed = (file: LicenceFile) => file.osi && file.exact.some(inTerms);
  const good = files.filter(allowed);
  const expressions = declared.map((one) => ({ ...one, parsed: parseExpression(one.expression) }));

  for (const file of files) {
    if (allowed(file)) continue;
    // A text nobody has to choose: "MIT OR SSPL-1.0" with both texts.
    const optional = expressions.some(
      ({ parsed }) => parsed !== null && file.exact.length > 0 && good.length > 0 && !needs(parsed, file.exact, good),
    );
    if (!optional) return { outcome: refusal(file, allowedByTerms) };
  }
  for (const { path, expression, parsed } of expressions) {
    if (/^see licen[cs]e in /i.test(expression)) continue;
    const ids = good.flatMap((file) => file.exact);
    if (parsed && satisfies(parsed, (id) => ids.some((known) => sameFamily(known, id)))) continue;
    return {
      outcome: human(
        "license_ambiguous",
        `${path} says "${expression.slice(0, 80)}", the licence file says ${ids.join(" or ")}.`,
      ),
    };
  }
  const contradiction = headersAgainst(beside.headers ?? [], good) ?? remarksAgainst(beside.remarks ?? []);
  if (contradiction) return { outcome: contradiction };
  const licence = nameOf(good, expressions);
  const where = good.map((file) => file.path).join(" and ");
  return { outcome: ok(`${where} is, word for word, ${licence}, which the Open Source Initiative approved.`), licence };
}

/** Given away or for texts and pictures: not approved for software, and often found beside it. */
const notForSoftware = /^(CC0|CC-BY|CC-BY-SA|CC-PDDC|OFL|GFDL|ODC|PDDL)(-|$)/i;

/** What a header in a changed file says against the licence of the whole. */
function headersAgainst(headers: readonly DeclaredLicence[], good: readonly LicenceFile[]): Outcome | null {
  const ids = good.flatMap((file) => file.exact);
  for (const { path, expression } of headers) {
    const parsed = parseExpression(expression);
    if (parsed && satisfies(parsed, (id) => ids.some((known) => sameFamily(known, id)))) continue;
    const said = `${path} says "${expression.slice(0, 80)}"`;
    const closed = parsed && !satisfies(parsed, (id) => isOsiApproved(id) !== false || notForSoftware.test(id));
    if (closed) {
      return fail("license_not_allowed", `${said}, which the Open Source Initiative has not approved.`);
    }
    return human("license_ambiguous", `${said}, the licence file says ${ids.join(" or ")}.`);
  }
  return null;
}

function remarksAgainst(remarks: readonly Remark[]): Outcome | null {
  const remark = remarks.find((one) => one.restricts) ?? remarks[0];
  if (!remark) return null;
  if (remark.restricts) {
    return fail("license_not_allowed", `${remark.path} lays a further condition over the licence: "${remark.words}".`);
  }
  return human("license_ambiguous", `${remark.path} may lay a further condition over the licence: "${remark.words}".`);
}

/** Whether an expression can only be met with one of these ids, the good files apart. */
function needs(parsed: NonNullable<ReturnType<typeof parseExpression>>, ids: string[], good: LicenceFile[]): boolean {
  const free = good.flatMap((file) => file.exact);
  return !satisfies(parsed, (id) => free.some((known) => sameFamily(known, id)) && !ids.includes(id));
}

function refusal(file: LicenceFile, allowedByTerms: readonly string[] | undefined): Outcome {
  const [exact] = file.exact;
  if (exact !== undefined && file.osi && allowedByTerms) {
    return fail("license_not_allowed", `${file.path} is ${exact}; the terms allow ${allowedByTerms.join(", ")}.`);
  }
  if (exact !== undefined) {
    return fail("license_not_allowed", `${file.path} is ${exact}, which the Open Source Initiative has not approved.`);
  }
  if (file.extraCondition) {
    return fail("license_not_allowed", `${file.path} lays a further condition over a licence.`);
  }
  const [best] = file.nearest;
  const reads = (id: string) => human("license_ambiguous", `${file.path} resembles ${id} but is not the same text.`);
  if (best && best.score >= alike) {
    if (best.osi) return reads(best.id);
    const approved = file.nearest.find((one) => one.osi && one.score >= alike);
    if (approved) return reads(approved.id);
    return fail(
      "license_not_allowed",
      `${file.path} resembles ${best.id}, which the Open Source Initiative has not approved.`,
    );
  }
  if (file.contains) return human("license_ambiguous", `${file.path} holds ${file.contains} and other text besides.`);
  return fail("license_not_allowed", `${file.path} is not an approved licence text.`);
}

/** GPL-3.0, GPL-3.0-only, GPL-3.0-or-later and GPL-3.0+ have one text. */
function sameFamily(a: string, b: string): boolean {
  const family = (id: string) => id.replace(/(-only|-or-later|\+)$/i, "").toLowerCase();
  return family(a) === family(b);
}

function nameOf(good: readonly LicenceFile[], declared: readonly { parsed: unknown; expression: string }[]): string {
  const names = good.map((file) => {
    const said = declared.find((one) => file.exact.includes(one.expression))?.expression;
    // The text alone grants this version; only words elsewhere could grant later ones.
    return said ?? file.exact.find((id) => id.endsWith("-only")) ?? file.exact[0] ?? "";
  });
  return [...new Set(names)].join(" AND ");
}
