import type { MoneyView } from "@freehold/contract";

/** Minor units as pages and callers get them: text, with the currency. */
export const moneyView = (minor: bigint): MoneyView => ({ minor: minor.toString(), currency: "USD" });
