import { createHash, createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { CLAIM_TYPE, type ClaimKeys, type Environment, type PaymentClaim } from "@freehold/contract";
import { CompactSign } from "jose";

/** Signs what Freehold states about a payment, and says under which public keys that can be verified. */
export class ClaimSigner {
  /** PUBLIC_URL without a slash at its end. */
  readonly issuer: string;
  readonly keys: ClaimKeys;
  readonly #key: KeyObject;

  constructor(environment: Pick<Environment, "PUBLIC_URL" | "CLAIM_SIGNING_KEY" | "CLAIM_FORMER_KEYS">) {
    this.issuer = new URL(environment.PUBLIC_URL).origin;
    this.#key = createPrivateKey({
      key: Buffer.from(environment.CLAIM_SIGNING_KEY, "base64"),
      format: "der",
      type: "pkcs8",
    });
    const former = environment.CLAIM_FORMER_KEYS.split(",")
      .filter((text) => text !== "")
      .map((text) => createPublicKey({ key: Buffer.from(text, "base64"), format: "der", type: "spki" }));
    this.keys = { keys: [createPublicKey(this.#key), ...former].map(jwkOf) };
  }

  /** A compact JWS. Its header names the key and what kind of statement this is. */
  sign(claim: PaymentClaim): Promise<string> {
    return new CompactSign(Buffer.from(JSON.stringify(claim), "utf8"))
      .setProtectedHeader({ alg: "EdDSA", typ: CLAIM_TYPE, kid: this.keys.keys[0]!.kid })
      .sign(this.#key);
  }
}

/** A public key as a JWK; its id is its thumbprint (RFC 7638), so that the same key has the same id everywhere. */
function jwkOf(key: KeyObject): ClaimKeys["keys"][number] {
  const { x } = key.export({ format: "jwk" }) as { x: string };
  const kid = createHash("sha256").update(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`).digest("base64url");
  return { kty: "OKP", crv: "Ed25519", alg: "EdDSA", use: "sig", kid, x };
}
