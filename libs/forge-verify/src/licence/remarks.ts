import type { Remark } from "./judge.ts";

const readme = /^readme([-._].*)?$/i;
const ofConditions = /^(commons[-_ ]?clause|additional[-_ ]?(terms|restrictions?)|restrictions?|eula)([-._].*)?$/i;
const mayHoldConditions = /^(notice|patents?|terms([-_ ]of[-_ ]use)?|legal)([-._].*)?$/i;

/** Whether a file of this name at the root may lay a condition over the licence. */
export function isRemarkable(name: string): boolean {
  return readme.test(name) || ofConditions.test(name) || mayHoldConditions.test(name);
}

/** Words that restrict who may use software or for what; a person reads what they stand in. */
const restricting = [
  /commons\s+clause/i,
  /business\s+source\s+licen[cs]e/i,
  /non[-\s]?commercial(ly)?\s+(use|purposes?|only|licen[cs]e)/i,
  /(free|licen[cs]ed|available|permitted|allowed|only)\s+for\s+non[-\s]?commercial/i,
  /not\s+(be\s+)?(used?|permitted|allowed|licen[cs]ed)\s+(for\s+|in\s+)?(any\s+)?commercial/i,
  /commercial\s+use\s+(is\s+(not|prohibited|forbidden|restricted)|requires|needs)/i,
  /(additional|further)\s+(use\s+)?(restrictions?|conditions?)\s+appl/i,
  /you\s+may\s+not\s+(sell|host|resell|offer|compete|use)/i,
  /(patent|licen[cs]e)\s+(rights?\s+)?(granted\s+\S+\s+)?(will\s+|shall\s+)?terminates?\s+automatically/i,
  /licen[cs]e\s+does\s+not\s+(include|grant|cover)/i,
];

/** What a file says over the licence; null when it says nothing of the kind. `text` is null when it is too large to read. */
export function remarkIn(path: string, text: string | null): Remark | null {
  if (ofConditions.test(path)) return { path, words: firstLine(text ?? path), restricts: true };
  if (text === null) return readme.test(path) ? null : { path, words: "too large to read", restricts: false };
  for (const pattern of restricting) {
    const at = pattern.exec(text);
    if (at) return { path, words: around(text, at.index, at[0].length), restricts: false };
  }
  return null;
}

const firstLine = (text: string) => (text.split("\n").find((line) => line.trim() !== "") ?? "").trim().slice(0, 100);

function around(text: string, at: number, length: number): string {
  return text
    .slice(Math.max(0, at - 30), at + length + 30)
    .replace(/\s+/g, " ")
    .trim();
}
