import { generateKeyPairSync, randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";

/** Secrets of this local world alone, made once and readable by their owner alone. */
export interface Secrets {
  sessionSecret: string;
  stripeWebhookSecret: string;
  forgeWebhookSecret: string;
  /** Ed25519, PKCS#8, DER, base64. */
  claimSigningKey: string;
}

/** Reads the file; what it does not hold yet is made and kept there. */
export function keepSecrets(file: string): Secrets {
  const known = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Partial<Secrets>) : {};
  const secrets: Secrets = {
    sessionSecret: known.sessionSecret ?? randomBytes(32).toString("base64url"),
    stripeWebhookSecret: known.stripeWebhookSecret ?? `whsec_${randomBytes(24).toString("hex")}`,
    forgeWebhookSecret: known.forgeWebhookSecret ?? randomBytes(32).toString("base64url"),
    claimSigningKey: known.claimSigningKey ?? newSigningKey(),
  };
  if (Object.keys(known).length < Object.keys(secrets).length)
    writeFileSync(file, JSON.stringify(secrets), { mode: 0o600 });
  return secrets;
}

const newSigningKey = (): string =>
  generateKeyPairSync("ed25519").privateKey.export({ format: "der", type: "pkcs8" }).toString("base64");
