import type { Currency } from "@freehold/values";

/** Digits after the point, by currency. */
const DIGITS: Readonly<Record<Currency, number>> = { USD: 2 };

/** "-10.65": exact, a point, no thousands separator, no sign of the currency. Never through a float. */
export function decimalText(minor: bigint, currency: Currency): string {
  const digits = DIGITS[currency];
  const all = (minor < 0n ? -minor : minor).toString().padStart(digits + 1, "0");
  return `${minor < 0n ? "-" : ""}${all.slice(0, all.length - digits)}.${all.slice(all.length - digits)}`;
}

/** A number that we wrote ourselves: it stays a number, its minus sign included. */
export interface Figure {
  figure: string;
}
export type Cell = string | Figure;

/**
 * What a spreadsheet would run: a text that begins, after blanks it may skip, with one of these (also in their wide forms).
 * Whoever names a feature or a person decides how it begins.
 */
const RUNS = /^[\s\u0000\ufeff]*[=+\-@|\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/;

/** RFC 4180: texts always in quotes, quotes doubled; one that a spreadsheet might run gets an apostrophe before it. */
export function csvLine(cells: readonly Cell[]): string {
  const written = cells.map((cell) => {
    if (typeof cell !== "string") return cell.figure;
    return `"${(RUNS.test(cell) ? `'${cell}` : cell).replaceAll('"', '""')}"`;
  });
  return `${written.join(",")}\r\n`;
}
