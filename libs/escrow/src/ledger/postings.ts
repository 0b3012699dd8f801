import type { Currency } from "@freehold/values";

/**
 * The recipes: one function for each event that moves money. Debits are positive, credits negative, minor units.
 * P is the pledge, s the service fee, f the processor's fee, L one payee's share, p the platform fee, D a donation.
 *
 * | event | debit | credit |
 * | --- | --- | --- |
 * | charge | psp_clearing P+s | holding P, service_fee s |
 * | card fee known | stripe_fee f | psp_clearing f |
 * | refund planned (pledge) | holding h | refund_payable h |
 * | refund planned (whole) | holding h, service_fee s | refund_payable h+s |
 * | charge that should not be | psp_clearing C | refund_payable C |
 * | refund confirmed | refund_payable r | psp_clearing r |
 * | refund failed later | psp_clearing r | refund_owed r |
 * | owed refund returned by other means | refund_owed r | own_funds r |
 * | refund made at the processor, not by us | holding h, then service_fee s, then refund_loss the rest | psp_clearing r |
 * | settlement authorised | holding h | payee L each, platform_fee p |
 * | settlement stopped before it went out | payee L each, platform_fee p | holding h |
 * | payee cannot be paid by the latest day | payee L, platform_fee p of that share | refund_payable L+p |
 * | kept back for what the payee owes us | payee n | receivable n |
 * | transfer confirmed | payee L | psp_clearing L |
 * | transfer reversed, not by us | psp_clearing v | payee v |
 * | payee owes after a finding of fraud | receivable L | dispute_loss L |
 * | reversal of a transfer confirmed | psp_clearing v | receivable v |
 * | donation | psp_clearing D+s, then donation_payable D | donation_payable D, service_fee s, then psp_clearing D |
 * | chargeback, before or after payout | holding h, refund_payable q, dispute_loss the rest, dispute_fee x | psp_clearing d+x |
 * | chargeback won | psp_clearing d+x | the exact mirror |
 * | chargeback instead of our refund | refund_payable q | dispute_loss q |
 * | own funds topped up | psp_clearing t | own_funds t |
 * | withdrawal planned | own_funds w | withdrawal_payable w |
 * | withdrawal confirmed | withdrawal_payable w | psp_clearing w |
 * | withdrawal came back | psp_clearing w, or withdrawal_payable w | own_funds w |
 * | payout at the processor that we did not plan | own_funds w | psp_clearing w |
 * | unknown movement, classified by a person | the account named n | psp_clearing n |
 *
 * h is what of the pledge is still held, q what is on its way back, d what the bank takes, x its fee.
 */
export interface Leg {
  purpose: AccountPurpose;
  ownerType: "platform" | "development" | "party";
  ownerId: string | null;
  amount: bigint;
  currency: Currency;
}

export const platformPurposes = [
  "psp_clearing",
  "platform_fee",
  "service_fee",
  "stripe_fee",
  "dispute_loss",
  "dispute_fee",
  "refund_loss",
  "own_funds",
] as const;
/** What we owe to others. Together never more than what lies at the processor. */
export const liabilityPurposes = [
  "holding",
  "refund_payable",
  "refund_owed",
  "payee",
  "donation_payable",
  "withdrawal_payable",
] as const;
export type PlatformPurpose = (typeof platformPurposes)[number];
/** What others owe to us: a claim, never counted as money at the processor. */
export type AccountPurpose = PlatformPurpose | (typeof liabilityPurposes)[number] | "receivable";

interface Sums {
  developmentId: string;
  currency: Currency;
  amount: bigint;
  serviceFee: bigint;
}

const platform = (purpose: PlatformPurpose | "withdrawal_payable", amount: bigint, currency: Currency): Leg => ({
  purpose,
  ownerType: "platform",
  ownerId: null,
  amount,
  currency,
});
const ofDevelopment = (purpose: AccountPurpose, id: string, amount: bigint, currency: Currency): Leg => ({
  purpose,
  ownerType: "development",
  ownerId: id,
  amount,
  currency,
});
const ofParty = (purpose: "payee" | "receivable", id: string, amount: bigint, currency: Currency): Leg => ({
  purpose,
  ownerType: "party",
  ownerId: id,
  amount,
  currency,
});

export const charged = (p: Sums): Leg[] => [
  platform("psp_clearing", p.amount + p.serviceFee, p.currency),
  ofDevelopment("holding", p.developmentId, -p.amount, p.currency),
  platform("service_fee", -p.serviceFee, p.currency),
];

/** What was charged though nothing should have been, or another sum than agreed: all of it is owed back. */
export const chargedWrongly = (developmentId: string, amount: bigint, currency: Currency): Leg[] => [
  platform("psp_clearing", amount, currency),
  ofDevelopment("refund_payable", developmentId, -amount, currency),
];

export const feeTaken = (fee: bigint, currency: Currency): Leg[] => [
  platform("stripe_fee", fee, currency),
  platform("psp_clearing", -fee, currency),
];

/** Where a refund's money comes from. */
export interface RefundParts {
  fromHold: bigint;
  serviceFee: bigint;
  /** From neither: our loss, or (with legs of its own) a charge that should not have been. */
  other: bigint;
}

const refundSources = (developmentId: string, parts: RefundParts, currency: Currency): Leg[] => [
  ofDevelopment("holding", developmentId, parts.fromHold, currency),
  platform("service_fee", parts.serviceFee, currency),
  platform("refund_loss", parts.other, currency),
];

export const refundPlanned = (developmentId: string, parts: RefundParts, currency: Currency): Leg[] => [
  ...refundSources(developmentId, parts, currency),
  ofDevelopment("refund_payable", developmentId, -(parts.fromHold + parts.serviceFee + parts.other), currency),
];

/** @param fromRefund what of it a refund of ours was about to return anyway */
export const refundedOutside = (
  developmentId: string,
  parts: RefundParts,
  fromRefund: bigint,
  currency: Currency,
): Leg[] => [
  ...refundSources(developmentId, parts, currency),
  ofDevelopment("refund_payable", developmentId, fromRefund, currency),
  platform("psp_clearing", -(parts.fromHold + parts.serviceFee + parts.other + fromRefund), currency),
];

export const refundConfirmed = (developmentId: string, amount: bigint, currency: Currency): Leg[] => [
  ofDevelopment("refund_payable", developmentId, amount, currency),
  platform("psp_clearing", -amount, currency),
];

export const refundFailed = (developmentId: string, amount: bigint, currency: Currency): Leg[] => [
  platform("psp_clearing", amount, currency),
  ofDevelopment("refund_owed", developmentId, -amount, currency),
];

export const refundRepaid = (developmentId: string, amount: bigint, currency: Currency): Leg[] => [
  ofDevelopment("refund_owed", developmentId, amount, currency),
  platform("own_funds", -amount, currency),
];

export interface Share {
  payeeId: string;
  amount: bigint;
}

export const settlementAuthorised = (
  developmentId: string,
  held: bigint,
  shares: readonly Share[],
  platformFee: bigint,
  currency: Currency,
): Leg[] => [
  ofDevelopment("holding", developmentId, held, currency),
  ...shares.map((share) => ofParty("payee", share.payeeId, -share.amount, currency)),
  platform("platform_fee", -platformFee, currency),
];

export const mirrored = (legs: readonly Leg[]): Leg[] => legs.map((leg) => ({ ...leg, amount: -leg.amount }));

export const shareGivenBack = (developmentId: string, share: Share, platformFee: bigint, currency: Currency): Leg[] => [
  ofParty("payee", share.payeeId, share.amount, currency),
  platform("platform_fee", platformFee, currency),
  ofDevelopment("refund_payable", developmentId, -(share.amount + platformFee), currency),
];

export const keptBack = (payeeId: string, amount: bigint, currency: Currency): Leg[] => [
  ofParty("payee", payeeId, amount, currency),
  ofParty("receivable", payeeId, -amount, currency),
];

export const transferConfirmed = (payeeId: string, amount: bigint, currency: Currency): Leg[] => [
  ofParty("payee", payeeId, amount, currency),
  platform("psp_clearing", -amount, currency),
];

export const transferReversedOutside = (payeeId: string, amount: bigint, currency: Currency): Leg[] => [
  platform("psp_clearing", amount, currency),
  ofParty("payee", payeeId, -amount, currency),
];

export const owedAfterFinding = (payeeId: string, amount: bigint, currency: Currency): Leg[] => [
  ofParty("receivable", payeeId, amount, currency),
  platform("dispute_loss", -amount, currency),
];

export const reversalConfirmed = (payeeId: string, amount: bigint, currency: Currency): Leg[] => [
  platform("psp_clearing", amount, currency),
  ofParty("receivable", payeeId, -amount, currency),
];

export const donationCharged = (p: Sums): Leg[] => [
  platform("psp_clearing", p.amount + p.serviceFee, p.currency),
  ofDevelopment("donation_payable", p.developmentId, -p.amount, p.currency),
  platform("service_fee", -p.serviceFee, p.currency),
];

export const donationPassedOn = (p: Sums): Leg[] => [
  ofDevelopment("donation_payable", p.developmentId, p.amount, p.currency),
  platform("psp_clearing", -p.amount, p.currency),
];

/** What the bank took, by where it came from; negative numbers are what it gave back. */
export interface ChargebackParts {
  fromHold: bigint;
  fromRefund: bigint;
  loss: bigint;
  fee: bigint;
}

export const chargedBack = (developmentId: string, parts: ChargebackParts, currency: Currency): Leg[] => [
  ofDevelopment("holding", developmentId, parts.fromHold, currency),
  ofDevelopment("refund_payable", developmentId, parts.fromRefund, currency),
  platform("dispute_loss", parts.loss, currency),
  platform("dispute_fee", parts.fee, currency),
  platform("psp_clearing", -(parts.fromHold + parts.fromRefund + parts.loss + parts.fee), currency),
];

/** A refund of ours that need not be made any more because the bank, or somebody by hand, has made it: the loss booked meanwhile is undone. */
export const refundAbsorbed = (
  developmentId: string,
  amount: bigint,
  currency: Currency,
  loss: "dispute_loss" | "refund_loss" = "dispute_loss",
): Leg[] => [ofDevelopment("refund_payable", developmentId, amount, currency), platform(loss, -amount, currency)];

export const ownFundsAdded = (amount: bigint, currency: Currency): Leg[] => [
  platform("psp_clearing", amount, currency),
  platform("own_funds", -amount, currency),
];

export const withdrawalPlanned = (amount: bigint, currency: Currency): Leg[] => [
  platform("own_funds", amount, currency),
  platform("withdrawal_payable", -amount, currency),
];

export const withdrawalConfirmed = (amount: bigint, currency: Currency): Leg[] => [
  platform("withdrawal_payable", amount, currency),
  platform("psp_clearing", -amount, currency),
];

/** @param from `psp_clearing` when it had left and came back, `withdrawal_payable` when it never left */
export const withdrawalFailed = (
  amount: bigint,
  from: "psp_clearing" | "withdrawal_payable",
  currency: Currency,
): Leg[] => [platform(from, amount, currency), platform("own_funds", -amount, currency)];

/** What the processor moved by itself, or a person classified: `net` is what our balance there gained. */
export const movementBooked = (account: PlatformPurpose, net: bigint, currency: Currency): Leg[] => [
  platform("psp_clearing", net, currency),
  platform(account, -net, currency),
];
