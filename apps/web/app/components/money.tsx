import type { MoneyView } from "@freehold/contract";
import { formatMoney } from "@freehold/values";

const toMoney = (money: MoneyView) => ({ minor: BigInt(money.minor), currency: money.currency });

/** "$1,240" or "$10.65" as text. */
export const moneyText = (money: MoneyView, options?: { cents?: boolean }): string =>
  formatMoney(toMoney(money), options);

/** Less than a dollar is said in cents: "65¢". */
export const smallMoneyText = (money: MoneyView): string => {
  const minor = BigInt(money.minor);
  return minor > 0n && minor < 100n ? `${minor}¢` : moneyText(money, { cents: true });
};

export const isZero = (money: MoneyView): boolean => BigInt(money.minor) === 0n;

/** A sum; `held` is money in the hold, and only that is brass. */
export function Money({ of, cents = false, held = false }: { of: MoneyView; cents?: boolean; held?: boolean }) {
  return <span className={held ? "money held" : "money"}>{moneyText(of, { cents })}</span>;
}
