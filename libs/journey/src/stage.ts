import { type Move, refusal, type Stage } from "@freehold/contract";

/**
 * The story:
 *
 *   open → in_development → in_preview → in_decision → releasing → in_verification → settling → settled
 *
 * From in_preview on every other way leads through `refunding` back to `open`: everyone gets their money back, and the
 * estimates stay. Stages gate money and estimates only; reading and discussion are always open.
 */
export type Actor = "anyone" | "proposer" | "developer" | "clock" | "verifier" | "staff" | "worker";

export interface MoveRule {
  from: readonly Stage[];
  to: Stage;
  who: readonly Actor[];
  /** Who, what, when: read by the page that explains how it works. */
  sentence: string;
}

const held = ["in_preview", "in_decision", "releasing", "in_verification"] as const;

/** Every move there is. What is not here cannot happen. */
export const moveRules: Readonly<Record<Move, MoveRule>> = {
  propose: { from: [], to: "open", who: ["anyone"], sentence: "Anyone proposes a feature (003-10)." },
  close: {
    from: ["open"],
    to: "closed",
    who: ["proposer", "staff"],
    sentence: "It is withdrawn while nobody else has estimated, or closed by staff with a public reason.",
  },
  reserve: {
    from: ["open"],
    to: "in_development",
    who: ["developer"],
    sentence:
      "A developer reserves it and says when the preview is expected and where the code will be released (003-15).",
  },
  give_up: {
    from: ["in_development"],
    to: "open",
    who: ["developer"],
    sentence: "The developer gives it up; the estimates stay.",
  },
  lapse: {
    from: ["in_development"],
    to: "open",
    who: ["clock"],
    sentence: "The reservation lapses without a preview; the estimates stay.",
  },
  open_preview: {
    from: ["in_development"],
    to: "in_preview",
    who: ["developer"],
    sentence:
      "The developer opens a public preview: where, how to reach it, what it should do, for how long (003-23, 003-25).",
  },
  close_preview: {
    from: ["in_preview"],
    to: "in_decision",
    who: ["clock"],
    sentence: "The preview closes; pledges are no longer taken or taken back.",
  },
  close_empty: {
    from: ["in_preview"],
    to: "open",
    who: ["clock"],
    sentence: "The preview closes and nobody has pledged.",
  },
  close_for_outage: {
    from: ["in_preview"],
    to: "refunding",
    who: ["clock"],
    sentence:
      "The preview was down for longer than its end may move: it closes, and everything goes back, the service fee as well (003-43).",
  },
  decline: {
    from: held,
    to: "refunding",
    who: ["developer"],
    sentence: "The developer says that it was not enough and receives nothing; all pledges go back (003-31).",
  },
  stay_silent: {
    from: ["in_decision"],
    to: "refunding",
    who: ["clock"],
    sentence: "Seven days pass without a word from the developer; all pledges go back.",
  },
  choose_release: {
    from: ["in_decision"],
    to: "releasing",
    who: ["developer"],
    sentence: "The developer decides to release the code (003-32).",
  },
  pass_release: {
    from: ["releasing"],
    to: "in_verification",
    who: ["verifier"],
    sentence:
      "The released code passes the checks: public, new, on the pinned branch, under an open licence (003-33, 003-38).",
  },
  fail_release: {
    from: ["releasing"],
    to: "refunding",
    who: ["verifier", "clock"],
    sentence: "No release passes the checks in time, the cure included; everything goes back.",
  },
  return_to_release: {
    from: ["in_verification"],
    to: "releasing",
    who: ["staff"],
    sentence: "A ruling gives the developer time to cure the release, once.",
  },
  authorise_settlement: {
    from: ["in_verification"],
    to: "settling",
    who: ["verifier", "clock"],
    sentence:
      "The window has ended, a final fresh check passes and no case blocks it: the money goes to the developer (003-44).",
  },
  fail_verification: {
    from: ["in_verification"],
    to: "refunding",
    who: ["verifier"],
    sentence: "The final check fails and is not cured; everything goes back.",
  },
  rule_refund: {
    from: ["in_verification"],
    to: "refunding",
    who: ["staff"],
    sentence: "A case is ruled for the backers; everything goes back (003-42).",
  },
  stop: {
    from: ["in_development", ...held],
    to: "refunding",
    who: ["staff"],
    sentence: "Staff stop the development with a public reason; everything goes back.",
  },
  run_out_of_time: {
    from: held,
    to: "refunding",
    who: ["clock"],
    sentence: "The latest day comes and nothing has passed the final check; everything goes back.",
  },
  finish_settlement: {
    from: ["settling"],
    to: "settled",
    who: ["worker"],
    sentence: "Every payout is confirmed: the feature is everyone's.",
  },
  finish_refund: {
    from: ["refunding", "settling"],
    to: "open",
    who: ["worker"],
    sentence: "Every refund is confirmed; the proposal is open again.",
  },
};

/** What each stage means, and what backers can do in it. */
export const stageSentences: Readonly<Record<Stage, { sentence: string; backersMay: string }>> = {
  open: {
    sentence: "A wish: people say what it would be worth to them.",
    backersMay: "propose, and estimate what they would pay",
  },
  in_development: { sentence: "A developer is building it.", backersMay: "estimate, and donate to the developer" },
  in_preview: { sentence: "It can be tried.", backersMay: "pledge, and take a pledge back" },
  in_decision: { sentence: "The developer decides.", backersMay: "read" },
  releasing: { sentence: "The developer makes the code public; it is being checked.", backersMay: "read" },
  in_verification: {
    sentence: "The code is public; backers compare it with what they tried.",
    backersMay: "copy the code, say it is as they tried it, or dispute",
  },
  settling: { sentence: "The money is on its way to the developer.", backersMay: "read" },
  refunding: { sentence: "The money is on its way back.", backersMay: "read" },
  settled: { sentence: "The feature is free.", backersMay: "use it; it is theirs too" },
  closed: { sentence: "It was closed, with a reason.", backersMay: "read" },
};

/** The stage a move leads to. Refuses wrong_stage when the move cannot be made from here. */
export function nextStage(from: Stage | null, move: Move): Stage {
  const rule = moveRules[move];
  const allowed = from === null ? rule.from.length === 0 : rule.from.includes(from);
  if (!allowed) {
    const when = rule.from.length === 0 ? "only at the beginning" : `only from: ${rule.from.join(", ")}`;
    throw refusal(
      "wrong_stage",
      `This is not possible now. It stands at “${from ?? "nothing"}”; this can happen ${when}.`,
      {
        stage: from,
        move,
      },
    );
  }
  return rule.to;
}

/** Stages in which estimates may be made, changed and withdrawn. */
export const estimateStages: readonly Stage[] = ["open", "in_development"];

/** Refuses wrong_stage unless the proposal stands at one of the stages. */
export function requireStage(stage: Stage, allowed: readonly Stage[], doing: string): void {
  if (allowed.includes(stage)) return;
  throw refusal(
    "wrong_stage",
    `${doing} is possible only at the stage ${allowed.join(" or ")}; this stands at ${stage}.`,
    {
      stage,
      allowed,
    },
  );
}
