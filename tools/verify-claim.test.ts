import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { CLAIM_TYPE, type PaymentClaim } from "@freehold/contract";
import { newId } from "@freehold/values";
import { calculateJwkThumbprint, CompactSign } from "jose";
import { expect, test } from "vitest";
import { run } from "./run.ts";
import { verifyClaim } from "./verify-claim.ts";

const URL_OF_ISSUER = "https://freehold.example";
const ours = generateKeyPairSync("ed25519");
const another = generateKeyPairSync("ed25519");

async function jwks(...keys: KeyObject[]) {
  const all = keys.map(async (key) => {
    const jwk = key.export({ format: "jwk" });
    return { ...jwk, alg: "EdDSA", use: "sig", kid: await calculateJwkThumbprint(jwk as never) };
  });
  return { keys: await Promise.all(all) };
}

const claim: PaymentClaim = {
  iss: URL_OF_ISSUER,
  sub: "did:plc:alice",
  iat: 1_800_000_000,
  payment: {
    id: newId(),
    kind: "pledge",
    amount: { minor: "1000", currency: "USD" },
    serviceFee: { minor: "65", currency: "USD" },
    refunded: { minor: "0", currency: "USD" },
    state: "held",
    chargedAt: "2027-01-15T08:00:00.000Z",
  },
  policyVersionId: newId(),
  developmentId: newId(),
  proposalId: newId(),
};

async function signed(says: unknown = claim, { key = ours.privateKey, header = {} } = {}) {
  const { kid } = (await jwks(ours.publicKey)).keys[0]!;
  return new CompactSign(Buffer.from(JSON.stringify(says)))
    .setProtectedHeader({ alg: "EdDSA", typ: CLAIM_TYPE, kid, ...header })
    .sign(key);
}

test("a claim says what was signed, under the key in use or a former one", async () => {
  expect(await verifyClaim(await signed(), await jwks(ours.publicKey), URL_OF_ISSUER)).toEqual(claim);
  expect(await verifyClaim(await signed(), await jwks(another.publicKey, ours.publicKey), URL_OF_ISSUER)).toEqual(
    claim,
  );
});

test("what was changed, signed by somebody else, meant for something else or issued elsewhere does not hold", async () => {
  const keys = await jwks(ours.publicKey);
  const [header, , signature] = (await signed()).split(".");
  const richer = { ...claim, payment: { ...claim.payment, amount: { minor: "100000", currency: "USD" } } };
  const tampered = `${header}.${Buffer.from(JSON.stringify(richer)).toString("base64url")}.${signature}`;
  const unsigned = `${Buffer.from(JSON.stringify({ alg: "none", typ: CLAIM_TYPE })).toString("base64url")}.${tampered.split(".")[1]}.`;
  const wrong = [
    tampered,
    unsigned,
    await signed(claim, { key: another.privateKey }),
    await signed(claim, { header: { typ: "JWT" } }),
    await signed({ ...claim, iss: "https://freehold.evil" }),
    await signed({ ...claim, more: "than we state" }),
  ];
  for (const jws of wrong) await expect(verifyClaim(jws, keys, URL_OF_ISSUER)).rejects.toThrow();
  // A secret made of the public key is no signature of ours.
  const { x } = keys.keys[0] as { x?: string };
  const forged = await new CompactSign(Buffer.from(JSON.stringify(claim)))
    .setProtectedHeader({ alg: "HS256", typ: CLAIM_TYPE })
    .sign(Buffer.from(x!, "base64url"));
  await expect(verifyClaim(forged, keys, URL_OF_ISSUER)).rejects.toThrow();
});

test("the command says so, and ends with 0, 1 or 2", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "freehold-claim-"));
  const keys = JSON.stringify(await jwks(ours.publicKey));
  const server = createServer((request, response) =>
    request.url === "/api/claim-keys" ? response.end(keys) : response.writeHead(404).end(),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    const file = path.join(folder, "claim.jws");
    const verify = (address: string) => run([process.execPath, "tools/verify-claim.ts", file, address]);
    writeFileSync(file, await signed({ ...claim, iss: url }));
    const held = await verify(url);
    expect(held, held.output).toMatchObject({ code: 0 });
    expect(held.output).toContain("did:plc:alice paid a pledge of $10.00 and a service fee of $0.65");
    writeFileSync(file, await signed({ ...claim, iss: url }, { key: another.privateKey }));
    expect(await verify(url)).toMatchObject({ code: 1 });
    expect(await verify("http://127.0.0.1:1")).toMatchObject({ code: 2 });
  } finally {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
