import { createPublicKey, verify, type JsonWebKey } from "node:crypto";
import { canonicalJson } from "./evidence.ts";
import type { EvidenceFile } from "./replay.ts";

/** Public keys as Freehold publishes them at /api/claim-keys. */
export interface PublicKeys {
  keys: (JsonWebKey & { kid?: string })[];
}

/** Holds every signed link against the keys. @returns what does not hold, in sentences */
export function signatureFaults({ links }: EvidenceFile, { keys }: PublicKeys): string[] {
  return links.flatMap(({ signature, ...statement }) => {
    const signed = open(signature, keys);
    if (signed === null) return [`${statement.at}: the signature is not one of these keys'.`];
    const { iss: _who, ...said } = signed;
    return canonicalJson(said) === canonicalJson(statement) ? [] : [`${statement.at}: something else was signed.`];
  });
}

/** The payload of a compact JWS (EdDSA over Ed25519), or null when no key vouches for it. */
function open(jws: string, keys: PublicKeys["keys"]): Record<string, unknown> | null {
  const [header = "", payload = "", signature = "", ...rest] = jws.split(".");
  if (rest.length > 0) return null;
  try {
    const { kid, alg } = JSON.parse(Buffer.from(header, "base64url").toString("utf8")) as Record<string, unknown>;
    const jwk = alg === "EdDSA" ? keys.find((one) => one.kid === kid) : undefined;
    if (jwk === undefined) return null;
    const key = createPublicKey({ key: jwk, format: "jwk" });
    if (!verify(null, Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, "base64url"))) return null;
    return JSON.parse(Buffer.from(payload, "base64url").toString("utf8")) as Record<string, unknown>;
  } catch {
    return null;
  }
}
