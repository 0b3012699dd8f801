const KEY = /\b((?:sk|rk|pk)_(?:test|live)_)\w+/g;
const WEBHOOK_SECRET = /\bwhsec_[\w+/=-]+/g;
const CLIENT_SECRET = /_secret_\w+/g;
/** In a form (`card[cvc]=123`) or in JSON, also where that stands as text in JSON. */
const SECURITY_CODE = /\b(cvc(?:%5D|\])?(?:=|\\*":\s*\\*"?))\d+/gi;
/** Thirteen to nineteen digits, as a card number is written: with spaces (also as a form writes them), dashes or nothing between. */
const DIGITS = /(?<![\w])\d(?:(?: |\+|%20|-)?\d){12,18}(?![\w])/g;

/** The text without what must never be written down: keys, webhook and client secrets, card numbers, security codes. */
export function redacted(text: string): string {
  return text
    .replaceAll(KEY, "$1…")
    .replaceAll(WEBHOOK_SECRET, "whsec_…")
    .replaceAll(CLIENT_SECRET, "_secret_…")
    .replaceAll(SECURITY_CODE, "$1…")
    .replaceAll(DIGITS, (number) => {
      const digits = number.replaceAll(/%20|\D/g, "");
      return addsUp(digits) ? `…${digits.slice(-4)}` : number;
    });
}

/** An Authorization header of which only the kind of key is left. */
export function redactedAuthorization(value: string): string {
  const [scheme = "", key = ""] = value.split(" ");
  return `${/^(?:Bearer|Basic)$/i.test(scheme) ? `${scheme} ` : ""}${kindOf(key)}…`;
}

/** `sk_test_`, or nothing where it is no key of Stripe's. */
export const kindOf = (key: string): string => /^(?:sk|rk|pk)_(?:test|live)_/.exec(key)?.[0] ?? "";

/** The check digit of a card number is right (Luhn). */
export function addsUp(number: string): boolean {
  let sum = 0;
  for (let i = 0; i < number.length; i++) {
    const digit = Number(number[number.length - 1 - i]);
    const doubled = i % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
