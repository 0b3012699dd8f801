import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { judgeLicence, type LicenceFile } from "./judge.ts";
import { exactMatch } from "./texts.ts";

/** The licence files of what is installed here, one of each text, and those that Debian keeps. */
interface RealFile {
  name: string;
  text: string;
  /** What the package itself declares; null for Debian's. */
  declared: string | null;
}

const modules = path.dirname(path.dirname(createRequire(import.meta.url).resolve("spdx-license-list/package.json")));
const debian = "/usr/share/common-licenses";

function packages(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    if (name.startsWith(".")) return [];
    return name.startsWith("@") ? readdirSync(path.join(folder, name)).map((one) => `${name}/${one}`) : [name];
  });
}

function realFiles(): RealFile[] {
  const seen = new Set<string>();
  const files: RealFile[] = [];
  for (const name of packages(modules)) {
    const folder = path.join(modules, name);
    const manifest = path.join(folder, "package.json");
    if (!existsSync(manifest)) continue;
    const { license } = JSON.parse(readFileSync(manifest, "utf8")) as { license?: unknown };
    const file = readdirSync(folder).find((one) => /^(licen[cs]e|copying)(\.(md|txt))?$/i.test(one));
    if (!file || typeof license !== "string") continue;
    const text = readFileSync(path.join(folder, file), "utf8");
    if (seen.has(text)) continue;
    seen.add(text);
    files.push({ name, text, declared: license });
  }
  for (const name of existsSync(debian) ? readdirSync(debian) : []) {
    const text = readFileSync(path.join(debian, name), "utf8");
    if (!seen.has(text)) files.push({ name: `debian/${name}`, text, declared: null });
    seen.add(text);
  }
  return files;
}

/** Likeness is left out: it never makes a pass. */
const asFile = (text: string): LicenceFile => {
  const exact = exactMatch(text);
  const plain = { path: "LICENSE", oid: "", sha256: "", contains: null, extraCondition: false, nearest: [] };
  return { ...plain, exact: exact?.ids ?? [], osi: exact?.osi ?? false };
};
const passes = (text: string) => judgeLicence([asFile(text)], [], undefined).outcome.kind === "ok";

/**
 * A rule of its own: what stands in a licence that one would know it by, and nowhere else in this form. Nothing of the
 * matcher is used.
 */
const hallmarks: readonly [RegExp, RegExp][] = [
  [/^MIT(-0)?$/, /permission is hereby granted, free of charge[\s\S]*without restriction/i],
  [/^ISC$/, /permission to use, copy, modify,? and\/?(or)? distribute this software/i],
  [/^0BSD$/, /permission to use, copy, modify,? and\/or distribute this software/i],
  [/^BSD-[23]-Clause/, /redistribution and use in source and binary forms/i],
  [/^Apache-2\.0$/, /apache license\s+version 2\.0/i],
  [/^BlueOak/, /blue oak model license/i],
  [/^Unlicense$/, /unencumbered software released into the public domain/i],
  [/^MPL-2\.0/, /mozilla public license,?\s+version 2\.0/i],
  [/^MPL-1\.1/, /mozilla public license\s+version 1\.1/i],
  [/^(A?|L)GPL-/, /gnu (affero |lesser |library )?general public license/i],
  [/^Python-2\.0|^PSF/, /python software foundation/i],
  [/^Artistic/, /artistic license/i],
  [/^Zlib$/, /provided 'as-is', without any express or implied/i],
];
const restricted =
  /commons clause|(?<!commercial or )non-?commercial(?!ly)|business source|server side public|elastic license|not be used for evil/i;

describe("the licence files of real software", () => {
  const files = realFiles();
  const good = files.filter((file) => passes(file.text));

  it("are many, most of them known again, and each that passes carries the marks of what it was taken for", () => {
    expect(files.length).toBeGreaterThanOrEqual(30);
    expect(good.length).toBeGreaterThanOrEqual(30);
    for (const { name, text, declared } of good) {
      const ids = asFile(text).exact;
      const line = text.replace(/[\s>*#]+/g, " ");
      const marked = ids.some((id) => hallmarks.some(([family, marks]) => family.test(id) && marks.test(line)));
      expect([name, ids, marked, !ids.some((id) => id.includes("GPL")) && restricted.test(line)]).toEqual([
        name,
        ids,
        true,
        false,
      ]);
      if (declared === null || /^see licen[cs]e/i.test(declared)) continue;
      const stem = (id: string) => id.replace(/-only|-or-later|\+/g, "").toLowerCase();
      const agrees = ids.some((id) => declared.split(/[\s()/]+/).some((one) => stem(one) === stem(id)));
      expect([name, declared, ids, agrees]).toEqual([name, declared, ids, true]);
    }
  });

  it("never pass with a word inserted, a part left out, or a condition behind them", () => {
    for (const { name, text } of good) {
      const words = text.split(/(?<=[a-z]) (?=[a-z])/);
      const middle = Math.floor(words.length / 2);
      const half = text.slice(0, Math.floor(text.length / 2));
      const changed = {
        not: [...words.slice(0, middle), "not", ...words.slice(middle)].join(" "),
        without: [...words.slice(0, middle), ...words.slice(middle + 3)].join(" "),
        half,
        clause: `${text}\n\n"Commons Clause" License Condition v1.0\n\nThe Software may not be sold.\n`,
        more: `${text}\n\nUsers with more than ten employees owe a fee.\n`,
        before: `The following holds for private use alone:\n\n${text}`,
      };
      for (const [how, other] of Object.entries(changed))
        expect([name, how, passes(other)]).toEqual([name, how, false]);
    }
  });
});
