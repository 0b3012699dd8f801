import { z } from "zod";
import { id, instant, moneyView } from "../values.ts";
import { paymentState } from "../words.ts";

/** What stands in a claim's header as its type, so that it is taken for nothing else. */
export const CLAIM_TYPE = "freehold-payment-claim+jwt";

/**
 * What Freehold states about one payment under its own signature: a compact JWS (EdDSA over Ed25519) whose keys stand at
 * `PUBLIC_URL/api/claim-keys`. It says what was so at `iat`; later events need a new one.
 */
export const paymentClaim = z
  .strictObject({
    /** PUBLIC_URL, without a slash at its end. */
    iss: z.url(),
    /** The payer's DID. */
    sub: z.string().startsWith("did:"),
    /** Seconds since 1970, story time. */
    iat: z.number().int(),
    payment: z.strictObject({
      id,
      kind: z.enum(["pledge", "donation"]),
      /** Without the service fee. */
      amount: moneyView,
      serviceFee: moneyView,
      refunded: moneyView,
      state: paymentState,
      chargedAt: instant,
    }),
    policyVersionId: id,
    developmentId: id,
    proposalId: id,
  })
  .meta({ id: "PaymentClaim" });
export type PaymentClaim = z.infer<typeof paymentClaim>;

/** A JWK Set (RFC 7517) of public Ed25519 keys: the one in use first, then former ones. */
export const claimKeys = z
  .object({
    keys: z.array(
      z.object({
        kty: z.literal("OKP"),
        crv: z.literal("Ed25519"),
        alg: z.literal("EdDSA"),
        use: z.literal("sig"),
        kid: z.string(),
        x: z.string(),
      }),
    ),
  })
  .meta({ id: "ClaimKeys" });
export type ClaimKeys = z.infer<typeof claimKeys>;
