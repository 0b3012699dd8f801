import { createHash } from "node:crypto";
import type { Card } from "./records.ts";
import { addsUp } from "./redaction.ts";

export interface Decline {
  code: string;
  decline_code: string | null;
  message: string;
}

/** What a test card does: to be charged, to be authenticated first, and what comes after. */
export interface Fate {
  decline?: Decline;
  /** `asked`: only where the seller asks for 3-D Secure. */
  challenge?: "always" | "first" | "asked";
  after?: "dispute" | "inquiry" | "fraud_warning";
  refund?: "fails" | "pends";
  availableAtOnce?: boolean;
  /** A bank account: the payment page ends, the money comes (or not) days later. */
  bankDebit?: boolean;
}

const declined = (code: string, decline_code: string | null, message: string): Fate => ({
  decline: { code, decline_code, message },
});
const GENERIC = declined("card_declined", "generic_decline", "Your card was declined.");
const NO_FUNDS = declined("card_declined", "insufficient_funds", "Your card has insufficient funds.");

export const FATES: Record<string, Fate> = {
  good: {},
  declined: GENERIC,
  insufficient_funds: NO_FUNDS,
  lost: declined("card_declined", "lost_card", "Your card was declined."),
  stolen: declined("card_declined", "stolen_card", "Your card was declined."),
  expired: declined("expired_card", null, "Your card has expired."),
  wrong_cvc: declined("incorrect_cvc", null, "Your card's security code is incorrect."),
  processing_error: declined(
    "processing_error",
    null,
    "An error occurred while processing your card. Try again in a little bit.",
  ),
  challenge: { challenge: "first" },
  challenge_always: { challenge: "always" },
  challenge_asked: { challenge: "asked" },
  challenge_then_declined: { challenge: "always", ...NO_FUNDS },
  dispute: { after: "dispute" },
  inquiry: { after: "inquiry" },
  fraud_warning: { after: "fraud_warning" },
  refund_fails: { refund: "fails" },
  refund_pends: { refund: "pends" },
  available_at_once: { availableAtOnce: true },
  bank_debit: { bankDebit: true },
};

/** The documented test numbers, with the `pm_card_*` name of each and the word the payment page shows. */
export const TEST_CARDS: readonly { number: string; pm: string; fate: string; brand: string; says: string }[] = [
  { number: "4242424242424242", pm: "pm_card_visa", fate: "good", brand: "visa", says: "pays" },
  { number: "5555555555554444", pm: "pm_card_mastercard", fate: "good", brand: "mastercard", says: "pays" },
  { number: "378282246310005", pm: "pm_card_amex", fate: "good", brand: "amex", says: "pays" },
  {
    number: "4000000000000077",
    pm: "pm_card_bypassPending",
    fate: "available_at_once",
    brand: "visa",
    says: "pays; the money is available at once",
  },
  {
    number: "4000002500003155",
    pm: "pm_card_authenticationRequiredOnSetup",
    fate: "challenge",
    brand: "visa",
    says: "asks for 3-D Secure",
  },
  {
    number: "4000002760003184",
    pm: "pm_card_authenticationRequired",
    fate: "challenge_always",
    brand: "visa",
    says: "asks for 3-D Secure, always",
  },
  {
    number: "4000000000003220",
    pm: "pm_card_threeDSecure2Required",
    fate: "challenge_always",
    brand: "visa",
    says: "asks for 3-D Secure, always",
  },
  {
    number: "4000000000003055",
    pm: "pm_card_threeDSecureOptional",
    fate: "challenge_asked",
    brand: "visa",
    says: "asks for 3-D Secure where the seller does",
  },
  {
    number: "4000008260003178",
    pm: "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds",
    fate: "challenge_then_declined",
    brand: "visa",
    says: "asks for 3-D Secure, then has insufficient funds",
  },
  { number: "4000000000000002", pm: "pm_card_chargeDeclined", fate: "declined", brand: "visa", says: "is declined" },
  {
    number: "4000000000009995",
    pm: "pm_card_chargeDeclinedInsufficientFunds",
    fate: "insufficient_funds",
    brand: "visa",
    says: "has insufficient funds",
  },
  {
    number: "4000000000009987",
    pm: "pm_card_chargeDeclinedLostCard",
    fate: "lost",
    brand: "visa",
    says: "was reported lost",
  },
  {
    number: "4000000000009979",
    pm: "pm_card_chargeDeclinedStolenCard",
    fate: "stolen",
    brand: "visa",
    says: "was reported stolen",
  },
  {
    number: "4000000000000069",
    pm: "pm_card_chargeDeclinedExpiredCard",
    fate: "expired",
    brand: "visa",
    says: "has expired",
  },
  {
    number: "4000000000000127",
    pm: "pm_card_chargeDeclinedIncorrectCvc",
    fate: "wrong_cvc",
    brand: "visa",
    says: "has another security code",
  },
  {
    number: "4000000000000119",
    pm: "pm_card_chargeDeclinedProcessingError",
    fate: "processing_error",
    brand: "visa",
    says: "meets a processing error",
  },
  {
    number: "4000000000000259",
    pm: "pm_card_createDispute",
    fate: "dispute",
    brand: "visa",
    says: "pays, then the bank reverses it",
  },
  {
    number: "4000000000001976",
    pm: "pm_card_createDisputeInquiry",
    fate: "inquiry",
    brand: "visa",
    says: "pays, then the bank inquires",
  },
  {
    number: "4000000000005423",
    pm: "pm_card_createIssuerFraudRecord",
    fate: "fraud_warning",
    brand: "visa",
    says: "pays, then a fraud warning comes",
  },
  {
    number: "4000000000005126",
    pm: "pm_card_refundFail",
    fate: "refund_fails",
    brand: "visa",
    says: "pays; a refund fails later",
  },
  {
    number: "4000000000007726",
    pm: "pm_card_pendingRefund",
    fate: "refund_pends",
    brand: "visa",
    says: "pays; a refund is pending first",
  },
];

/** Typed in place of a card number: a bank account, whose bank answers days later. */
export const BANK_ACCOUNT = "000123456789";

const LUHN_MESSAGE = "Your card number is incorrect.";

export type CardFault = { field: "number" | "expiry" | "cvc"; code: string; message: string };

/** Reads what was typed into the payment page; `today` is the story's date. Unknown numbers that add up simply pay. */
export function readCard(typed: { number: string; expiry: string; cvc: string }, today: Date): Card | CardFault {
  const number = typed.number.replaceAll(/[\s-]/g, "");
  if (number === BANK_ACCOUNT)
    return { ...cardOf(number, 12, today.getUTCFullYear() + 4), brand: "bank", fate: "bank_debit" };
  if (!/^\d{13,19}$/.test(number) || !addsUp(number))
    return { field: "number", code: "incorrect_number", message: LUHN_MESSAGE };
  const expiry = /^\s*(\d{1,2})\s*\/?\s*(\d{2}|\d{4})\s*$/.exec(typed.expiry);
  const month = Number(expiry?.[1]);
  if (expiry === null || month < 1 || month > 12) {
    return { field: "expiry", code: "invalid_expiry_month", message: "Your card's expiration date is incomplete." };
  }
  const year = Number(expiry[2]) < 100 ? 2000 + Number(expiry[2]) : Number(expiry[2]);
  if (year * 12 + month < today.getUTCFullYear() * 12 + today.getUTCMonth() + 1) {
    return { field: "expiry", code: "invalid_expiry_year", message: "Your card's expiration date is in the past." };
  }
  if (!/^\s*\d{3,4}\s*$/.test(typed.cvc)) {
    return { field: "cvc", code: "invalid_cvc", message: "Your card's security code is incomplete." };
  }
  return cardOf(number, month, year);
}

/** The card behind `pm_card_*`, valid for years to come. */
export function cardNamed(pm: string, today: Date): Card | undefined {
  const known = TEST_CARDS.find((card) => card.pm === pm);
  return known && cardOf(known.number, 12, today.getUTCFullYear() + 4);
}

function cardOf(number: string, month: number, year: number): Card {
  const known = TEST_CARDS.find((card) => card.number === number);
  return {
    brand: known?.brand ?? (number.startsWith("5") ? "mastercard" : number.startsWith("3") ? "amex" : "visa"),
    last4: number.slice(-4),
    exp_month: month,
    exp_year: year,
    fingerprint: createHash("sha256")
      .update(`card:${number}`)
      .digest("base64url")
      .replaceAll(/[-_]/g, "x")
      .slice(0, 16),
    funding: "credit",
    country: "US",
    fate: known?.fate ?? "good",
  };
}
