import type { Environment } from "@freehold/contract";
import { type Level, type Logger, pino } from "pino";

/** What is secret by its form, whoever it belongs to. */
const forms: readonly RegExp[] = [
  /\b(?:sk|rk)_(?:test|live)_\w+/g,
  /\bwhsec_\w+/g,
  /\b\w+_secret_[A-Za-z0-9]{8,}/g,
  /freehold_session=[A-Za-z0-9_-]{20,}/g,
  /\b(?:Bearer|DPoP|Basic) [A-Za-z0-9._~+/=-]{16,}/g,
  /\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]{8,}){1,2}/g,
];
const digits = /(?<![\w.-])[3-6]\d{3}[ -]?(?:\d[ -]?){8,14}\d(?![\w-])/g;

/**
 * Lines of JSON on standard output. Whatever an error message says, no secret gets through: ours by their values, anybody's
 * by their form, card numbers by their check digit.
 */
export function createLog(
  environment: Environment,
  app: string,
  options: { level?: Level; write?: (line: string) => void } = {},
): Logger {
  const secrets = [
    environment.SESSION_SECRET,
    environment.CLAIM_SIGNING_KEY,
    environment.STRIPE_SECRET_KEY,
    ...environment.STRIPE_WEBHOOK_SECRET.split(","),
    ...(environment.STRIPE_WEBHOOK_ACCOUNTS_SECRET ?? "").split(","),
    environment.GITHUB_TOKEN ?? "",
    ...[
      environment.DATABASE_URL,
      environment.DATABASE_OWNER_URL ?? "",
      environment.QUEUE_DATABASE_URL ?? "",
      environment.REDIS_URL ?? "",
    ].flatMap(passwordOf),
  ].filter((secret) => secret.length > 3);
  const scrub = (line: string): string => {
    const own = secrets.reduce((text, secret) => text.replaceAll(secret, "[secret]"), line);
    const known = forms.reduce((text, form) => text.replaceAll(form, "[secret]"), own);
    return known.replaceAll(digits, (found) => (isCardNumber(found) ? "[card]" : found));
  };
  const write = options.write ?? ((line: string) => process.stdout.write(line));
  return pino({ base: { app }, level: options.level ?? "info" }, { write: (line: string) => void write(scrub(line)) });
}

function passwordOf(address: string): string[] {
  if (!URL.canParse(address)) return [];
  const { password } = new URL(address);
  return [password, decodeURIComponent(password)];
}

/** Luhn: every card number, and one in ten of all others. */
function isCardNumber(found: string): boolean {
  const sum = [...found.replaceAll(/[ -]/g, "")].toReversed().reduce((total, digit, i) => {
    const twice = Number(digit) * (i % 2 === 0 ? 1 : 2);
    return total + (twice > 9 ? twice - 9 : twice);
  }, 0);
  return sum % 10 === 0;
}
