import { isCopyrightNotice } from "./copyright-notice.ts";

/** Titles that people put above a text, or leave out. */
const titleLine =
  /^[\s*#=(-]*(the\s+)?(modified\s+|new\s+|simplified\s+)?(mit|isc|bsd|bsd[\s-][0-9][\s-]clause|[0-9][\s-]clause bsd|zero[\s-]clause bsd|0bsd|unlicense)(\s+["“]?(original|old|new|revised|simplified|modified)["”]?)?(\s+licen[cs]e)?(\s+\((mit|isc|bsd|bsd-[0-9]-clause|expat|0bsd)\))?:?[\s*#=)-]*$/i;

/**
 * The number or letter of an item in a list: at the start, after a blank line, or after what ends the item before. Where
 * a line happens to be broken makes no difference, and "section 7." is left alone.
 */
const listMark =
  /((?:^|[.;:,]["”)]?\s|\b(?:and|or)\s|\n[ \t#=*-]*\n)\s*[#*•-]*\s*)\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)](?=\s)/gi;
const decimalMark = /(\n[ \t#=*-]*\n\s*[#*•-]*\s*)\d{1,2}\.\d{1,2}\.?(?=\s)/g;

/** Who it is that gives the licence and disclaims: the texts leave this open, and every project fills it in. */
const roles: readonly [RegExp, string][] = [
  [
    /\bneither the names? of (?:\S+ ){1,8}?nor the names? of (?:its |their |any |other )?contributors\b/g,
    "neither the name of the copyright holder nor the names of its contributors",
  ],
  [
    /\bprovided by (?:the )?(?:copyright (?:holders?|owners?)|authors?|regents)(?: (?:and|or) contributors)? as is\b/g,
    "provided by the copyright holders and contributors as is",
  ],
  [
    /\bshall (?:the )?(?:copyright (?:holders?|owners?)|authors?|regents|isc)(?: (?:and|or) contributors)? be liable\b/g,
    "shall the copyright holder or contributors be liable",
  ],
  [
    /\bprovided as is and (?:isc|(?:the )?(?:copyright holders?|authors?)) disclaims?\b/g,
    "provided as is and the author disclaims",
  ],
  [/ including the next paragraph\b/g, ""],
];

/**
 * A licence text as a row of plain words: case, spacing, punctuation, list marks, links, copyright notices and the
 * title line are gone and the licensor has one name; every other word stays and counts.
 */
export function normaliseLicence(text: string): string {
  const lines = text
    .replace(/^\uFEFF/, "")
    .replace(/\r\n?/g, "\n")
    .split("\n");
  const first = lines.findIndex((line) => line.trim() !== "");
  const words = lines
    .filter((line, index) => !isCopyrightNotice(line) && !(index <= first + 2 && titleLine.test(line)))
    .join("\n")
    .replace(decimalMark, "$1 ")
    .replace(listMark, "$1 ")
    .toLowerCase()
    .replace(/[<([]?https?:\/\/[^\s>)\]]+[>)\]]?/g, " url ")
    .replace(/[\u2018\u2019\u201c\u201d"'`]/g, "")
    .replace(/©|\(c\)/g, " copyright ")
    .replace(/&/g, " and ")
    .replace(/\blicence/g, "license")
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
  return roles.reduce((soFar, [pattern, one]) => soFar.replace(pattern, one), words);
}

/** The same text up to the end of its terms, without the appendix that says how to apply it; null when it has none. */
export function withoutAppendix(normalised: string): string | null {
  const end = "end of terms and conditions";
  const at = normalised.indexOf(end);
  return at < 0 ? null : normalised.slice(0, at + end.length);
}
