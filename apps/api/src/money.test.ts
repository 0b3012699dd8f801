import { generateKeyPairSync } from "node:crypto";
import { type ClaimKeys, paymentClaim } from "@freehold/contract";
import { openStory, type Story } from "@freehold/testing";
import type { NestFastifyApplication } from "@nestjs/platform-fastify";
import { compactVerify, createLocalJWKSet, decodeProtectedHeader } from "jose";
import { afterAll, beforeAll, expect, test } from "vitest";
import { roomControllers } from "./rooms.ts";
import { PUBLIC_URL, testApi } from "./testing/api.ts";
import { Sessions } from "./http/session.ts";

const former = generateKeyPairSync("ed25519").publicKey.export({ format: "der", type: "spki" }).toString("base64");

let story: Story;
let api: NestFastifyApplication;
beforeAll(async () => {
  story = await openStory();
  api = await testApi(story.database, {
    controllers: roomControllers,
    vault: story.market.vault,
    environment: { CLAIM_FORMER_KEYS: former, STAFF_DIDS: "did:test:frank" },
  });
});
afterAll(async () => {
  await api?.close();
  await story?.close();
});

async function asked(name: string, url: string, more: { method?: "POST"; payload?: object } = {}) {
  const partyId = await story.party(name);
  const token = await story.database.transact((tx) =>
    new Sessions(story.database, PUBLIC_URL).open(tx, partyId, { cookies: {} } as never),
  );
  const { csrfToken } = await story.database.session.findFirstOrThrow({
    where: { partyId },
    orderBy: { createdAt: "desc" },
  });
  const headers = { cookie: `freehold_session=${token}`, "x-csrf-token": csrfToken };
  return api.inject({ method: "GET", url, headers, ...more });
}
const keys = async () => (await api.inject({ method: "GET", url: "/api/claim-keys" })).json() as ClaimKeys;

test("a backer downloads a claim that anybody can verify with the public keys, and nobody else can download it", async () => {
  const { developmentId, proposalId } = await story.inPreview();
  const id = await story.pledge("alice", developmentId, 1500n);
  const answer = await asked("alice", `/api/payments/${id}/claim`);
  expect(answer.statusCode).toBe(200);
  expect(answer.headers["content-type"]).toBe("application/jose");
  expect(answer.headers["content-disposition"]).toBe(`attachment; filename="freehold-payment-${id}.jws"`);
  const jwks = await keys();
  expect(jwks.keys.map((key) => Object.keys(key).includes("d"))).toEqual([false, false]);
  const { payload } = await compactVerify(answer.body, createLocalJWKSet(jwks), { algorithms: ["EdDSA"] });
  expect(paymentClaim.parse(JSON.parse(new TextDecoder().decode(payload)))).toMatchObject({
    iss: PUBLIC_URL,
    sub: "did:test:alice",
    payment: { id, kind: "pledge", amount: { minor: "1500", currency: "USD" }, state: "held" },
    developmentId,
    proposalId,
  });
  expect(decodeProtectedHeader(answer.body)).toMatchObject({ alg: "EdDSA", kid: jwks.keys[0]!.kid });
  const onlyFormer = createLocalJWKSet({ keys: jwks.keys.slice(1) });
  await expect(compactVerify(answer.body, onlyFormer)).rejects.toThrow();

  const strange = await asked("bob", `/api/payments/${id}/claim`);
  expect([strange.statusCode, strange.json()]).toMatchObject([404, { code: "pledge_not_found" }]);
});

test("one's own movements come as a table with a name of its own, streamed, and are for oneself alone", async () => {
  const answer = await asked("alice", "/api/money/export.csv");
  expect(answer.statusCode).toBe(200);
  expect(answer.headers["content-type"]).toBe("text/csv; charset=utf-8; header=present");
  expect(answer.headers["content-disposition"]).toMatch(/^attachment; filename="freehold-\d{4}-\d\d-\d\d\.csv"$/);
  expect(answer.headers["content-length"]).toBeUndefined();
  expect(answer.headers["cache-control"]).toBe("no-store");
  const lines = answer.body.split("\r\n");
  expect(lines.length).toBe(4);
  expect(lines[1]).toContain('"pledge","payer","Read threads offline","dave",-15.00,"USD","held"');
  expect((await asked("erin", "/api/money/export.csv")).body.split("\r\n").length).toBe(2);
});

test("books, payouts and the staff's queue answer in the contract's form, and a task is done through its door", async () => {
  expect((await api.inject({ method: "GET", url: "/api/books" })).json()).toMatchObject({ held: { minor: "1500" } });
  expect((await asked("dave", "/api/payouts")).json()).toMatchObject({
    developments: [],
    account: { state: "payable" },
  });
  const task = await story.database.operatorTask.create({
    data: { key: "t", kind: "refund_owed", cause: "A cause.", nextStep: "A step.", createdAt: new Date() },
  });
  const done = (name: string) =>
    asked(name, `/api/operator-tasks/${task.id}/completion`, { method: "POST", payload: { note: "It was done." } });
  expect((await done("alice")).json()).toMatchObject({ code: "not_staff" });
  expect((await done("frank")).json()).toEqual({ done: true });
  expect((await done("frank")).json()).toMatchObject({ code: "task_done" });
  expect((await asked("frank", "/api/staff/queue")).json()).toMatchObject({
    tasks: [],
    done: [{ note: "It was done." }],
  });
});
