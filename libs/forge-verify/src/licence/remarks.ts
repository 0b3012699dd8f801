import { cut } from "../well-formed.ts";
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

const firstLine = (text: string) => cut((text.split("\n").find((line) => line.trim() !== "") ?? "").trim(), 100);

function around(text: string, at: number, length: number): string {
  const from = Math.max(0, at - 30);
  return cut(text, at + length + 30 - from, from)
    .replace(/\s+/g, " ")
    .trim();
}

/** A file whose name says that it lays a condition over the licence, in a folder above changed files; a person reads it. */
export const layersCondition = (name: string): boolean => ofConditions.test(name);

/** What a file's author says who lets nobody use it. The notices of open licences say none of this. */
const closing = [
  /\b(proprietary\s+(and|&)\s+confidential|confidential\s+(and|&)\s+proprietary)\b/i,
  /\b(company|strictly|trade\s+secrets?\s+and)\s+confidential\b/i,
  /\bproprietary\s+(software|code|information|licen[cs]e|material|source|to)\b/i,
  /\bunauthori[sz]ed\s+(copying|use|reproduction|distribution|modification|disclosure|duplication)\b/i,
  /\bmay\s+not\s+be\s+(copied|reproduced|redistributed|distributed|disclosed|modified|shared|sold|used\s+(without|commercially|for\s+commercial|in\s+(a\s+)?(commercial|production)))(?![^.]{0,120}\bexcept\b)/i,
  /\b(copying|use|reproduction|distribution|redistribution|duplication)\b[^.]{0,80}\b(strictly\s+)?(prohibited|forbidden)\b(?!\s+(except|unless))/i,
  /\b(for|in)\s+(evaluation|non[-\s]?commercial|non[-\s]?production)\s+(use|purposes?)\s+only\b/i,
  /\bcommercial\s+use\s+(is\s+(not|prohibited|forbidden)|requires)\b/i,
  /\b(streng\s+)?vertraulich\b|\b(vervielfältigung|weitergabe|nutzung)[^.]{0,80}(verboten|untersagt)/i,
  /\b(reproduction|utilisation|diffusion|copie)[^.]{0,80}(interdite?s?)\b/i,
];

/** What the beginning of a source file says against anybody's use of it; null when it says nothing of the kind. */
export function closingIn(start: string): string | null {
  // As one line, without what marks comments, so that it makes no difference where a sentence is broken.
  const line = start.replace(/\r?\n[ \t]*(?:\/\/+|\*+(?!\/)|#+|--+|;+|%+|"+|')?[ \t]*/g, " ").replace(/[ \t]+/g, " ");
  for (const pattern of closing) {
    const found = pattern.exec(line);
    if (found) return around(line, found.index, Math.min(found[0].length, 150));
  }
  return null;
}
