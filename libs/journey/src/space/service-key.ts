import { createHash, createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { Inject, Injectable } from "@nestjs/common";
import type { ClaimKeys, Environment } from "@freehold/contract";
import { CompactSign } from "jose";
import { ENVIRONMENT } from "../world.ts";

/** What Freehold states under its own name is signed with this key; anybody can verify it with the public ones. */
@Injectable()
export class ServiceKey {
  /** PUBLIC_URL without a slash at its end. */
  readonly issuer: string;
  readonly keys: ClaimKeys;
  readonly #key: KeyObject;

  constructor(
    @Inject(ENVIRONMENT) environment: Pick<Environment, "PUBLIC_URL" | "CLAIM_SIGNING_KEY" | "CLAIM_FORMER_KEYS">,
  ) {
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

  /** A compact JWS. Its header names the key and what kind of statement this is (`type`). */
  sign(statement: object, type: string): Promise<string> {
    return new CompactSign(Buffer.from(JSON.stringify(statement), "utf8"))
      .setProtectedHeader({ alg: "EdDSA", typ: type, kid: this.keys.keys[0]!.kid })
      .sign(this.#key);
  }
}

/** A public key as a JWK; its id is its thumbprint (RFC 7638), so that the same key has the same id everywhere. */
function jwkOf(key: KeyObject): ClaimKeys["keys"][number] {
  const { x } = key.export({ format: "jwk" }) as { x: string };
  const kid = createHash("sha256").update(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`).digest("base64url");
  return { kty: "OKP", crv: "Ed25519", alg: "EdDSA", use: "sig", kid, x };
}
