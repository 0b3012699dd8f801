import type { DisputeGround, Ruling } from "@freehold/contract";

export const grounds: Readonly<Record<DisputeGround, string>> = {
  does_not_match: "The code does not do what the preview did",
  preview_gone: "The preview or its documentation was taken away",
  not_buildable: "The code cannot be built or is not complete",
  licence: "It is not under an open licence",
};

export const rulings: Readonly<Record<Ruling, string>> = {
  dismiss: "Dismiss: the release stands and the developer is paid",
  refund: "Refund: everyone who pledged gets everything back",
};
