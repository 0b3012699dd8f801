import { z } from "zod";
import { id, instant, personView } from "../values.ts";
import { forgeName, stage } from "../words.ts";

/** One check of the last whole look: its answer, and what that does and does not mean. */
const checkView = z.object({
  name: z.string(),
  title: z.string(),
  outcome: z.enum(["ok", "fail", "inconclusive", "needs_human", "not_run"]),
  sentence: z.string(),
  doesNotProve: z.string(),
});

/** One look at a release, as a line for people. */
export const lookView = z.object({
  id,
  at: instant,
  phase: z.enum(["release", "glance", "recheck", "final"]),
  outcome: z.enum(["pass", "fail", "inconclusive", "needs_human"]),
  sentence: z.string(),
});
export type LookView = z.infer<typeof lookView>;

/** How the watch over a release stands. */
export const watchView = z.object({
  opensAt: instant,
  endsAt: instant,
  endedAt: instant.nullable(),
  /** How far outages have moved the end, milliseconds. */
  movedMs: z.number().int(),
  restarted: z.boolean(),
  lastGoodAt: instant.nullable(),
  nextLookAt: instant.nullable(),
  /** Why nobody would be paid now, since when, and until when it can be made good. */
  suspended: z.object({ since: instant, sentence: z.string(), cureUntil: instant.nullable() }).nullable(),
});

export const releasePage = z
  .object({
    id,
    proposal: z.object({ id, title: z.string(), stage }),
    developer: personView,
    repository: z.object({ forge: forgeName, slug: z.string(), webUrl: z.url(), cloneUrl: z.string() }),
    destination: z.enum(["own", "project"]),
    branch: z.string(),
    commit: z.string(),
    attempt: z.number().int(),
    state: z.enum(["submitted", "passed", "failed", "needs_human"]),
    failure: z.object({ code: z.string(), sentence: z.string() }).nullable(),
    sealed: z.boolean(),
    submittedAt: instant,
    licence: z.string().nullable(),
    checks: z.array(checkView),
    checkedAt: instant.nullable(),
    /** The end of the chain of reports: evidence that ends elsewhere has been shortened. */
    newestLink: z.string().nullable(),
    watch: watchView.nullable(),
    looks: z.array(lookView),
    /** The place from which older looks go on. */
    olderLooks: z.string().nullable(),
    findings: z.array(z.object({ reason: z.string(), accepted: z.boolean(), note: z.string(), at: instant })),
    /** The copy of the code that anybody may take (003-39), with Software Heritage's names for it. */
    copy: z
      .object({
        bytes: z.number().int(),
        sha256: z.string(),
        revision: z.string(),
        directory: z.string(),
        /** The name of the file as it is downloaded. */
        name: z.string(),
      })
      .nullable(),
  })
  .meta({ id: "ReleasePage" });
export type ReleasePage = z.infer<typeof releasePage>;
