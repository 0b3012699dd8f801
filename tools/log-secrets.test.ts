import { type ChildProcess, spawn } from "node:child_process";
import { createHash, createHmac, randomBytes } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Vault } from "@freehold/escrow";
import { freePort } from "@freehold/local-world";
import { openTestDatabase, testEnvironment, type TestDatabase } from "@freehold/testing";
import { after, HOUR_MS, newId, usd } from "@freehold/values";
import { afterAll, beforeAll, expect, test } from "vitest";

/** Valid by its check digit, as every card number is and one in ten of all others. */
function isCardNumber(digits: string): boolean {
  const sum = [...digits].toReversed().reduce((total, digit, i) => {
    const twice = Number(digit) * (i % 2 === 0 ? 1 : 2);
    return total + (twice > 9 ? twice - 9 : twice);
  }, 0);
  return sum % 10 === 0;
}

/** What of a log must not be there: keys, signing secrets, client secrets, cookies, tokens, card numbers, and what we know to be secret. */
function secretsIn(text: string, known: readonly string[] = []): string[] {
  const forms = [
    /\b(?:sk|rk)_(?:test|live)_\w+/g,
    /\bwhsec_\w+/g,
    /\b\w+_secret_[A-Za-z0-9]{8,}/g,
    /freehold_session=[A-Za-z0-9_-]{20,}/g,
    /\b(?:Bearer|DPoP|Basic) [A-Za-z0-9._~+/=-]{16,}/g,
    /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/g,
    /\bpostgres(?:ql)?:\/\/[^\s:@/]+:[^\s@]+@/g,
  ];
  const cards = [...text.matchAll(/(?<![\w.-])(?:[3-6]\d{3}[ -]?(?:\d[ -]?){8,14}\d)(?![\w-])/g)]
    .map(([found]) => found.replaceAll(/[ -]/g, ""))
    .filter((digits) => digits.length >= 13 && digits.length <= 19 && isCardNumber(digits));
  return [...forms.flatMap((form) => text.match(form) ?? []), ...cards, ...known.filter((one) => text.includes(one))];
}

const key = `sk_test_${randomBytes(18).toString("hex")}`;
const webhookSecret = `whsec_${randomBytes(18).toString("hex")}`;
const sessionSecret = randomBytes(32).toString("hex");
const session = randomBytes(32).toString("base64url");
const code = randomBytes(24).toString("base64url");
const accessToken = `eyJhbGciOiJFUzI1NiJ9.${randomBytes(40).toString("base64url")}.${randomBytes(40).toString("base64url")}`;
const card = "4242424242424242";
const hostile = (authorization: string) =>
  `Invalid API Key provided: ${authorization}; rk_live_51Habcdefghijklmn ${webhookSecret} ` +
  `pi_3PabcDEFghi_secret_aBcDeFgHiJkLmNop card ${card} ${accessToken}`;

let ground: TestDatabase;
let stripe: Server;
let stripeUrl: string;
let calls = 0;
const running: ChildProcess[] = [];

beforeAll(async () => {
  ground = await openTestDatabase();
  // A processor that refuses our key and repeats in its answer all that it should not.
  stripe = createServer((request, response) => {
    calls += 1;
    const message = hostile(String(request.headers.authorization));
    response.writeHead(401, { "content-type": "application/json", "request-id": "req_1" });
    response.end(JSON.stringify({ error: { type: "invalid_request_error", code: "api_key_expired", message } }));
  });
  await new Promise<void>((resolve) => stripe.listen(0, "127.0.0.1", resolve));
  stripeUrl = `http://127.0.0.1:${(stripe.address() as AddressInfo).port}`;
});
afterAll(async () => {
  for (const child of running) child.kill("SIGKILL");
  stripe?.closeAllConnections();
  stripe?.close();
  await ground?.close();
});

/** A built program as a process of its own; all that it writes is kept. */
async function start(app: "api" | "worker") {
  const main = fileURLToPath(new URL(`../apps/${app}/dist/main.js`, import.meta.url));
  if (!existsSync(main)) throw new Error(`${main} is missing: build it first (npm run build)`);
  const port = await freePort();
  const {
    BOOT_SEED: _seed,
    FREEHOLD_WORLD: _world,
    ...said
  } = testEnvironment({
    DATABASE_URL: ground.appUrl,
    QUEUE_DATABASE_URL: ground.ownerUrl,
    STRIPE_API_URL: stripeUrl,
    STRIPE_SECRET_KEY: key,
    STRIPE_WEBHOOK_SECRET: webhookSecret,
    SESSION_SECRET: sessionSecret,
    PORT: port,
    WORKER_PORT: port,
  });
  const told = Object.fromEntries(Object.entries(said).map(([name, value]) => [name, String(value)]));
  const child = spawn(process.execPath, [main], { env: { PATH: process.env["PATH"], ...told } });
  running.push(child);
  const output: string[] = [];
  child.stdout.on("data", (chunk: Buffer) => output.push(chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => output.push(chunk.toString()));
  const url = `http://127.0.0.1:${port}`;
  await until(
    `${app} answers`,
    () =>
      fetch(url).then(
        () => true,
        () => false,
      ),
    () => output.join(""),
  );
  return { url, written: () => output.join("") };
}

async function until(what: string, holds: () => Promise<boolean> | boolean, seen: () => string): Promise<void> {
  for (const end = Date.now() + 30_000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 100)))
    if (await holds()) return;
  throw new Error(`it did not come to this: ${what}\n${seen().slice(-3000)}`);
}

/** Something in the database breaks: a table is gone for a moment. */
async function without(table: string, act: () => Promise<unknown>): Promise<void> {
  await ground.asOwner(`ALTER TABLE ${table} RENAME TO ${table}_gone`);
  try {
    await act();
  } finally {
    await ground.asOwner(`ALTER TABLE ${table}_gone RENAME TO ${table}`);
  }
}

const known = () => [
  key,
  webhookSecret,
  sessionSecret,
  session,
  code,
  accessToken,
  card,
  new URL(ground.appUrl).password,
];

test("the scanner knows a secret when it sees one, and leaves ids, sums and times alone", () => {
  for (const one of [
    key,
    "rk_live_51Habcdefghijklmn",
    webhookSecret,
    "pi_3PabcDEFghi_secret_aBcDeFgHiJkLmNop",
    `freehold_session=${session}`,
    `Bearer ${code}`,
    accessToken,
    "postgresql://app:pass@127.0.0.1/x",
    card,
    "5555 5555 5555 4444",
    "3782-822463-10005",
  ])
    expect([one, secretsIn(`{"message":"no: ${one}, sorry"}`).length > 0]).toEqual([one, true]);
  expect(secretsIn("the word swordfish", ["swordfish"])).toEqual(["swordfish"]);
  const harmless =
    '{"level":40,"time":1795190400000,"pid":4242,"id":"0190b7c0-0000-7000-8000-000000000001","charge":"ch_3PabcDEFghi4242424242","minor":"250000","req":"req_1"}';
  expect(secretsIn(harmless)).toEqual([]);
});

test("J10 the api's log holds no secret, whatever fails", async () => {
  const api = await start("api");
  const partyId = newId();
  await ground.database.party.create({ data: { id: partyId, name: "alice", firstSeenAt: new Date() } });
  await ground.database.$executeRaw`
    INSERT INTO session (id, token_hash, csrf_token, party_id, expires_at) VALUES (gen_random_uuid(),
      ${createHash("sha256").update(session).digest("hex")}, ${"c".repeat(43)}, ${partyId}::uuid, now() + interval '1 day')`;
  const headers = {
    cookie: `freehold_session=${session}`,
    "x-csrf-token": "c".repeat(43),
    origin: "http://127.0.0.1:4000",
    "idempotency-key": newId(),
    "content-type": "application/json",
  };
  const ask = (path: string, init: RequestInit = {}) => fetch(`${api.url}${path}`, { redirect: "manual", ...init });

  // The processor refuses our key, and says it aloud.
  const before = calls;
  const body = JSON.stringify({ returnPath: "/get-paid" });
  const refused = await ask("/api/payee-account", { method: "POST", headers, body });
  expect([refused.status, calls > before]).toEqual([500, true]);
  // A webhook signed with a secret that is not ours.
  const event = JSON.stringify({ id: "evt_1", object: "event", data: { object: { client_secret: hostile(key) } } });
  const stamp = Math.floor(Date.now() / 1000);
  const signature = createHmac("sha256", "whsec_another").update(`${stamp}.${event}`).digest("hex");
  const signed = { "content-type": "application/json", "stripe-signature": `t=${stamp},v1=${signature}` };
  expect((await ask("/webhooks/stripe", { method: "POST", headers: signed, body: event })).status).toBe(400);
  // A sign-in that comes to nothing.
  await ask(`/oauth/callback?code=${code}&state=${code}&iss=https://host.example`, { headers });
  // Card data where none belongs, and a body that is none.
  await ask("/api/payee-account", { method: "POST", headers, body: `{"name":"${card}"` });
  // The database fails while somebody signed in asks.
  await without("session", async () => {
    expect((await ask("/api/payouts", { headers })).status).toBe(500);
  });

  await until("it was logged", () => api.written().split("request failed").length > 2, api.written);
  expect(api.written()).toContain("Invalid API Key");
  expect(secretsIn(api.written(), known())).toEqual([]);
});

test("J10 the worker's log holds no secret, whatever fails", async () => {
  const vault = new Vault(ground.database, { secretKey: key, webhookSecret, apiUrl: stripeUrl });
  const id = newId();
  const payment = {
    id,
    developmentId: newId(),
    payerId: newId(),
    amount: usd(2500n),
    serviceFee: usd(110n),
    platformFeeBasisPoints: 500,
    title: "Read threads offline",
    successUrl: "http://127.0.0.1:4000/payments/back",
    cancelUrl: "http://127.0.0.1:4000/payments/cancelled",
  };
  await ground.addOwnFunds(200_000n);
  await ground.database.transact(async (tx) => vault.hold(tx, payment, after(new Date(), HOUR_MS)));
  // Its page is long over: the worker asks the processor what became of it.
  await ground.asOwner(
    "UPDATE payment SET checkout_id = 'cs_test_1', checkout_expires_at = now() - interval '1 hour' WHERE id = $1",
    [id],
  );
  const worker = await start("worker");
  await until("the processor's refusal was logged", () => worker.written().includes("Invalid API Key"), worker.written);
  await without("outbox", () =>
    until("the database's failure was logged", () => worker.written().includes("outbox.relay"), worker.written),
  );
  expect(secretsIn(worker.written(), known())).toEqual([]);
});
