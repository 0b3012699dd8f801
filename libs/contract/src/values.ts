import { z } from "zod";
import { currency } from "./words.ts";

/** Money on the wire: whole minor units as a decimal text, so that no reader can turn it into a float. */
export const moneyView = z
  .object({ minor: z.string().regex(/^-?[0-9]{1,18}$/), currency })
  .meta({ id: "Money", description: "Integer minor units (cents for USD) as text." });
export type MoneyView = z.infer<typeof moneyView>;

/** Money in a request. `minor` is digits only: no sign, no point, no exponent; at most 12 digits. */
export const moneyInput = z
  .strictObject({ minor: z.string().regex(/^[0-9]{1,12}$/, "whole minor units, digits only"), currency })
  .meta({ id: "MoneyInput" });
export type MoneyInput = z.infer<typeof moneyInput>;

export const id = z.uuid();
export const instant = z.iso.datetime().meta({ format: "date-time", description: "UTC" });

/** A line of plain text: trimmed, no control characters. */
export const line = (min: number, max: number) =>
  z
    .string()
    .trim()
    .min(min)
    .max(max)
    // oxlint-disable-next-line no-control-regex
    .regex(/^[^\u0000-\u001f\u007f\u202a-\u202e\u2066-\u2069]*$/, "one line of plain text");

/** Paragraphs of plain text: trimmed, line breaks allowed, no other control characters. */
export const prose = (min: number, max: number) =>
  z
    .string()
    .trim()
    .min(min)
    .max(max)
    // oxlint-disable-next-line no-control-regex
    .regex(/^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u202a-\u202e\u2066-\u2069]*$/, "plain text");

/** An http(s) address without credentials. */
export const webAddress = z
  .url({ protocol: /^https?$/ })
  .max(500)
  .refine((text) => {
    const url = URL.canParse(text) ? new URL(text) : null;
    return url !== null && url.username === "" && url.password === "";
  }, "an address without a user name or password");

export const personView = z
  .object({ id, handle: z.string(), name: z.string() })
  .meta({ id: "Person", description: "A party as others see it." });
export type PersonView = z.infer<typeof personView>;
