/** Words that a copyright notice has no use for; a line with one of them may change what is allowed. */
const termsWords =
  /\b(not|no|may|must|shall|only|except|unless|without|provided|subject|condition\w*|permission\w*|permit\w*|licen[cs]e\w*|grant\w*|sell\w*|commercial\w*|use|used|using|prohibit\w*|restrict\w*|forbid\w*|require\w*|agree\w*|clause\w*)\b/i;

const copyrightLine = /^[\s*#/.-]*(portions\s+)?(copyright\b|\(c\)|©).{0,160}$/i;
const reservedLine = /^[\s*#/.-]*all rights reserved\.?\s*$/i;

/** Titles that people put above a text, or leave out. */
const titleLine =
  /^[\s*#=-]*(the\s+)?(modified\s+|new\s+|simplified\s+)?(mit|isc|bsd|bsd[\s-][0-9][\s-]clause|[0-9][\s-]clause bsd|zero[\s-]clause bsd|0bsd|unlicense)(\s+(“|")?(original|old|new|revised|simplified|modified)("|”)?)?(\s+licen[cs]e)?(\s+\((mit|isc|bsd|bsd-[0-9]-clause|expat|0bsd)\))?:?[\s*#=-]*$/i;

function isNotice(line: string): boolean {
  if (reservedLine.test(line)) return true;
  return copyrightLine.test(line) && !termsWords.test(line.replace(/all rights reserved/i, ""));
}

/**
 * A licence text as a row of plain words: case, spacing, punctuation, links, copyright notices and the title line are
 * gone; every other word stays and counts.
 */
export function normaliseLicence(text: string): string {
  const lines = text
    .replace(/^\uFEFF/, "")
    .replace(/\r\n?/g, "\n")
    .replace(/<year>|<owner>|<copyright holders?>/gi, " ")
    .split("\n");
  const first = lines.findIndex((line) => line.trim() !== "");
  const kept = lines.filter((line, index) => !isNotice(line) && !(index <= first + 2 && titleLine.test(line)));
  return kept
    .join("\n")
    .toLowerCase()
    .replace(/[<(\[]?https?:\/\/[^\s>)\]]+[>)\]]?/g, " url ")
    .replace(/[\u2018\u2019\u201c\u201d"'`]/g, "")
    .replace(/©|\(c\)/g, " copyright ")
    .replace(/&/g, " and ")
    .replace(/\blicence/g, "license")
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}

/** The same text up to the end of its terms, without the appendix that says how to apply it; null when it has none. */
export function withoutAppendix(normalised: string): string | null {
  const end = "end of terms and conditions";
  const at = normalised.indexOf(end);
  return at < 0 ? null : normalised.slice(0, at + end.length);
}
