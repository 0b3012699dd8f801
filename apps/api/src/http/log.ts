import type { Environment } from "@freehold/contract";
import { type Logger, pino } from "pino";

/** Lines of JSON on standard output. Whatever an error message says, no secret of ours gets through. */
export function createLog(
  environment: Environment,
  write: (line: string) => void = (line) => process.stdout.write(line),
): Logger {
  const secrets = [
    environment.SESSION_SECRET,
    environment.CLAIM_SIGNING_KEY,
    environment.STRIPE_SECRET_KEY,
    environment.STRIPE_WEBHOOK_SECRET,
    environment.GITHUB_TOKEN ?? "",
    ...[
      environment.DATABASE_URL,
      environment.DATABASE_OWNER_URL ?? "",
      environment.QUEUE_DATABASE_URL ?? "",
      environment.REDIS_URL ?? "",
    ].flatMap(passwordOf),
  ].filter((secret) => secret.length > 3);
  const scrub = (line: string) => secrets.reduce((text, secret) => text.replaceAll(secret, "[secret]"), line);
  return pino({ base: { app: "api" } }, { write: (line: string) => void write(scrub(line)) });
}

function passwordOf(address: string): string[] {
  if (!URL.canParse(address)) return [];
  const { password } = new URL(address);
  return [password, decodeURIComponent(password)];
}
