import { createRequire } from "node:module";
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

/** The ids whose text is exactly this one, and whether the OSI approved all of them; null when there is none. */
export function exactMatch(text: string): { ids: string[]; osi: boolean } | null {
  const words = normaliseLicence(text);
  const texts = knownTexts();
  const cut = withoutAppendix(words);
  const match = texts.get(words) ?? (cut === words ? texts.get(cut) : undefined);
  return match ? { ids: match.ids.toSorted(), osi: match.osi } : null;
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
