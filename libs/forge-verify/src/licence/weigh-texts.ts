import { fail, human, type Outcome } from "../checks/outcome.ts";
import { parseExpression, satisfies, type Expression } from "./expression.ts";
import type { DeclaredLicence, LicenceFile } from "./judge.ts";
import { isOfThirdParties, isPrimary } from "./names.ts";

/** Whether a text is exactly an approved one that the terms allow. */
export type Allowed = (file: LicenceFile) => boolean;

/** Alike enough that a person should read it, and far from enough to pay on. */
export const alike = 0.9;

/** Given away, or for texts, fonts and pictures: not approved for software, and often found beside it. */
export const notForSoftware =
  /^(CC0-1\.0|CC-BY(-SA)?-\d\.\d(-[A-Z]{2,3})?|CC-PDDC|OFL-1\.\d(-no-RFN|-RFN)?|GFDL-1\.\d.*|PDDL-1\.0|ODC-By-1\.0)$/i;

/**
 * Where a set of texts stands: at the root, in a folder that governs program text or only other files, or in LICENSES
 * beside a licence at the root, where a text governs only what names it.
 */
type Place = "root" | "folder" | "folder without source" | "texts";

/** What the texts of one place, that are not good ones, amount to. */
export function outcomesOfTexts(
  place: Place,
  files: readonly LicenceFile[],
  declared: readonly DeclaredLicence[],
  allowed: Allowed,
  allowedByTerms: readonly string[] | undefined,
): Outcome[] {
  const good = files.filter(allowed);
  return files.flatMap((file) => {
    if (allowed(file)) return [];
    const known = file.exact.length > 0;
    const forTexts = known && file.exact.every((id) => notForSoftware.test(id));
    // Something else gives the licence, and this stands beside it.
    const extra =
      place === "texts" || (isPrimary(file.path) ? good.some((one) => isPrimary(one.path)) : good.length > 0);
    if (forTexts && (extra || place === "folder without source")) return [];
    if (place === "texts" && file.osi) return [];
    const refused = refusal(file, allowedByTerms);
    if (known && place !== "texts") {
      const said = saidOfText(file, good, declared);
      if (said === "optional") return [];
      if (said === "unnamed" || (extra && isAboutTexts(file))) return asQuestion(refused);
    }
    if (refused.kind !== "fail") return refused;
    if (place === "texts" || (extra && isOfThirdParties(file.path))) return asQuestion(refused);
    const restricts = known || file.extraCondition || resemblesClosed(file);
    if (restricts) return refused;
    const certain = place === "root" ? !extra : place === "folder" && isPrimary(file.path) && !extra;
    return certain ? refused : human("license_ambiguous", `${file.path} is not a licence text that we know.`);
  });
}

const asQuestion = (outcome: Outcome): Outcome =>
  outcome.kind === "fail" ? human("license_ambiguous", outcome.sentence) : outcome;

/** Also those of the Creative Commons that restrict: no licence that anybody gives a program. */
const isAboutTexts = (file: LicenceFile) => file.exact.every((id) => notForSoftware.test(id) || /^CC-/i.test(id));

function resemblesClosed({ nearest }: LicenceFile): boolean {
  const near = nearest.filter((one) => one.score >= alike);
  return near.length > 0 && near.every((one) => !one.osi && !notForSoftware.test(one.id) && !/^CC-/i.test(one.id));
}

/**
 * What manifests say of a text that is not good: nobody has to choose it ("MIT OR SSPL-1.0" with both texts), they name
 * only the good one, or it is needed.
 */
function saidOfText(
  file: LicenceFile,
  good: readonly LicenceFile[],
  declared: readonly DeclaredLicence[],
): "optional" | "unnamed" | "needed" {
  if (good.length === 0) return "needed";
  const free = good.flatMap((one) => one.exact).filter((id) => !file.exact.includes(id));
  const known = (ids: readonly string[]) => (id: string) => ids.some((one) => sameFamily(one, id));
  const parsed = declared.flatMap(({ expression }) => parseExpression(expression) ?? []);
  const naming = parsed.filter((one) => idsIn(one).some(known(file.exact)));
  if (naming.length > 0) return naming.every((one) => satisfies(one, known(free))) ? "optional" : "needed";
  return parsed.some((one) => satisfies(one, known(free))) ? "unnamed" : "needed";
}

const idsIn = (expression: Expression): string[] =>
  "id" in expression ? [expression.id] : [...idsIn(expression.left), ...idsIn(expression.right)];

/** What a text that is not good amounts to by itself. */
export function refusal(file: LicenceFile, allowedByTerms: readonly string[] | undefined): Outcome {
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
export function sameFamily(a: string, b: string): boolean {
  const family = (id: string) => id.replace(/(-only|-or-later|\+)$/i, "").toLowerCase();
  return family(a) === family(b);
}
