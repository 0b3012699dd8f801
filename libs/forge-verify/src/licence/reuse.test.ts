import { describe, expect, it } from "vitest";
import { closingIn } from "./remarks.ts";
import { matches, readDep5, readReuseToml } from "./reuse.ts";

const first = (path: string) => readReuseToml(`[[annotations]]\npath = ${path}\n`)?.[0]?.globs ?? [];
const hits = (path: string, file: string) => first(path).some((glob) => matches(glob, file));

describe("REUSE.toml", () => {
  it.each([
    ['"src/*.js"', "src/a.js", true],
    ['"src/*.js"', "src/a/b.js", false],
    ['"src/**"', "src/a/b.js", true],
    ['"**/b.js"', "src/a/b.js", true],
    ['"a\\\\*b"', "a*b", true],
    ['"a\\\\*b"', "axb", false],
    ["'a?b'", "axb", false],
    ['["x", "y/*",\n  "z", # last\n]', "y/1", true],
    ['"*"', "a", true],
    ['"*a*a"', "banana", true],
    ['"*a*b"', "banana", false],
    ['"src"', "src/a.js", false],
  ])("%s for %s: %s", (path, file, answer) => expect(hits(path, file)).toBe(answer));

  it("is read in the forms that people write", () => {
    const toml =
      'version = 1\n# x\n[[annotations]]\r\npath = ["a", \'b\']\nprecedence = "override"\nSPDX-FileCopyrightText = """\n2026\n"""\n"SPDX-License-Identifier" = ["MIT", "CC0-1.0"]\n';
    expect(readReuseToml(toml)).toEqual([{ globs: [["a"], ["b"]], expressions: ["MIT", "CC0-1.0"], yields: false }]);
  });

  it.each([
    "a",
    "[x]\n",
    "annotations = []\n",
    '[[annotations]]\npath.x = "a"\n',
    '[[annotations]]\npath = "a" "b"\n',
    '[[annotations]]\npath = "\\U0001F600"\n',
    '[[annotations]]\npath = "a"\npath = "b"\n',
  ])("is not guessed at: %j", (toml) => expect(readReuseToml(toml)).toBeNull());

  it("takes no long time over patterns made to take long", () => {
    expect(hits(JSON.stringify("*a".repeat(200)), "a".repeat(4000) + "b")).toBe(false);
  });
});

it(".reuse/dep5 is read as Debian writes it", () => {
  const [one, two] = readDep5(
    "Format: x\n\nFiles: a/*\n  b?.js\nCopyright: 2026\nLicense: MIT\n free text\n\nLicense: X\n text\n\nFiles: c\nLicense: BUSL-1.1\n",
  );
  expect([one?.expressions, two?.expressions]).toEqual([["MIT"], ["BUSL-1.1"]]);
  expect(["a/b/c", "b1.js", "b.js"].map((path) => one!.globs.some((glob) => matches(glob, path)))).toEqual([
    true,
    true,
    false,
  ]);
});

describe("the beginning of a source file", () => {
  it.each([
    "// PROPRIETARY AND CONFIDENTIAL\n",
    "# Unauthorized copying of this file,\n# via any medium, is strictly prohibited\n",
    "/* All rights reserved.\n * No part may not be reproduced. It may not be\n * reproduced. */",
    "-- Proprietary software of Dave\n",
    "// For evaluation purposes only\n",
    "// Weitergabe an Dritte ist verboten.\n",
  ])("closes it: %j", (text) => expect(closingIn(text)).not.toBeNull());

  it.each([
    "// Copyright 2026 Dave. All rights reserved.\n// Use of this source code is governed by a BSD-style license.\n",
    "// you may not use this file except in compliance with the License.\n",
    "// This file may not be copied, modified, or distributed\n// except according to those terms.\n",
    "/* The name of the author may not be used to endorse or promote products */",
    "/* Redistribution and use in source and binary forms, with or without modification, are permitted. */",
  ])("is that of an open one: %j", (text) => expect(closingIn(text)).toBeNull());
});
