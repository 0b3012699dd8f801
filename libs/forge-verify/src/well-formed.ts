/**
 * The same plain JSON value with every string fit to be kept: PostgreSQL's jsonb refuses NUL and halves of surrogate
 * pairs, so U+FFFD stands for them. Names of fields too. A value that is fit already comes back equal.
 */
export function wellFormed<T>(value: T): T {
  return fit(value) as T;
}

function fit(value: unknown): unknown {
  if (typeof value === "string") return value.toWellFormed().replaceAll("\0", "\uFFFD");
  if (Array.isArray(value)) return value.map(fit);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [fit(key), fit(item)]));
}

/** At most so many UTF-16 units of a text from `start`, without half a character at either end. */
export function cut(text: string, length: number, start = 0): string {
  return text
    .slice(start, start + length)
    .replace(/^[\uDC00-\uDFFF]/, "")
    .replace(/[\uD800-\uDBFF]$/, "");
}
