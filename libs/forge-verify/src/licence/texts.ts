import { createRequire } from "node:module";
import { sha256 } from "../evidence.ts";
import { normaliseLicence, withoutAppendix } from "./normalise.ts";
import { likeness, shingles, type Shingles } from "./likeness.ts";

interface KnownText {
  ids: string[];
  osi: boolean;
  words: string;
  shingles?: Shingles;
}

export interface Nearest {
  id: string;
  osi: boolean;
  /** 0 to 1; 1 would be the same text. */
  score: number;
}

let known: Map<string, KnownText> | undefined;

/** Every text of the SPDX list, by its words. Texts that several ids share (GPL "only" and "or later") are one. */
function knownTexts(): Map<string, KnownText> {
  if (known) return known;
  known = new Map();
  const full = createRequire(import.meta.url)("spdx-license-list/full") as Record<
    string,
    { osiApproved: boolean; licenseText: string }
  >;
  for (const [id, { osiApproved, licenseText }] of Object.entries(full)) {
    const words = normaliseLicence(licenseText);
    for (const variant of [words, withoutAppendix(words)]) {
      if (!variant || variant.length < 40) continue;
      const there = known.get(variant);
      if (!there) known.set(variant, { ids: [id], osi: osiApproved, words: variant });
      else {
        if (!there.ids.includes(id)) there.ids.push(id);
        there.osi &&= osiApproved;
      }
    }
  }
  return known;
}

/**
 * Texts as the Free Software Foundation publishes them, where SPDX's copy leaves out or adds some words: sha256 of the
 * normalised text → ids. Taken from Debian's /usr/share/common-licenses; a test computes them again where that is.
 */
export const publishedTexts: Readonly<Record<string, readonly string[]>> = {
  // GPL-2
  "76059e85683b709ae2ea5fd1d828f5d45b95dfdc78e35b76b177d7c5663be9ec": ["GPL-2.0-only", "GPL-2.0-or-later"],
  // GPL-2 without its appendix
  "04cc5b582ab0c116cd1aaaff70c1e8ac301e06ee9aa5f2b0536031de0d7f3de0": ["GPL-2.0-only", "GPL-2.0-or-later"],
  // LGPL-2
  c809ada88802e348df4a17c7811582473a15a614645e03858c0b35a21e18d5da: ["LGPL-2.0-only", "LGPL-2.0-or-later"],
  // LGPL-2 without its appendix
  "49ddc00930bd849882bd70b8842685b4a81ab639cc8abcfdabcaa80debd00ab8": ["LGPL-2.0-only", "LGPL-2.0-or-later"],
  // LGPL-2.1
  a84f03922dafd335cbd4e69e3f021d6832c9cb43065f07bde3a4eb9b7272a95b: ["LGPL-2.1-only", "LGPL-2.1-or-later"],
  // LGPL-2.1 without its appendix
  e1ea5dbbec99773fbf1b3876b37f32be37a756cba5412f2353dbfe067d39cac8: ["LGPL-2.1-only", "LGPL-2.1-or-later"],
  // LGPL-3
  "9079de3c01d738f4f886b4a48a284cc2b4e65afb79c2093adc73b92636438fa2": ["LGPL-3.0-only", "LGPL-3.0-or-later"],
};

/** The ids whose text is exactly this one, and whether the OSI approved all of them; null when there is none. */
export function exactMatch(text: string): { ids: string[]; osi: boolean } | null {
  // Struck out or hidden where it is shown as a page: the words are there and are not said.
  if (/~~|<!--|<\s*(del|s|strike)\b/i.test(text)) return null;
  const words = normaliseLicence(text);
  const texts = knownTexts();
  const cut = withoutAppendix(words);
  const match = texts.get(words) ?? (cut === words ? texts.get(cut) : undefined);
  if (match) return { ids: match.ids.toSorted(), osi: match.osi };
  const published = publishedTexts[sha256(words)];
  return published ? { ids: [...published], osi: true } : null;
}

/** An OSI-approved text that stands whole inside a longer one; null when none does. */
export function containedText(text: string): string | null {
  const words = ` ${normaliseLicence(text)} `;
  let longest: KnownText | null = null;
  for (const one of knownTexts().values()) {
    if (!one.osi || one.words.length < (longest?.words.length ?? 200)) continue;
    if (words.includes(` ${one.words} `)) longest = one;
  }
  return longest?.ids[0] ?? null;
}

/** The texts most like this one, best first: a help for the person who reads it, never a reason to pass. */
export function nearestTexts(text: string, count = 2): Nearest[] {
  const own = shingles(normaliseLicence(text));
  const scored: Nearest[] = [];
  for (const one of knownTexts().values()) {
    one.shingles ??= shingles(one.words);
    scored.push({ id: one.ids[0] ?? "", osi: one.osi, score: likeness(own, one.shingles) });
  }
  return scored
    .toSorted((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1))
    .slice(0, count)
    .map((one) => ({ ...one, score: Math.round(one.score * 10_000) / 10_000 }));
}

/** The OSI's answer for an SPDX id; undefined for an id that is not on the list. */
export function isOsiApproved(id: string): boolean | undefined {
  const list = createRequire(import.meta.url)("spdx-license-list") as Record<string, { osiApproved: boolean }>;
  return Object.hasOwn(list, id) ? list[id]?.osiApproved : undefined;
}
