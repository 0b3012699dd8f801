import { z } from "zod";

/** The stages of a proposal, in the order of the story. */
export const stages = [
  "open",
  "in_development",
  "in_preview",
  "in_decision",
  "releasing",
  "in_verification",
  "settling",
  "refunding",
  "settled",
  "closed",
] as const;
export const stage = z.enum(stages).meta({ id: "Stage" });
export type Stage = z.infer<typeof stage>;

/** Every move of the story. `libs/journey/src/stage.ts` says which stage each one leaves and reaches. */
export const moves = [
  "propose",
  "close",
  "reserve",
  "give_up",
  "lapse",
  "open_preview",
  "close_preview",
  "close_empty",
  "close_for_outage",
  "decline",
  "stay_silent",
  "choose_release",
  "pass_release",
  "fail_release",
  "return_to_release",
  "authorise_settlement",
  "fail_verification",
  "rule_refund",
  "stop",
  "run_out_of_time",
  "finish_settlement",
  "finish_refund",
] as const;
export const move = z.enum(moves).meta({ id: "Move" });
export type Move = z.infer<typeof move>;

/** How one development ended. */
export const endings = [
  "given_up",
  "lapsed",
  "nothing_held",
  "declined",
  "silent",
  "release_failed",
  "ruled_refund",
  "stopped",
  "out_of_time",
  "preview_down",
  "settled",
] as const;
export const ending = z.enum(endings);
export type Ending = z.infer<typeof ending>;

/** Where one payment into the hold (a pledge) or straight to the developer (a donation) stands. */
export const paymentStates = [
  "opened",
  "held",
  "given",
  "failed",
  "expired",
  "refunding",
  "refunded",
  "settling",
  "paid",
  "charged_back",
] as const;
export const paymentState = z.enum(paymentStates).meta({ id: "PaymentState" });
export type PaymentState = z.infer<typeof paymentState>;

/** `pledge` returns the pledge without the service fee; `whole` returns both. */
export const refundKind = z.enum(["pledge", "whole"]);
export type RefundKind = z.infer<typeof refundKind>;

/** What a preview is: a hosted page, an API, a build to download (kept by us), or a recording, which cannot be tried. */
export const previewKinds = ["page", "api", "download", "recording"] as const;
export const previewKind = z.enum(previewKinds).meta({ id: "PreviewKind" });
export type PreviewKind = z.infer<typeof previewKind>;

export const forgeName = z.enum(["github", "tangled"]);
export const currency = z.enum(["USD"]);

export const closeReason = z.enum(["withdrawn", "merged", "exists_already", "removed"]);
export type CloseReason = z.infer<typeof closeReason>;

export const disputeGround = z.enum(["does_not_match", "preview_gone", "not_buildable", "licence"]);
export type DisputeGround = z.infer<typeof disputeGround>;

/** What staff may answer to a case today; `cure` comes later. */
export const ruling = z.enum(["dismiss", "refund"]);
export type Ruling = z.infer<typeof ruling>;
