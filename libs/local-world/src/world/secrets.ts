import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";

/** Secrets of this local world alone, made once and readable by their owner alone. */
export interface Secrets {
  sessionSecret: string;
  stripeWebhookSecret: string;
}

export function keepSecrets(file: string): Secrets {
  if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8")) as Secrets;
  const secrets: Secrets = {
    sessionSecret: randomBytes(32).toString("base64url"),
    stripeWebhookSecret: `whsec_${randomBytes(24).toString("hex")}`,
  };
  writeFileSync(file, JSON.stringify(secrets), { mode: 0o600 });
  return secrets;
}
