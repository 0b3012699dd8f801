import { z } from "zod";
import { id, instant, moneyView, personView } from "../values.ts";
import { closeReason, ending, forgeName, move, previewKind, stage } from "../words.ts";
import { keptFile, uptimeView } from "./preview.ts";
import { lookView, watchView } from "./verification.ts";
import { estimateSummary } from "./proposal.ts";

export const historyRow = z
  .object({
    at: instant,
    move,
    from: stage.nullable(),
    to: stage,
    who: z.string(),
    why: z.string().nullable(),
  })
  .meta({ id: "HistoryRow" });

const verificationCheck = z.object({ name: z.string(), outcome: z.string(), sentence: z.string() });

export const releaseView = z
  .object({
    id,
    attempt: z.number().int(),
    branch: z.string(),
    commit: z.string(),
    submittedAt: instant,
    state: z.enum(["submitted", "passed", "failed", "needs_human"]),
    /** Why it was not accepted, as a code and a sentence. */
    failure: z.object({ code: z.string(), sentence: z.string() }).nullable(),
    licence: z.string().nullable(),
    checks: z.array(verificationCheck),
    checkedAt: instant.nullable(),
    window: z.object({ from: instant, until: instant }).nullable(),
    watch: watchView.nullable(),
    /** The last few looks; the release's own page has them all. */
    looks: z.array(lookView),
    confirmations: z.number().int(),
    disputes: z.number().int(),
  })
  .meta({ id: "Release" });
export type ReleaseView = z.infer<typeof releaseView>;

export const developmentView = z
  .object({
    id,
    developer: personView,
    startedAt: instant,
    expectedPreviewAt: instant,
    reservedUntil: instant,
    goal: moneyView.nullable(),
    destination: z.object({
      kind: z.enum(["own", "project"]),
      forge: forgeName,
      slug: z.string(),
      webUrl: z.url(),
      cloneUrl: z.string(),
      branch: z.string().nullable(),
    }),
    baselineTakenAt: instant.nullable(),
    /** What was public then on the branch of the release, which a seal is made against; null if nothing was. */
    baselineCommit: z.string().nullable(),
    payees: z.array(z.object({ person: personView, basisPoints: z.number().int(), reason: z.string() })),
    payable: z.boolean(),
    donated: moneyView,
    donors: z.number().int(),
    preview: z
      .object({
        id,
        kind: previewKind,
        url: z.url(),
        /** The build that we keep; null for every other kind, and until it is fetched. */
        kept: keptFile.nullable(),
        howToReach: z.string(),
        points: z.array(z.string()),
        openedAt: instant,
        closesAt: instant,
        windowDays: z.number().int(),
        sealed: z.boolean(),
        /** How far outages have moved its end, milliseconds. */
        movedMs: z.number().int(),
        /** While it is watched; null afterwards. */
        uptime: uptimeView.nullable(),
      })
      .nullable(),
    held: moneyView,
    backers: z.number().int(),
    /** What a release would mean for what is held now. */
    ifReleased: z.object({ platformFee: moneyView, toPayees: moneyView }),
    /** Backers of a settled feature who asked to be named. */
    namedBackers: z.array(z.string()),
    /** By then every pledge has bought the code or is on its way back. */
    latestDay: instant.nullable(),
    decisionBy: instant.nullable(),
    releaseBy: instant.nullable(),
    decision: z
      .object({ kind: z.enum(["decline", "release", "silence"]), note: z.string().nullable(), at: instant })
      .nullable(),
    releases: z.array(releaseView),
    /** In verification: when the final check is made, or made again before the payment. */
    finalCheckAt: instant.nullable(),
    endedAt: instant.nullable(),
    ending: ending.nullable(),
    /** 50 of 100 paid, so that nobody reads "paid" too early. */
    settlement: z
      .object({
        kind: z.enum(["payout", "refund"]),
        reason: z.string(),
        authorisedAt: instant,
        items: z.number().int(),
        done: z.number().int(),
        paid: moneyView,
        refunded: moneyView,
        platformFee: moneyView,
      })
      .nullable(),
    case: z
      .object({
        id,
        openedAt: instant,
        blocking: z.boolean(),
        state: z.enum(["open", "ruled"]),
        ruling: z.string().nullable(),
        reasons: z.string().nullable(),
        ruledAt: instant.nullable(),
        takesEffectAt: instant.nullable(),
      })
      .nullable(),
  })
  .meta({ id: "Development" });
export type DevelopmentView = z.infer<typeof developmentView>;

/** The one thing this visitor can do next, and everything else they may do. Each has a page of its own. */
export const actions = [
  "sign_in",
  "estimate",
  "reserve",
  "withdraw",
  "set_up_payee",
  "donate",
  "open_preview",
  "give_up",
  "pledge",
  "take_back",
  "decline",
  "choose_release",
  "submit_release",
  "confirm",
  "dispute",
  "rule",
  "stop",
  "nothing",
] as const;
export const action = z.enum(actions).meta({ id: "Action" });
export type Action = z.infer<typeof action>;

export const proposalView = z
  .object({
    id,
    title: z.string(),
    body: z.string(),
    points: z.array(z.string()),
    revision: z.number().int(),
    project: z.object({ slug: z.string(), name: z.string(), claimed: z.boolean() }),
    proposer: personView,
    proposedAt: instant,
    stage,
    stageSince: instant,
    closed: z.object({ reason: closeReason, note: z.string() }).nullable(),
    estimates: estimateSummary,
    development: developmentView.nullable(),
    earlier: z.array(z.object({ developer: personView, ending: ending.nullable(), endedAt: instant.nullable() })),
    history: z.array(historyRow),
    /** About the visitor; null signed out. */
    you: z
      .object({
        estimate: moneyView.nullable(),
        estimateCap: moneyView,
        donated: moneyView,
        pledges: z.array(z.object({ id, amount: moneyView, state: z.string(), canTakeBack: z.boolean() })),
        isDeveloper: z.boolean(),
        isProposer: z.boolean(),
        isStaff: z.boolean(),
        hasStake: z.boolean(),
        confirmed: z.boolean(),
        disputed: z.boolean(),
        /** For the developer: where the forge can tell us of a push, and the secret for it. */
        webhook: z.object({ url: z.url(), secret: z.string() }).nullable(),
      })
      .nullable(),
    next: action,
    may: z.array(action),
    /** Who acts now and by when, for the sentence under the stage line. */
    actor: z.enum(["anyone", "developer", "backers", "verifier", "staff", "worker", "nobody"]),
    by: instant.nullable(),
  })
  .meta({ id: "Proposal" });
export type ProposalView = z.infer<typeof proposalView>;
