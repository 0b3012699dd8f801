/**
 * `node tools/verify-claim.ts FILE URL`: whether a downloaded claim was signed by the Freehold at URL, and what it says.
 * Ends with 0 when it was, 1 when it was not, 2 when that cannot be found out. The keys come from URL itself, never from the file.
 */
import { readFileSync } from "node:fs";
import { CLAIM_TYPE, claimKeys, type PaymentClaim, paymentClaim } from "@freehold/contract";
import { formatMoney } from "@freehold/values";
import { compactVerify, createLocalJWKSet, errors } from "jose";

/** The claim that stands in a compact JWS. Throws when it is not signed by one of the keys, or states nothing of ours about `url`. */
export async function verifyClaim(jws: string, keys: unknown, url: string): Promise<PaymentClaim> {
  const jwks = createLocalJWKSet({ keys: claimKeys.parse(keys).keys });
  const { payload, protectedHeader } = await compactVerify(jws.trim(), jwks, { algorithms: ["EdDSA"] });
  if (protectedHeader.typ !== CLAIM_TYPE) throw new errors.JWSInvalid(`This is no claim about a payment.`);
  const claim = paymentClaim.parse(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload)));
  if (claim.iss !== new URL(url).origin) throw new errors.JWSInvalid(`It was issued by ${claim.iss}.`);
  return claim;
}

const sum = ({ minor, currency }: PaymentClaim["payment"]["amount"]) =>
  formatMoney({ minor: BigInt(minor), currency }, { cents: true });

/** What a claim says, for people. */
export function sayClaim({ iss, sub, iat, payment, ...about }: PaymentClaim): string {
  return [
    `${iss} states: on ${payment.chargedAt} ${sub} paid a ${payment.kind} of ${sum(payment.amount)} and a service fee of ${sum(payment.serviceFee)}.`,
    `At ${new Date(iat * 1000).toISOString()} it was ${payment.state.replaceAll("_", " ")}; ${sum(payment.refunded)} had come back.`,
    `Payment ${payment.id}, proposal ${about.proposalId}, development ${about.developmentId}, policy ${about.policyVersionId}.`,
  ].join("\n");
}

async function command(file: string | undefined, url: string | undefined): Promise<number> {
  if (file === undefined || url === undefined || !URL.canParse(url)) {
    console.error("Usage: node tools/verify-claim.ts FILE URL, such as claim.jws https://freehold.example");
    return 2;
  }
  let jws: string;
  let keys: unknown;
  try {
    jws = readFileSync(file, "utf8");
    const answer = await fetch(new URL("/api/claim-keys", url), { signal: AbortSignal.timeout(10_000) });
    if (!answer.ok) throw new Error(`${url} answers ${answer.status} when asked for its keys.`);
    keys = await answer.json();
  } catch (error) {
    console.error(`It could not be found out: ${error instanceof Error ? error.message : String(error)}`);
    return 2;
  }
  try {
    console.log(sayClaim(await verifyClaim(jws, keys, url)));
    return 0;
  } catch (error) {
    console.error(`This claim does not hold: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
}

if (import.meta.main) process.exitCode = await command(process.argv[2], process.argv[3]);
