import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { requiredChecks, type Evidence, type Policy } from "./checks/index.ts";
import type { Fault } from "./evidence.ts";
import { checkResults, decide, explain, type FailCode, type HumanReason, type Verdict } from "./index.ts";

const sha = "a".repeat(40);
const at = "2026-05-20T12:00:00.000Z";
const policies: Policy[] = (["release", "recheck", "final"] as const).flatMap((phase) => [
  { phase, sealed: false },
  { phase, sealed: true },
]);

const faults: Fault[] = [
  "not_found",
  "unauthorized",
  "legal_block",
  "rate_limited",
  "server_error",
  "timeout",
  "dns",
  "tls",
  "too_large",
  "malformed",
  "unsafe_url",
  "gap",
];

const mit = {
  path: "LICENSE",
  oid: sha,
  sha256: "",
  exact: ["MIT"],
  osi: true,
  contains: null,
  extraCondition: false,
  nearest: [],
};
const newness = {
  baselineTakenAt: at,
  baselineHeld: true,
  commitInBaseline: false,
  treeInBaseline: false,
  changedFiles: 2,
  newContents: 1,
  removedFiles: 0,
  newCommits: 1,
  unrepeatedCommits: 1,
};
const followed = { commit: sha, branch: "main", lookedAt: "main", head: sha, onBranch: true };
const identity = { slug: "dave/x", pinned: "7", observed: "7", slugNow: "dave/x", agree: true };
const shown = { forgeSays: "public" as const, cloneUrl: "https://x", refs: 1, advertisement: "", objectFormat: "sha1" };

/** Facts by check: `good` ones, and everything else that can be seen. */
const facts: { [N in Evidence["check"]]: { good: unknown[]; bad: unknown[] } } = {
  "safe-address": { good: [{ address: "https://x", leadsTo: ["1.1.1.1"] }], bad: [] },
  identity: {
    good: [identity, { ...identity, slugNow: "erin/y" }],
    bad: [
      { ...identity, observed: "8" },
      { ...identity, agree: false },
      { slug: "dave/x", pinned: "7", fault: "not_found", inItsPlace: "8" },
    ],
  },
  "public-now": {
    good: [shown, { ...shown, forgeSays: "unknown" }],
    bad: [
      { ...shown, forgeSays: "private" },
      { ...shown, refs: 0 },
      { ...shown, objectFormat: "sha256" },
    ],
  },
  mirror: { good: [{ refs: 1, refsDigest: "", commits: 3 }], bad: [] },
  reachable: {
    good: [followed],
    bad: [
      { ...followed, onBranch: false },
      { ...followed, lookedAt: null, head: null },
      { commit: "x", branch: "main", impossible: "commit" },
    ],
  },
  "new-since-baseline": {
    good: [newness, { ...newness, changedFiles: 0, newContents: 0, removedFiles: 1 }],
    bad: [
      { ...newness, baselineHeld: false },
      { ...newness, commitInBaseline: true },
      { ...newness, treeInBaseline: true },
      { ...newness, changedFiles: 0 },
      { ...newness, newContents: 0 },
      { ...newness, unrepeatedCommits: 0 },
    ],
  },
  licence: {
    good: [{ files: [mit], declared: [] }],
    bad: [
      { files: [], declared: [] },
      { files: [{ ...mit, exact: [], nearest: [{ id: "MIT", osi: true, score: 0.9999 }] }], declared: [] },
      { files: [{ ...mit, exact: ["SSPL-1.0"], osi: false }], declared: [] },
      { files: [mit, { ...mit, path: "LICENSE-2", exact: ["BUSL-1.1"], osi: false }], declared: [] },
      { files: [mit], declared: [{ path: "package.json", expression: "BUSL-1.1" }] },
    ],
  },
  "complete-source": {
    good: [{ submodules: [], lfsPointers: [], encrypted: [] }],
    bad: [
      { submodules: [], lfsPointers: ["a"], encrypted: [] },
      { submodules: [], lfsPointers: [], encrypted: ["a"] },
      { submodules: [{ path: "p", url: null, seen: "malformed" }], lfsPointers: [], encrypted: [] },
      { submodules: [{ path: "p", url: "https://x", seen: "timeout" }], lfsPointers: [], encrypted: [] },
    ],
  },
  "same-as-preview": {
    good: [{ commitment: "ab", recomputed: "ab", changedFiles: 1 }],
    bad: [{ commitment: "ab", recomputed: "cd", changedFiles: 1 }],
  },
  final: {
    good: [{ branch: "main", copied: sha, now: sha }],
    bad: [
      { branch: "main", copied: sha, now: null },
      { branch: "main", copied: sha, now: "b".repeat(40) },
    ],
  },
};

const names = Object.keys(facts) as Evidence["check"][];
const seen = (check: Evidence["check"], found: unknown) =>
  ({ check, at, facts: found, requests: [] }) as unknown as Evidence;
const asked = (name: Evidence["check"], fault: Fault) =>
  seen(name, { fault, slug: "dave/x", pinned: "7", inItsPlace: null, forgeSays: "public", cloneUrl: "", address: "" });

const good = fc
  .constantFrom(...names)
  .chain((name) => fc.constantFrom(...facts[name].good.map((one) => seen(name, one))));
const bad = fc.oneof(
  fc.constantFrom(...names.flatMap((name) => facts[name].bad.map((one) => seen(name, one)))),
  fc.tuple(fc.constantFrom(...names), fc.constantFrom(...faults)).map(([name, fault]) => asked(name, fault)),
);
const everything = (policy: Policy) => requiredChecks(policy).map((name) => seen(name, facts[name].good[0]));
const policy = fc.constantFrom(...policies);

describe("the verdict", () => {
  it("passes on one good observation of every check that the policy asks for", () => {
    for (const one of policies) expect(decide(everything(one), one)).toEqual({ kind: "pass" });
  });

  it("never passes with one check left out, whichever it is", () => {
    for (const one of policies) {
      for (const name of requiredChecks(one)) {
        const rest = everything(one).filter((evidence) => evidence.check !== name);
        expect([name, decide(rest, one).kind]).toEqual([name, "inconclusive"]);
      }
    }
  });

  it("never passes with one observation that is not good, whatever else was seen and in whatever order", () => {
    fc.assert(
      fc.property(policy, fc.array(good, { maxLength: 12 }), bad, fc.nat(), (one, more, spoiler, place) => {
        const all = [...everything(one), ...more];
        all.splice(place % (all.length + 1), 0, spoiler);
        expect(decide(all, one).kind).not.toBe("pass");
        expect(
          checkResults([...everything(one), spoiler], { ...one, sealed: true, phase: "final" }).some(
            (line) => line.outcome !== "ok",
          ),
        ).toBe(true);
      }),
    );
  });

  it("never passes on a sequence that lacks a good observation of any required check", () => {
    fc.assert(
      fc.property(policy, fc.array(fc.oneof(good, bad), { maxLength: 15 }), (one, all) => {
        const covered = requiredChecks(one).every((name) => all.some((evidence) => evidence.check === name));
        if (decide(all, one).kind === "pass") expect(covered).toBe(true);
      }),
    );
  });

  it("does not change with order or repetition, and a further bad observation never makes it better", () => {
    const rank = { pass: 0, inconclusive: 1, needs_human: 2, fail: 3 };
    fc.assert(
      fc.property(policy, fc.array(fc.oneof(good, bad), { maxLength: 12 }), bad, (one, all, spoiler) => {
        const verdict = decide(all, one);
        expect(decide(all.toReversed(), one).kind).toEqual(verdict.kind);
        expect(decide([...all, ...all], one)).toEqual(verdict);
        expect(rank[decide([...all, spoiler], one).kind]).toBeGreaterThanOrEqual(rank[verdict.kind]);
      }),
    );
  });

  it("does not count a licence that only resembles an approved one, at any score", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.boolean(), (score, osi) => {
        const file = { ...mit, exact: [], osi: false, nearest: [{ id: "MIT", osi, score }] };
        const one: Policy = { phase: "release", sealed: false };
        const all = everything(one).map((line) =>
          line.check === "licence" ? seen("licence", { files: [file], declared: [] }) : line,
        );
        expect(decide(all, one).kind).not.toBe("pass");
      }),
    );
  });
});

describe("explain", () => {
  const codes: FailCode[] = [
    "not_public",
    "identity_changed",
    "commit_not_reachable",
    "not_new",
    "license_missing",
    "license_not_allowed",
    "commitment_mismatch",
    "incomplete_source",
    "withdrawn_in_window",
  ];
  const reasons: HumanReason[] = [
    "license_ambiguous",
    "legal_block",
    "equivocation",
    "visibility_conflict",
    "outage_over_cap",
    "repo_too_large",
    "unsupported_object_format",
    "baseline_unavailable",
  ];
  it("has a plain sentence of its own for every verdict", () => {
    const verdicts: Verdict[] = [
      { kind: "pass" },
      ...codes.map((code) => ({ kind: "fail", code, curable: false }) as const),
      ...reasons.map((reason) => ({ kind: "needs_human", reason }) as const),
      ...faults.map((cause) => ({ kind: "inconclusive", cause, retryAfterMs: 300_000 }) as const),
    ];
    const sentences = verdicts.map(explain);
    expect(new Set(sentences).size).toBe(verdicts.length);
    for (const sentence of sentences) expect(sentence).toMatch(/^[A-Z][^!]+\.$/);
  });
});
