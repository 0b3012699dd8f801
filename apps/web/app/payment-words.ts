import type { PaymentState } from "@freehold/contract";

const pledgeStates: Readonly<Record<PaymentState, string>> = {
  opened: "not paid yet",
  held: "held",
  given: "given",
  failed: "the payment failed",
  expired: "not paid in time",
  refunding: "on its way back",
  refunded: "returned",
  settling: "being paid out",
  paid: "paid to the developer",
  charged_back: "taken back by your bank",
};

/** Where a payment stands, for the person who made it. */
export const paymentWord = (kind: "pledge" | "donation", state: PaymentState): string =>
  kind === "donation" && (state === "paid" || state === "given") ? "given to the developer" : pledgeStates[state];
