import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { requiredChecks, type Evidence, type Policy } from "./checks/index.ts";
import type { Fault } from "./evidence.ts";
import { checkResults, decide, explain, type FailCode, type HumanReason, type Verdict } from "./index.ts";

const sha = "a".repeat(40);
const at = "2026-05-20T12:00:00.000Z";
const policies: Policy[] = (["release", "glance", "recheck", "final"] as const).flatMap((phase) => [
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

const hours = 3_600_000;
const copy = {
  bundle: { sha256: sha, bytes: 9 },
  revision: `swh:1:rev:${sha}`,
  directory: `swh:1:dir:${sha}`,
  kept: true,
};
const glance = { kind: "glance", since: at, wholeLook: "w", advertisementThen: "a", advertisement: "a" };
const window = { kind: "window", from: at, until: at, looks: 30, good: 29, unobservedMs: 0, movedMs: 0, gone: null };
const opened = {
  commitment: "ab",
  opened: true,
  sealedFiles: 1,
  differing: [],
  differingCount: 0,
  movedByOthers: false,
  unsealed: [],
  unsealedCount: 0,
  movedMeanwhile: 0,
};

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
      { ...newness, lines: { added: 3, unseen: 0 } },
      { ...newness, lines: { added: 100, unseen: 2 } },
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
    good: [opened, { ...opened, movedMeanwhile: 3 }],
    bad: [
      { ...opened, opened: false },
      { ...opened, differing: ["a"], differingCount: 1 },
      { ...opened, differing: ["a"], differingCount: 1, movedByOthers: true },
      { ...opened, unsealed: ["b"], unsealedCount: 1 },
    ],
  },
  preserved: {
    good: [copy],
    bad: [{ ...copy, kept: false }],
  },
  held: {
    good: [window, glance, { ...window, unobservedMs: 80 * hours, movedMs: 8 * hours }],
    bad: [
      { ...glance, advertisement: "b" },
      { ...window, gone: { code: "withdrawn_in_window", since: at } },
      { ...window, unobservedMs: 80 * hours },
    ],
  },
  final: {
    good: [{ branch: "main", copied: sha, now: sha, served: true }],
    bad: [
      { branch: "main", copied: sha, now: null, served: true },
      { branch: "main", copied: sha, now: "b".repeat(40), served: true },
      { branch: "main", copied: sha, now: sha, served: false },
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

describe("a person's finding", () => {
  const finding = (reason: string, accepted: boolean) => ({ reason, accepted, note: "It was read.", at });
  const ambiguous = seen("licence", {
    files: [{ ...mit, exact: [], osi: false, nearest: [{ id: "MIT", osi: true, score: 0.9999 }] }],
    declared: [],
  });
  const release: Policy = { phase: "release", sealed: false };
  const withAmbiguous = everything(release).map((line) => (line.check === "licence" ? ambiguous : line));

  it("answers its own question, the last word counts, and a refusal is a failure", () => {
    expect(decide(withAmbiguous, release)).toEqual({ kind: "needs_human", reason: "license_ambiguous" });
    const yes = finding("license_ambiguous", true);
    const no = finding("license_ambiguous", false);
    expect(decide(withAmbiguous, { ...release, findings: [yes] })).toEqual({ kind: "pass" });
    expect(decide(withAmbiguous, { ...release, findings: [yes, no] })).toMatchObject({ code: "license_not_allowed" });
    expect(decide(withAmbiguous, { ...release, findings: [finding("seal_conflict", true)] }).kind).toBe("needs_human");
  });

  it("never turns a failure or an open question into anything else, and nothing it says replaces an observation", () => {
    const all = [
      "license_ambiguous",
      "legal_block",
      "equivocation",
      "repo_too_large",
      "copy_unavailable",
      "not_public",
    ];
    const findings = all.map((reason) => finding(reason, true));
    fc.assert(
      fc.property(policy, fc.array(fc.oneof(good, bad), { maxLength: 12 }), (one, lines) => {
        const without = decide(lines, one);
        const kind = decide(lines, { ...one, findings }).kind;
        if (without.kind !== "needs_human" || without.reason !== "license_ambiguous") expect(kind).toBe(without.kind);
      }),
    );
  });
});

describe("when", () => {
  it("the next look is due by the clock of the observations, at the latest of what the servers asked for", () => {
    const one: Policy = { phase: "release", sealed: false };
    const slow = seen("public-now", {
      forgeSays: "public",
      cloneUrl: "",
      fault: "rate_limited",
      retryAfterMs: 600_000,
    });
    const quick = seen("identity", { slug: "", pinned: "7", inItsPlace: null, fault: "timeout" });
    expect(decide([slow, quick], one)).toEqual({
      kind: "inconclusive",
      cause: "timeout",
      retryAt: new Date(Date.parse(at) + 600_000).toISOString(),
    });
  });

  it("a failure may be cured is part of the verdict: the policy's time, 72 hours without one, never for another repository", () => {
    const gone = seen("reachable", { ...followed, onBranch: false });
    const hour = { phase: "release", sealed: false, cureMs: hours } as const;
    expect(decide([gone], hour)).toMatchObject({ cure: { until: "2026-05-20T13:00:00.000Z" } });
    expect(decide([gone], { phase: "release", sealed: false })).toMatchObject({
      cure: { until: "2026-05-23T12:00:00.000Z" },
    });
    const other = seen("identity", { ...identity, observed: "8" });
    expect(decide([other], hour)).toEqual({ kind: "fail", code: "identity_changed", cure: null });
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
    "copy_unavailable",
    "newness_unclear",
    "seal_conflict",
    "beyond_seal",
  ];
  it("has a plain sentence of its own for every verdict", () => {
    const verdicts: Verdict[] = [
      { kind: "pass" },
      ...codes.map((code) => ({ kind: "fail", code, cure: null }) as const),
      ...reasons.map((reason) => ({ kind: "needs_human", reason }) as const),
      ...faults.map((cause) => ({ kind: "inconclusive", cause, retryAt: at }) as const),
    ];
    const sentences = verdicts.map(explain);
    expect(new Set(sentences).size).toBe(verdicts.length);
    for (const sentence of sentences) expect(sentence).toMatch(/^[A-Z][^!]+\.$/);
  });
});
