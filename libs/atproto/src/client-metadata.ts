import { createECDH, createHash } from "node:crypto";
import { buildAtprotoLoopbackClientMetadata, JoseKey, type OAuthClientMetadataInput } from "@atproto/oauth-client-node";
import { deriveKey } from "./seal.ts";

/** Signing in asks for nothing but to know who somebody is. */
const SCOPE = "atproto";

const CALLBACK_PATH = "/oauth/callback";
const METADATA_PATH = "/oauth/client-metadata.json";
const JWKS_PATH = "/oauth/jwks.json";

export interface ClientIdentity {
  metadata: OAuthClientMetadataInput;
  /** Empty for a loopback client, which is always public. */
  keys: JoseKey[];
}

/**
 * Who we are to other people's hosts: behind https a confidential web client whose id is the address of its metadata;
 * on 127.0.0.1 the loopback client of the specification, which is known without any address.
 */
export async function clientIdentity(publicUrl: string, secret: string): Promise<ClientIdentity> {
  const site = new URL(publicUrl);
  if (site.protocol === "https:") return webClient(site.origin, secret);
  if (site.hostname !== "127.0.0.1" && site.hostname !== "[::1]")
    throw new Error(
      `Signing in needs a public address with https://, or http://127.0.0.1 for work on one machine; not ${site.origin}.`,
    );
  return {
    metadata: buildAtprotoLoopbackClientMetadata({
      scope: SCOPE,
      redirect_uris: [`${site.origin as "http://127.0.0.1"}${CALLBACK_PATH}`],
    }),
    keys: [],
  };
}

async function webClient(origin: string, secret: string): Promise<ClientIdentity> {
  const key = await JoseKey.fromJWK(signingKey(secret));
  return {
    keys: [key],
    metadata: {
      client_id: `${origin}${METADATA_PATH}`,
      client_name: "Freehold",
      client_uri: origin,
      redirect_uris: [`${origin}${CALLBACK_PATH}` as `https://${string}`],
      scope: SCOPE,
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      application_type: "web",
      token_endpoint_auth_method: "private_key_jwt",
      token_endpoint_auth_signing_alg: "ES256",
      dpop_bound_access_tokens: true,
      jwks_uri: `${origin}${JWKS_PATH}`,
    },
  };
}

/** The P-256 key with which we prove who we are; it follows from the session secret, so that all processes have the same. */
function signingKey(secret: string): Record<string, unknown> {
  const curve = createECDH("prime256v1");
  for (let attempt = 0; ; attempt += 1) {
    const scalar = deriveKey(secret, `client key ${attempt}`);
    try {
      curve.setPrivateKey(scalar);
    } catch {
      // Outside the group's order (about once in 2^32): the next one.
      continue;
    }
    const point = curve.getPublicKey();
    const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((half) => half.toString("base64url"));
    const kid = createHash("sha256").update(point).digest("base64url").slice(0, 16);
    return { kty: "EC", crv: "P-256", x, y, d: scalar.toString("base64url"), kid, alg: "ES256", key_ops: ["sign"] };
  }
}
