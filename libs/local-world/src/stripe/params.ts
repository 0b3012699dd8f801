import { invalid } from "./refusal.ts";

/**
 * Parameter tables: what an endpoint takes, checked and converted as Stripe does. Form bodies bring every value as a
 * string; JSON bodies (v2) bring typed values and are not converted.
 */
export type Rule = (value: unknown, at: string, json: boolean) => unknown;
export interface Field {
  rule: Rule;
  required: boolean;
}
export type Table = Record<string, Field>;

const field = (rule: Rule, required = false): Field => ({ rule, required });
export const required = (f: Field): Field => ({ ...f, required: true });

const nonEmpty = (value: unknown, at: string): void => {
  if (value !== "") return;
  const name = at.split("[")[0] === at ? at : at;
  throw invalid(
    `You passed an empty string for '${name}'. We assume empty values are an attempt to unset a parameter; however '${name}' cannot be unset. You should remove '${name}' from your request or supply a non-empty value.`,
    { code: "parameter_invalid_empty", param: at },
  );
};

/** Text of at most `max` characters. */
export const text = (max = 5000): Field =>
  field((value, at) => {
    if (typeof value !== "string") throw invalid(`Invalid string: ${JSON.stringify(value)}`, { param: at });
    nonEmpty(value, at);
    if (value.length > max) {
      throw invalid(`Invalid string: ${value.slice(0, 5)}...; must be at most ${max} characters`, { param: at });
    }
    return value;
  });

export const url = (): Field =>
  field((value, at) => {
    const given = text(5000).rule(value, at, false) as string;
    if (!/^https?:\/\/\S+$/.test(given)) throw invalid("Not a valid URL", { code: "url_invalid", param: at });
    return given;
  });

/** A whole number; money amounts are such numbers of the currency's minor unit. */
export const whole = (bounds: { min?: number; max?: number } = {}): Field =>
  field((value, at, json) => {
    nonEmpty(value, at);
    const good = json
      ? Number.isSafeInteger(value)
      : typeof value === "string" && /^-?\d{1,16}$/.test(value) && Number.isSafeInteger(Number(value));
    if (!good) {
      throw invalid(`Invalid integer: ${String(value)}`, { code: "parameter_invalid_integer", param: at });
    }
    const n = Number(value);
    if (bounds.min !== undefined && n < bounds.min) {
      throw invalid(
        bounds.min === 0
          ? `Invalid non-negative integer`
          : `This value must be greater than or equal to ${bounds.min}.`,
        {
          code: "parameter_invalid_integer",
          param: at,
        },
      );
    }
    if (bounds.max !== undefined && n > bounds.max) {
      throw invalid(`This value must be less than or equal to ${bounds.max} (it currently is '${n}').`, {
        code: "parameter_invalid_integer",
        param: at,
      });
    }
    return n;
  });

export const flag = (): Field =>
  field((value, at, json) => {
    if (json ? typeof value === "boolean" : value === "true" || value === "false")
      return value === true || value === "true";
    throw invalid(`Invalid boolean: ${String(value)}`, { param: at });
  });

export const oneOf = (...choices: string[]): Field =>
  field((value, at) => {
    nonEmpty(value, at);
    if (typeof value === "string" && choices.includes(value)) return value;
    const list =
      choices.length > 1 ? `one of ${choices.slice(0, -1).join(", ")} or ${choices.at(-1)}` : `${choices[0]}`;
    throw invalid(`Invalid ${at}: must be ${list}`, { param: at });
  });

const isHash = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const hash = (table: Table): Field =>
  field((value, at, json) => {
    if (!isHash(value)) throw invalid("Invalid object", { param: at });
    return check(table, value, json, at);
  });

export const listOf = (item: Field, bounds: { min?: number; max?: number } = {}): Field =>
  field((value, at, json) => {
    if (!Array.isArray(value)) throw invalid("Invalid array", { param: at });
    if (value.length < (bounds.min ?? 0) || value.length > (bounds.max ?? 100)) {
      throw invalid(`Invalid array: must have between ${bounds.min ?? 0} and ${bounds.max ?? 100} items`, {
        param: at,
      });
    }
    return value.map((one, i) => item.rule(one, `${at}[${i}]`, json));
  });

/** At most 50 keys of 40 characters, values of 500; an empty value asks for the key's removal. */
export const metadata = (): Field =>
  field((value, at) => {
    if (value === "" || value === null) return {};
    if (!isHash(value)) throw invalid("Invalid object", { param: at });
    const entries = Object.entries(value);
    if (entries.length > 50) throw invalid("Metadata can have at most 50 keys", { param: at });
    const out: Record<string, string> = {};
    for (const [key, v] of entries) {
      if (typeof v !== "string" && typeof v !== "number")
        throw invalid("Metadata values must be strings", { param: at });
      if (key.length > 40) {
        throw invalid(
          `Metadata keys can have up to 40 characters, but you passed in a key that is ${key.length} characters. Invalid key: ${key}`,
          { param: at },
        );
      }
      if (/[[\]]/.test(key)) throw invalid("Metadata keys cannot contain square brackets", { param: at });
      if (String(v).length > 500) {
        throw invalid(
          `Metadata values can have up to 500 characters, but you passed in a value that is ${String(v).length} characters. Invalid value: ${String(v)}`,
          { param: `${at}[${key}]` },
        );
      }
      out[key] = String(v);
    }
    return out;
  });

/** A moment or `gt/gte/lt/lte` bounds, in seconds. */
export const moment = (): Field =>
  field((value, at, json) =>
    isHash(value)
      ? hash({ gt: whole(), gte: whole(), lt: whole(), lte: whole() }).rule(value, at, json)
      : { gte: whole().rule(value, at, json), lte: whole().rule(value, at, json) },
  );

/** Checks `given` against `table`: unknown names first (the name is in `param`), then missing ones, then each value. */
export function check(table: Table, given: Record<string, unknown>, json = false, at = ""): Record<string, unknown> {
  const name = (key: string): string => (at === "" ? key : `${at}[${key}]`);
  for (const key of Object.keys(given)) {
    if (!Object.hasOwn(table, key)) {
      throw invalid(`Received unknown parameter: ${name(key)}`, { code: "parameter_unknown", param: name(key) });
    }
  }
  for (const [key, one] of Object.entries(table)) {
    if (one.required && given[key] === undefined) {
      throw invalid(`Missing required param: ${name(key)}.`, { code: "parameter_missing", param: name(key) });
    }
  }
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(given)) {
    if (value === undefined) continue;
    out[key] = (table[key] as Field).rule(value, name(key), json);
  }
  return out;
}

export const expand: Table = { expand: listOf(text(200), { max: 20 }) };
export const paging: Table = {
  ...expand,
  limit: whole({ min: 1, max: 100 }),
  starting_after: text(),
  ending_before: text(),
};
