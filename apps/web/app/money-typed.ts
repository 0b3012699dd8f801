import type { MoneyInput } from "@freehold/contract";

/** What was wrong with a typed sum, as a sentence for the person who typed it. */
export interface MoneyFault {
  fault: string;
}

const minorDigitsMax = 12;

/**
 * Reads "40", "40.00", "$40", "$1,240.5" exactly into cents, as text: no float is ever made. Refuses signs, exponents,
 * fractions of a cent, decimal commas and anything longer than the wire takes.
 */
export function readMoney(typed: string): MoneyInput | MoneyFault {
  const text = typed.trim();
  if (text === "") return { fault: "Write an amount in US dollars, such as 40 or 40.00." };
  if (/^[-−–]|^\$\s*[-−–]/.test(text)) return { fault: "An amount cannot be negative." };
  const match = /^(?:US)?\$?\s?(\d+|\d{1,3}(?:,\d{3})+)(?:\.(\d*))?$/.exec(text);
  if (match === null) return { fault: "Write an amount in US dollars with digits only, such as 40 or 40.00." };
  const [, units = "", cents = ""] = match;
  if (cents.length > 2) return { fault: "There is nothing smaller than a cent: at most two digits after the point." };
  if (text.endsWith(".")) return { fault: "Write an amount such as 40 or 40.00." };
  const minor = (units.replaceAll(",", "") + cents.padEnd(2, "0")).replace(/^0+(?=\d)/, "");
  if (minor.length > minorDigitsMax) return { fault: "That is more than anybody can pay here." };
  return { minor, currency: "USD" };
}

/** The same sum as one would type it: "40" or "40.50". */
export function typedMoney(money: { minor: string }): string {
  const minor = money.minor.padStart(3, "0");
  const cents = minor.slice(-2);
  return cents === "00" ? minor.slice(0, -2) : `${minor.slice(0, -2)}.${cents}`;
}
