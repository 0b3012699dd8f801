import type { Currency } from "@freehold/values";

/**
 * The recipes: one function for each event that moves money. Debits are positive, credits negative, minor units.
 * P is the pledge, s the service fee, f the processor's fee, L one payee's share, p the platform fee, D a donation.
 *
 * | event | debit | credit |
 * | --- | --- | --- |
 * | charge | psp_clearing P+s | holding P, service_fee s |
 * | processor fee known | stripe_fee f | psp_clearing f |
 * | refund planned (pledge) | holding P | refund_payable P |
 * | refund planned (whole) | holding P, service_fee s | refund_payable P+s |
 * | refund confirmed | refund_payable | psp_clearing |
 * | refund failed later | psp_clearing | refund_owed |
 * | settlement authorised | holding P | payee L each, platform_fee p |
 * | transfer confirmed | payee L | psp_clearing L |
 * | donation | psp_clearing D+s, then donation_payable D | donation_payable D, service_fee s, then psp_clearing D |
 * | own funds topped up | psp_clearing | own_funds |
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
  "own_funds",
] as const;
/** What we owe to others. Together never more than what lies at the processor. */
export const liabilityPurposes = ["holding", "refund_payable", "refund_owed", "payee", "donation_payable"] as const;
export type AccountPurpose = (typeof platformPurposes)[number] | (typeof liabilityPurposes)[number];

interface Sums {
  developmentId: string;
  currency: Currency;
  amount: bigint;
  serviceFee: bigint;
}

const platform = (purpose: (typeof platformPurposes)[number], amount: bigint, currency: Currency): Leg => ({
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
const payee = (id: string, amount: bigint, currency: Currency): Leg => ({
  purpose: "payee",
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

export const feeTaken = (fee: bigint, currency: Currency): Leg[] => [
  platform("stripe_fee", fee, currency),
  platform("psp_clearing", -fee, currency),
];

export const refundPlanned = (kind: "pledge" | "whole", p: Sums): Leg[] => [
  ofDevelopment("holding", p.developmentId, p.amount, p.currency),
  ...(kind === "whole" ? [platform("service_fee", p.serviceFee, p.currency)] : []),
  ofDevelopment(
    "refund_payable",
    p.developmentId,
    -(kind === "whole" ? p.amount + p.serviceFee : p.amount),
    p.currency,
  ),
];

export const refundConfirmed = (developmentId: string, amount: bigint, currency: Currency): Leg[] => [
  ofDevelopment("refund_payable", developmentId, amount, currency),
  platform("psp_clearing", -amount, currency),
];

export const refundFailed = (developmentId: string, amount: bigint, currency: Currency): Leg[] => [
  platform("psp_clearing", amount, currency),
  ofDevelopment("refund_owed", developmentId, -amount, currency),
];

export const settlementAuthorised = (
  p: Sums,
  shares: readonly { payeeId: string; amount: bigint }[],
  platformFee: bigint,
): Leg[] => [
  ofDevelopment("holding", p.developmentId, p.amount, p.currency),
  ...shares.map((share) => payee(share.payeeId, -share.amount, p.currency)),
  platform("platform_fee", -platformFee, p.currency),
];

export const transferConfirmed = (payeeId: string, amount: bigint, currency: Currency): Leg[] => [
  payee(payeeId, amount, currency),
  platform("psp_clearing", -amount, currency),
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

export const ownFundsAdded = (amount: bigint, currency: Currency): Leg[] => [
  platform("psp_clearing", amount, currency),
  platform("own_funds", -amount, currency),
];
