import { describe, expect, it } from "vitest";
import { understandAddress } from "./typed-address.ts";

const hosts = { github: "github.com", tangled: ["tangled.org", "tangled.sh"] };
const gitHub = (owner: string, name: string) => ({ forge: "github", owner, name });
const tangled = (owner: string, name: string) => ({ forge: "tangled", owner, name });
const repoDid = "did:plc:ewvi7nxzyoun6zhxrhs64oiz";

describe("what a person types", () => {
  it.each([
    ["https://github.com/larkspur/larkspur", gitHub("larkspur", "larkspur")],
    ["https://github.com/larkspur/larkspur.git", gitHub("larkspur", "larkspur")],
    ["http://www.github.com/larkspur/lark.spur/tree/main?a=b#c", gitHub("larkspur", "lark.spur")],
    ["github.com/larkspur/larkspur", gitHub("larkspur", "larkspur")],
    ["  larkspur/larkspur ", gitHub("larkspur", "larkspur")],
    ["git@github.com:larkspur/larkspur.git", gitHub("larkspur", "larkspur")],
    ["https://tangled.org/@judy.test/knotwork-import", tangled("judy.test", "knotwork-import")],
    ["https://tangled.sh/Judy.Test/x", tangled("judy.test", "x")],
    ["judy.test/knotwork-import", tangled("judy.test", "knotwork-import")],
    [`tangled.org/${repoDid}/x`, tangled(repoDid, "x")],
    [`https://knot.example/${repoDid}`, { forge: "tangled", repoDid }],
    [repoDid, { forge: "tangled", repoDid }],
  ])("%s", (typed, address) => expect(understandAddress(typed, hosts)).toEqual(address));

  it.each([
    "",
    "larkspur",
    "https://github.com",
    "https://github.com/larkspur",
    "https://github.com/../etc",
    "https://github.com/a/..",
    "https://github.com/-o/x",
    "https://user:pw@github.com/a/b",
    "https://gitlab.com/a/b",
    "https://github.com.evil.example/a/b",
    "https://github.com@evil.example/a/b",
    "file:///etc/passwd",
    "ext::sh -c id",
    "ssh://git@evil.example/a/b",
    "a/b/c",
    "a/b\nc/d",
    "a\\b/c",
    "https://github.com/a/b%2f..%2fc",
    "did:plc:short/x",
    "did:web:evil.example/../../x",
    "--upload-pack=x/y",
    "x".repeat(501),
  ])("%j is not an address of a repository", (typed) => expect(understandAddress(typed, hosts)).toBeNull());
});
