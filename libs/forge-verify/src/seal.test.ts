import { describe, expect, it } from "vitest";
import { bytesOfPath, changeDigest, commitmentOf, readReveal, spellPath, type SealedFile } from "./seal.ts";

const hex = "ab".repeat(32);
const file = (path: string, more: Partial<SealedFile> = {}) => ({ path, mode: "100644", sha256: hex, ...more });
const head = { version: 1, baseline: "1".repeat(40), commit: "2".repeat(40), commitment: hex, nonce: hex };
const reveal = (more: object = {}) => JSON.stringify({ ...head, files: [file("a.js")], ...more });

describe("the sealed form", () => {
  it("never changes: old seals must open", () => {
    const files = [
      file("b"),
      { path: "gone", mode: "000000", sha256: "" },
      file("é/ü"),
      file("odd \u00ff", { encoding: "latin1" }),
    ];
    expect(changeDigest(files)).toBe("96b5d0cb7c2ac6b53b866a0b99575f9798a0ac919301bba1a64da6368302f8ab");
    expect(commitmentOf(files, "nonce")).toBe("254ec6a778bda6d9f837ae2071010d523b4f3ba3e18e37f6f754675767a7d567");
    expect(commitmentOf(files.toReversed(), "nonce")).toBe(commitmentOf(files, "nonce"));
  });

  it("tells bytes that are no UTF-8 from the text they would be in another encoding", () => {
    const [text, bytes] = [file("\u00ff"), file("\u00ff", { encoding: "latin1" })];
    expect(changeDigest([text])).not.toBe(changeDigest([bytes]));
    for (const one of [text, bytes]) expect(spellPath(bytesOfPath(one)).encoding).toBe(one.encoding);
  });
});

describe("what a developer hands in to open a seal", () => {
  it("is a nonce, or a whole reveal file, with blanks around it as pasting leaves them", () => {
    expect(readReveal(`\uFEFF\r\n ${hex}\n`)).toEqual({ nonce: hex, files: null });
    expect(readReveal("an-older-nonce")).toEqual({ nonce: "an-older-nonce", files: null });
    expect(readReveal(` ${reveal().replaceAll(",", ",\r\n")} `)).toEqual({ nonce: hex, files: [file("a.js")] });
    expect(readReveal(reveal({ baseline: "none" }))?.nonce).toBe(hex);
  });

  it.each([
    ["nothing", ""],
    ["two words", `${hex} ${hex}`],
    ["a nonce that never ends", "a".repeat(201)],
    ["half a file", reveal().slice(0, -2)],
    ["a list", `[${reveal()}]`],
    ["a deep hole", `{"version":${"[".repeat(2_000_000)}`],
    ["more than 5 MB", reveal({ files: [file("a".repeat(5_000_000))] })],
    ["more than 50,000 files", reveal({ files: Array.from({ length: 50_001 }, (_, n) => ({ path: `${n}` })) })],
    ["no files", reveal({ files: [] })],
    ["files that are none", reveal({ files: [null] })],
    ["another version", reveal({ version: 2 })],
    ["a short nonce inside", reveal({ nonce: "1" })],
    ["an array as the nonce", reveal({ nonce: [hex] })],
    ["a field too many", reveal({ more: 1 })],
    ["a field too many in a file", reveal({ files: [{ ...file("a"), more: 1 }] })],
    ["another prototype", reveal().replace('"version"', '"__proto__":{"files":[]},"version"')],
    [
      "a file's fields by its prototype",
      reveal({ files: [] }).replace("[]", `[{"__proto__":${JSON.stringify(file("a"))}}]`),
    ],
    ["a path twice", reveal({ files: [file("a"), file("b"), file("a", { sha256: "0".repeat(64) })] })],
    ["a path twice, in two spellings", reveal({ files: [file("é"), file("\u00c3\u00a9", { encoding: "latin1" })] })],
    ["a path with a NUL", reveal({ files: [file("a\0b")] })],
    ["half a character", reveal({ files: [file("a")] }).replace('"a"', '"\\ud800"')],
    ["bytes above one byte", reveal({ files: [file("\u0100", { encoding: "latin1" })] })],
    ["an unknown encoding", reveal({ files: [{ ...file("a"), encoding: "utf8" }] })],
    ["a path out of the tree", reveal({ files: [file("../a")] })],
    ["an absolute path", reveal({ files: [file("/a")] })],
    ["an empty path", reveal({ files: [file("")] })],
    ["a folder", reveal({ files: [file("a", { mode: "040000" })] })],
    ["a removed file with contents", reveal({ files: [file("a", { mode: "000000" })] })],
    ["a file without contents", reveal({ files: [file("a", { sha256: "" })] })],
    ["capitals in a hash", reveal({ files: [file("a", { sha256: hex.toUpperCase() })] })],
  ])("is refused: %s", (_name, text) => {
    expect(readReveal(text)).toBeNull();
  });
});
