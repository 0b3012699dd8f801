import type { Action, EstimateSummary, ProposalView, Stage } from "@freehold/contract";
import { estimateStages } from "../stage.ts";

type Development = ProposalView["development"];
type You = ProposalView["you"];

interface Situation {
  stage: Stage;
  development: Development;
  you: You;
  now: Date;
  estimates: EstimateSummary;
}

/** What a visitor may do, most fitting first; the first is the one thing the page offers. */
export function actionsFor(situation: Situation): { next: Action; may: Action[] } {
  const { you, stage } = situation;
  if (you === null) return { next: stage === "settled" || stage === "closed" ? "nothing" : "sign_in", may: [] };
  const may = you.isDeveloper ? developerActions(situation) : visitorActions(situation, you);
  if (you.isStaff && !you.hasStake) may.push(...staffActions(situation));
  return { next: may[0] ?? "nothing", may };
}

function developerActions({ stage, development }: Situation): Action[] {
  switch (stage) {
    case "in_development":
      return [...((development?.payable === true ? ["open_preview"] : ["set_up_payee"]) as Action[]), "give_up"];
    case "in_preview":
      return ["decline"];
    case "in_decision":
      return ["choose_release", "decline"];
    case "releasing":
      return development?.releases.some(
        (release) => release.state === "submitted" || release.state === "needs_human",
      ) === true
        ? ["decline"]
        : ["submit_release", "decline"];
    case "in_verification":
      return ["decline"];
    default:
      return [];
  }
}

function visitorActions(situation: Situation, you: NonNullable<You>): Action[] {
  const { stage, development, now, estimates } = situation;
  const may: Action[] = [];
  const holds = you.pledges.some((pledge) => pledge.state === "held");
  if (stage === "in_preview" && development?.preview != null && now < new Date(development.preview.closesAt))
    may.push("pledge");
  if (you.pledges.some((pledge) => pledge.canTakeBack)) may.push("take_back");
  if (stage === "in_verification" && holds && now < new Date(development?.releases.at(-1)?.window?.until ?? 0)) {
    if (!you.confirmed && !you.disputed) may.push("confirm");
    if (!you.disputed) may.push("dispute");
  }
  if (estimateStages.includes(stage)) may.push("estimate");
  if (stage === "in_development" && development?.payable === true) may.push("donate");
  if (stage === "open") may.push("reserve");
  const othersEstimated = estimates.established.people + estimates.others.people - (you.estimate === null ? 0 : 1) > 0;
  if (stage === "open" && you.isProposer && !othersEstimated) may.push("withdraw");
  return may;
}

function staffActions({ stage, development }: Situation): Action[] {
  const may: Action[] = [];
  if (development?.case?.state === "open") may.push("rule");
  if (["in_development", "in_preview", "in_decision", "releasing", "in_verification"].includes(stage)) may.push("stop");
  return may;
}

/** Who acts now and by when, for the sentence under the stage line. */
export function whoActs(stage: Stage, development: Development): Pick<ProposalView, "actor" | "by"> {
  switch (stage) {
    case "open":
      return { actor: "anyone", by: null };
    case "in_development":
      return { actor: "developer", by: development?.expectedPreviewAt ?? null };
    case "in_preview":
      return { actor: "backers", by: development?.preview?.closesAt ?? null };
    case "in_decision":
      return { actor: "developer", by: development?.decisionBy ?? null };
    case "releasing":
      return development?.releases.at(-1)?.state === "submitted"
        ? { actor: "verifier", by: null }
        : { actor: "developer", by: development?.releaseBy ?? null };
    case "in_verification":
      return development?.case?.state === "open" && development.case.blocking
        ? { actor: "staff", by: null }
        : { actor: "backers", by: development?.releases.at(-1)?.window?.until ?? null };
    case "settling":
    case "refunding":
      return { actor: "worker", by: development?.latestDay ?? null };
    case "settled":
    case "closed":
      return { actor: "nobody", by: null };
  }
}
