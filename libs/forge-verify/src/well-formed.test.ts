import pg from "pg";
import { describe, expect, it } from "vitest";
import { canonicalJson, digestOf } from "./evidence.ts";
import { EvidenceStore } from "./evidence-store.ts";
import { reportOn } from "./report.ts";
import type { Evidence } from "./checks/index.ts";
import { cut, wellFormed } from "./well-formed.ts";

const nasty = "a\0b \ud83d c \ude00 \u{1f600} \ufffe é \\u0000 \"'";

describe("a report on what strangers wrote", () => {
  const looked = {
    repository: { forge: "github" as const, stableId: "7", slug: `dave/${nasty}` },
    baseline: { digest: "0".repeat(64) },
    at: new Date("2026-05-20T12:00:00Z"),
    phase: "release" as const,
    commit: "1".repeat(40),
    branch: `b-${nasty}`,
    findings: [{ reason: "license_ambiguous", accepted: false, note: nasty, at: "2026-05-20T12:00:00Z" }],
  };
  const file = {
    path: `${nasty}/LICENSE`,
    oid: "",
    sha256: "",
    exact: [],
    osi: false,
    contains: null,
    extraCondition: false,
  };
  const seen = [
    {
      check: "licence",
      at: "2026-05-20T12:00:00Z",
      facts: {
        files: [{ ...file, nearest: [] }],
        declared: [{ path: nasty, expression: nasty.repeat(9) }],
        remarks: [{ path: "README", words: nasty, restricts: false }],
      },
      requests: [{ method: "GET", url: `https://x.example/${nasty}`, status: 200 }],
    },
    { check: "identity", at: "2026-05-20T12:00:00Z", facts: { slug: nasty, [nasty]: [nasty] }, requests: [] },
  ] as unknown as Evidence[];

  it("holds only strings that can be kept, and its digest is that of what is kept", async () => {
    const report = await reportOn(seen, looked, new EvidenceStore("/nonexistent"));
    const strings = JSON.stringify(report);
    expect(strings).not.toMatch(/(?<!\\)(\\\\)*\\u(0000|d[89a-f]..)/i);
    const { digest, ...rest } = report;
    expect(digestOf(JSON.parse(JSON.stringify(rest)))).toBe(digest);
    expect(JSON.stringify(wellFormed(report))).toBe(strings);
  });

  it.skipIf(!process.env["TEST_OWNER_URL"])("comes back from the database with the same digest", async () => {
    const { digest, ...rest } = await reportOn(seen, looked, new EvidenceStore("/nonexistent"));
    const client = new pg.Client({ connectionString: process.env["TEST_OWNER_URL"]!.replace("DATABASE", "postgres") });
    await client.connect();
    try {
      const ask = async (json: string) =>
        (await client.query<{ kept: unknown }>("SELECT $1::jsonb AS kept", [json])).rows[0]?.kept;
      const kept = await ask(JSON.stringify(rest));
      expect([digestOf(kept), canonicalJson(kept)]).toEqual([digest, canonicalJson(rest)]);
      // As it was written, it would have been refused for ever.
      await expect(ask(JSON.stringify({ path: "a\0b" }))).rejects.toThrow(/Unicode/);
      await expect(ask(JSON.stringify({ path: "\ud83d" }))).rejects.toThrow(/Unicode|invalid input syntax/);
    } finally {
      await client.end();
    }
  });
});

it("a text is cut between characters", () => {
  expect(cut("ab\u{1f600}", 3)).toBe("ab");
  expect(cut("ab\u{1f600}", 4)).toBe("ab\u{1f600}");
  expect(cut("\u{1f600}ab", 2, 1)).toBe("a");
  expect(cut("abc", 9)).toBe("abc");
});
