import type { DevelopmentView, ProposalView, Stage } from "@freehold/contract";

/** The six stops of the rail, in order. */
export const stops = ["wish", "building", "try it", "decision", "proof", "free"] as const;
export type StopName = (typeof stops)[number];

export interface Stop {
  name: StopName;
  state: "past" | "now" | "ahead";
  /** Whether the stretch after this stop is the hold: money is kept there. */
  hold: boolean;
  /** "until 14 May" is `{ label: "until", at }`. */
  when: { label: string; at: string } | null;
}

export interface StageLineModel {
  stops: Stop[];
  /** Set while a refund bends the rail back: how many stops it goes back to reach *wish*. */
  bendsBack: number;
}

const stopOfStage: Readonly<Record<Stage, number>> = {
  open: 0,
  closed: 0,
  in_development: 1,
  in_preview: 2,
  in_decision: 3,
  releasing: 4,
  in_verification: 4,
  settling: 4,
  refunding: 4,
  settled: 5,
};

/** The rail of a row in a list, where only the stage is known. */
export function railOf(stage: Stage): StageLineModel {
  return build(stage === "refunding" ? 2 : stopOfStage[stage], stage === "refunding", () => null);
}

/** The full rail of one proposal: each stop with the date that the story has for it, past or promised. */
export function stageLineOf(
  proposal: Pick<ProposalView, "stage" | "proposedAt" | "stageSince" | "development">,
): StageLineModel {
  const { stage, development } = proposal;
  const refunding = stage === "refunding";
  const now = refunding ? furthestOf(development) : stopOfStage[stage];
  return build(now, refunding, (index, state) => whenOf(proposal, index, state));
}

function build(
  now: number,
  refunding: boolean,
  when: (index: number, state: Stop["state"]) => Stop["when"],
): StageLineModel {
  return {
    bendsBack: refunding ? now : 0,
    stops: stops.map((name, index) => {
      const state = index < now ? "past" : index === now ? "now" : "ahead";
      return { name, state, hold: index >= 2 && index < 5, when: when(index, state) };
    }),
  };
}

/** How far a development came that is being refunded. */
function furthestOf(development: DevelopmentView | null): number {
  if (!development) return 2;
  if (development.releases.length > 0) return 4;
  return development.decision ? 3 : 2;
}

function whenOf(
  proposal: Pick<ProposalView, "stage" | "proposedAt" | "stageSince" | "development">,
  index: number,
  state: Stop["state"],
): Stop["when"] {
  const { development, stage } = proposal;
  const say = (label: string, at: string | null | undefined) => (at ? { label, at } : null);
  if (index === 0) return say("", proposal.proposedAt);
  if (!development) return null;
  const preview = development.preview;
  const release = development.releases.at(-1);
  switch (stops[index]) {
    case "building":
      return say("", development.startedAt);
    case "try it":
      if (state === "now" && stage !== "refunding") return say("until", preview?.closesAt);
      return preview ? say("", preview.openedAt) : say("about", development.expectedPreviewAt);
    case "decision":
      return development.decision
        ? say("", development.decision.at)
        : state === "past"
          ? null
          : (say("by", development.decisionBy) ?? say("from", preview?.closesAt));
    case "proof":
      if (stage === "releasing") return say("code by", development.releaseBy);
      if (release?.window)
        return say(state === "now" && stage === "in_verification" ? "until" : "", release.window.until);
      return null;
    case "free":
      return state === "now" ? say("since", proposal.stageSince) : null;
    default:
      return null;
  }
}
