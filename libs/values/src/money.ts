import { Refusal } from "./refusal.ts";

/** Currencies Freehold can hold. USD at launch; every row carries its currency so that another may come. */
export type Currency = "USD";

/** A sum of money: integer minor units (cents for USD) and a currency. Never a float. */
export interface Money {
  readonly minor: bigint;
  readonly currency: Currency;
}

/** Money in US cents. */
export const usd = (minor: bigint): Money => ({ minor, currency: "USD" });

export const zero = (currency: Currency): Money => ({ minor: 0n, currency });

function sameCurrency(a: Money, b: Money): Currency {
  if (a.currency !== b.currency) throw new Refusal("currency_mismatch", `${a.currency} and ${b.currency} do not mix.`);
  return a.currency;
}

export const add = (a: Money, b: Money): Money => ({ currency: sameCurrency(a, b), minor: a.minor + b.minor });

export const subtract = (a: Money, b: Money): Money => ({ currency: sameCurrency(a, b), minor: a.minor - b.minor });

/** `rate` basis points of a sum, rounded up to the next minor unit: what the payer is charged never falls short. */
export const basisPointsUp = (minor: bigint, rate: bigint): bigint => (minor * rate + 9_999n) / 10_000n;

/** `rate` basis points of a sum, rounded down: what the platform keeps never exceeds its rate. */
export const basisPointsDown = (minor: bigint, rate: bigint): bigint => (minor * rate) / 10_000n;

/**
 * Splits a sum by weights so that the parts add up exactly: largest remainder first, ties to the earlier part.
 * @param minor minor units, zero or more
 * @param weights non-negative, at least one above zero
 */
export function allocate(minor: bigint, weights: readonly bigint[]): bigint[] {
  const whole = weights.reduce((sum, weight) => sum + weight, 0n);
  if (minor < 0n || whole <= 0n || weights.some((weight) => weight < 0n))
    throw new Refusal("allocation_invalid", "A sum can only be split by weights that are zero or more.");
  const parts = weights.map((weight, index) => ({
    index,
    share: (minor * weight) / whole,
    rest: (minor * weight) % whole,
  }));
  let left = minor - parts.reduce((sum, part) => sum + part.share, 0n);
  const inOrder = parts.toSorted((a, b) => (a.rest === b.rest ? a.index - b.index : a.rest > b.rest ? -1 : 1));
  for (const part of inOrder) {
    if (left === 0n) break;
    part.share += 1n;
    left -= 1n;
  }
  return parts.map((part) => part.share);
}

/** "$1,240" or "$10.65": cents are shown only when there are any, unless `cents` asks for them. */
export function formatMoney(money: Money, options: { cents?: boolean } = {}): string {
  const negative = money.minor < 0n;
  const minor = negative ? -money.minor : money.minor;
  const units = (minor / 100n).toString().replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  const cents = (minor % 100n).toString().padStart(2, "0");
  const shown = cents === "00" && !options.cents ? units : `${units}.${cents}`;
  return `${negative ? "−" : ""}$${shown}`;
}

/** The smaller of two sums of one currency, minor units. */
export const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
