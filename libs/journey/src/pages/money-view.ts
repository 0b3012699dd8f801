import type { MoneyView } from "@freehold/contract";

/** Minor units as pages and callers get them: text, with the currency. */
export const moneyView = (minor: bigint, currency = "USD"): MoneyView => ({
  minor: minor.toString(),
  currency: currency as MoneyView["currency"],
});
