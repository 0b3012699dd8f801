import { refusal } from "@freehold/contract";
import { formatMoney, usd } from "@freehold/values";
import { type Policy, minorOf } from "../policy.ts";

/** Refuses currency_not_accepted, amount_too_small. `what` begins the sentence: "An estimate". */
export function requireSmallest(policy: Policy, money: { minor: bigint; currency: string }, what: string): void {
  if (money.currency !== "USD") throw refusal("currency_not_accepted");
  const smallest = minorOf(policy, "smallest_amount");
  if (money.minor < smallest)
    throw refusal("amount_too_small", `${what} is at least ${formatMoney(usd(smallest))}.`, {
      smallest: smallest.toString(),
    });
}

/**
 * 003-13: a number that costs nothing may be up to the cap; exactly at it is allowed. Own donations on this proposal raise
 * it by what was given. Refuses estimate_above_cap.
 */
export function requireWithinCap(amountMinor: bigint, capMinor: bigint, donatedMinor: bigint): void {
  const limit = capMinor + donatedMinor;
  if (amountMinor <= limit) return;
  throw refusal(
    "estimate_above_cap",
    `${formatMoney(usd(amountMinor))} is above your limit of ${formatMoney(usd(limit))}; once a feature you paid for is ` +
      "settled, the limit is twice your largest pledge there, if that is more.",
    { limit: limit.toString() },
  );
}
