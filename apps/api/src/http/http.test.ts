import { setTimeout as delay } from "node:timers/promises";
import { Controller } from "@nestjs/common";
import type { NestFastifyApplication } from "@nestjs/platform-fastify";
import { type BodyOf, refusal } from "@freehold/contract";
import { openTestDatabase, type TestDatabase } from "@freehold/testing";
import { newId, usd } from "@freehold/values";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { KeepingInbox, PUBLIC_URL, someoneSignedIn, testApi } from "../testing/api.ts";
import { Body, Door, Params, type ParamsOf, Query, RequestId, Visitor } from "./door.ts";
import type { SignedIn } from "./session.ts";

const done: { door: string; by: string; what?: unknown }[] = [];
let pledging: () => Promise<unknown> = () => Promise.resolve();

/** A few doors of the contract, with rooms behind them that only write down who came. */
@Controller()
class SomeRoom {
  @Door("createEstimate") estimate(
    @Visitor() who: SignedIn,
    @Params() params: ParamsOf<"createEstimate">,
    @Body() body: BodyOf<"createEstimate">,
  ) {
    done.push({ door: "createEstimate", by: who.partyId, what: { ...params, ...body } });
    return { id: params.id };
  }
  @Door("createPledge") async pledge(@Visitor() who: SignedIn, @RequestId() id: string) {
    done.push({ door: "createPledge", by: who.partyId, what: id });
    await pledging();
    return { id, state: "opened", amount: usd(4_000n), serviceFee: usd(155n), total: usd(4_155n), url: null };
  }
  @Door("takeBack") takeBack(@Visitor() who: SignedIn) {
    done.push({ door: "takeBack", by: who.partyId });
    return { done: true };
  }
  @Door("proposals") proposals(@Query() query: unknown) {
    done.push({ door: "proposals", by: "", what: query });
    return { rows: [], next: null };
  }
  @Door("clock") clock() {
    return { now: new Date(0), shiftSeconds: 0, windable: false, ownerPassword: "not in the contract" };
  }
  @Door("widget") widget(@Params() { id }: ParamsOf<"widget">) {
    throw refusal("proposal_not_found", `There is no proposal ${id}.`);
  }
  @Door("staffQueue") staffQueue() {
    throw new Error("the password is hunter2 and the row was SELECT secret FROM party");
  }
}

let store: TestDatabase;
let api: NestFastifyApplication;
let alice: Awaited<ReturnType<typeof someoneSignedIn>>;
const inbox = new KeepingInbox();
const lines: string[] = [];

beforeAll(async () => {
  store = await openTestDatabase();
  api = await testApi(store.database, { controllers: [SomeRoom], inbox, log: (line) => lines.push(line) });
  alice = await someoneSignedIn(store.database);
});
afterAll(async () => {
  await api?.close();
  await store?.close();
});
beforeEach(() => {
  done.length = 0;
  pledging = () => Promise.resolve();
});

const estimates = `/api/proposals/${newId()}/estimates`;
const pledges = `/api/developments/${newId()}/pledges`;
const forty = { amount: { minor: "4000", currency: "USD" } };

interface Sent {
  headers?: Record<string, string>;
  payload?: unknown;
  remoteAddress?: string;
}
const post = (url: string, { headers = alice.headers, payload = forty, ...rest }: Sent = {}) =>
  api.inject({ method: "POST", url, headers, payload: payload as object, ...rest });
const pledge = (key: string, sent: Sent = {}) =>
  post(pledges, { ...sent, headers: { ...alice.headers, "idempotency-key": key, ...sent.headers } });

describe("a request", () => {
  test("reaches its door with a checked body, and the answer has the contract's form", async () => {
    const answer = await post(estimates);
    expect(answer.statusCode).toBe(200);
    expect(done).toEqual([
      { door: "createEstimate", by: alice.partyId, what: { id: estimates.split("/")[3], ...forty } },
    ]);
    const clock = await api.inject("/api/clock");
    expect(clock.json()).toEqual({ now: "1970-01-01T00:00:00.000Z", shiftSeconds: 0, windable: false });
    expect(clock.headers["x-content-type-options"]).toBe("nosniff");
    expect(clock.headers["cache-control"]).toBe("no-store");
  });

  const text = (payload: string, type = "application/json") => ({
    payload,
    headers: { "content-type": type },
  });
  const huge = JSON.stringify({ amount: { minor: "1", currency: "USD", note: "x".repeat(10 * 1024 * 1024) } });
  const bad: [
    string,
    { url?: string; method?: "GET" | "POST" | "DELETE"; payload?: unknown; headers?: Record<string, string> },
    number,
    string,
  ][] = [
    ["no body", { payload: undefined }, 400, "request_invalid"],
    ["broken JSON", text('{"amount":'), 400, "request_invalid"],
    [
      "a prototype in JSON",
      text('{"__proto__":{"admin":true},"amount":{"minor":"4000","currency":"USD"}}'),
      400,
      "request_invalid",
    ],
    [
      "bytes that are not UTF-8",
      { payload: Buffer.from([0x22, 0xff, 0x22]), headers: { "content-type": "application/json" } },
      400,
      "request_invalid",
    ],
    ["a list", { payload: [1] }, 400, "request_invalid"],
    ["a number for an amount", { payload: { amount: { minor: 4000, currency: "USD" } } }, 400, "request_invalid"],
    ["a negative amount", { payload: { amount: { minor: "-4000", currency: "USD" } } }, 400, "request_invalid"],
    ["a fraction", { payload: { amount: { minor: "40.5", currency: "USD" } } }, 400, "request_invalid"],
    [
      "an amount of a thousand digits",
      { payload: { amount: { minor: "9".repeat(1000), currency: "USD" } } },
      400,
      "request_invalid",
    ],
    ["an unknown currency", { payload: { amount: { minor: "4000", currency: "DOGE" } } }, 400, "request_invalid"],
    ["a field nobody asked for", { payload: { ...forty, stage: "settled" } }, 400, "request_invalid"],
    ["10 MB", text(huge), 413, "body_too_large"],
    ["a form", text("amount=4000", "application/x-www-form-urlencoded"), 415, "media_type_unsupported"],
    ["plain text", text("4000", "text/plain"), 415, "media_type_unsupported"],
    ["an id that is none", { url: "/api/proposals/1/estimates" }, 404, "not_found"],
    ["SQL for an id", { url: "/api/proposals/'%20OR%201=1--/estimates" }, 404, "not_found"],
    ["an id of a thousand characters", { url: `/api/proposals/${"a".repeat(1000)}/estimates` }, 404, "not_found"],
    ["a broken percent sign", { url: "/api/proposals/%zz/estimates" }, 400, "request_invalid"],
    ["an address that does not exist", { url: "/api/nothing" }, 404, "not_found"],
    ["another method", { method: "DELETE" }, 405, "method_not_allowed"],
    ["an unknown stage in the query", { method: "GET", url: "/api/proposals?stage=won" }, 400, "request_invalid"],
    ["a query given twice", { method: "GET", url: "/api/proposals?after=a&after=b" }, 400, "request_invalid"],
    ["NUL in the query", { method: "GET", url: "/api/proposals?after=%00" }, 400, "request_invalid"],
    ["no Idempotency-Key where money moves", { url: pledges }, 400, "idempotency_key_required"],
    ["a short Idempotency-Key", { url: pledges, headers: { "idempotency-key": "short" } }, 400, "request_invalid"],
    ["no session", { headers: { cookie: "" } }, 401, "sign_in_required"],
    ["a made-up session", { headers: { cookie: `freehold_session=${"a".repeat(43)}` } }, 401, "sign_in_required"],
    ["no CSRF token", { headers: { "x-csrf-token": "" } }, 403, "csrf_token_invalid"],
    ["another CSRF token", { headers: { "x-csrf-token": "a".repeat(43) } }, 403, "csrf_token_invalid"],
    ["another site as origin", { headers: { origin: "https://evil.example" } }, 403, "origin_not_allowed"],
    ["a hidden origin", { headers: { origin: "null" } }, 403, "origin_not_allowed"],
    ["another site by fetch metadata", { headers: { "sec-fetch-site": "cross-site" } }, 403, "origin_not_allowed"],
    ["a sister site", { headers: { "sec-fetch-site": "same-site" } }, 403, "origin_not_allowed"],
  ];
  test.each(bad)("with %s is refused and changes nothing", async (_name, sent, status, code) => {
    const { url = estimates, method = "POST", headers = {} } = sent;
    const payload = method === "GET" ? undefined : "payload" in sent ? sent.payload : forty;
    const answer = await api.inject({
      method,
      url,
      headers: { ...alice.headers, ...headers },
      ...(payload === undefined ? {} : { payload: payload as object }),
    });
    expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
    expect(answer.headers["content-type"]).toContain("application/problem+json");
    expect(answer.json()).toMatchObject({
      status,
      title: expect.any(String),
      detail: expect.stringMatching(/^.{3,}$/),
    });
    expect(answer.headers["x-content-type-options"]).toBe("nosniff");
    if (status === 405) expect(answer.headers.allow).toBe("POST");
    expect(done).toEqual([]);
  });

  test("says which field was wrong", async () => {
    const { facts } = (await post(estimates, { payload: { amount: { minor: "4,000", currency: "USD" } } })).json();
    expect(facts.fields).toEqual([{ field: "amount.minor", sentence: "whole minor units, digits only" }]);
  });

  test("for the widget comes from any site, without cookies; nothing else does", async () => {
    const id = newId();
    const widget = await api.inject({ url: `/w/1/features/${id}.json`, headers: { origin: "https://blog.example" } });
    expect(widget.json().detail).toBe(`There is no proposal ${id}.`);
    expect(widget.headers["access-control-allow-origin"]).toBe("*");
    expect((await api.inject("/w/1/features/1.json")).json().code).toBe("not_found");
    expect((await api.inject("/api/clock")).headers).not.toHaveProperty("access-control-allow-origin");
  });

  test("of 10 MB over a real connection gets its answer, and the server goes on", async () => {
    await api.listen(0, "127.0.0.1");
    const headers = { ...alice.headers, "content-type": "application/json" };
    const big = await fetch(`${await api.getUrl()}${estimates}`, { method: "POST", headers, body: huge });
    expect([big.status, ((await big.json()) as { code: string }).code]).toEqual([413, "body_too_large"]);
    const next = await fetch(`${await api.getUrl()}${estimates}`, {
      method: "POST",
      headers,
      body: JSON.stringify(forty),
    });
    expect(next.status).toBe(200);
  });

  test("that fails on our side tells the visitor nothing, and the log no secret", async () => {
    const answer = await api.inject({ url: "/api/staff/queue", headers: alice.headers });
    expect([answer.statusCode, answer.json().code]).toEqual([500, "internal_error"]);
    expect(answer.body).not.toContain("hunter2");
    expect(lines.join("")).toContain('"route":"/api/staff/queue"');
    expect(lines.join("")).not.toContain(alice.cookie.split("=")[1]);
  });

  test("comes too often from one address and has to wait; taking back never has to", async () => {
    const mallory = await someoneSignedIn(store.database, "mallory");
    const answers = [];
    for (let count = 0; count < 65; count += 1)
      answers.push(await post(estimates, { headers: mallory.headers, remoteAddress: "203.0.113.9" }));
    expect(answers.filter(({ statusCode }) => statusCode === 200)).toHaveLength(60);
    const last = answers.at(-1)!;
    expect([last.statusCode, last.json().code, last.headers["retry-after"]]).toEqual([429, "too_many_requests", "1"]);
    const takeBack = await post(`/api/pledges/${newId()}/taking-back`, {
      headers: { ...mallory.headers, "idempotency-key": newId() },
      remoteAddress: "203.0.113.9",
    });
    expect(takeBack.statusCode).toBe(200);
    const fromTheWeb = await post(estimates, { headers: { ...mallory.headers, "x-forwarded-for": "198.51.100.7" } });
    expect(fromTheWeb.statusCode).toBe(200);
    const pretending = await post(estimates, {
      headers: { ...mallory.headers, "x-forwarded-for": "198.51.100.7" },
      remoteAddress: "203.0.113.9",
    });
    expect(pretending.statusCode).toBe(429);
  });
});

describe("a money request", () => {
  test("clicked twice at once happens once, and both clicks get the one answer", async () => {
    pledging = () => delay(300);
    const key = newId();
    const answers = await Promise.all([pledge(key), pledge(key), pledge(key)]);
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200]);
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
    expect(answers[0]!.json()).toMatchObject({ total: { minor: "4155", currency: "USD" } });
    expect(answers.filter(({ headers }) => headers["idempotency-replayed"] === "true")).toHaveLength(2);
    expect(done).toHaveLength(1);
  });

  test("with the key of another request is refused; the key of another party is nobody's business", async () => {
    const key = newId();
    await pledge(key);
    const other = await pledge(key, { payload: { amount: { minor: "9900", currency: "USD" } } });
    expect([other.statusCode, other.json().code]).toEqual([422, "idempotency_key_reused"]);
    const bob = await someoneSignedIn(store.database, "bob");
    expect((await pledge(key, { headers: bob.headers })).statusCode).toBe(200);
    expect(new Set(done.map(({ what }) => what)).size).toBe(2);
  });

  test("that was refused is refused again in the same words, even if it would succeed by now", async () => {
    const key = newId();
    pledging = () => Promise.reject(refusal("preview_closed", "It closed at noon.", { at: "noon" }));
    const first = await pledge(key);
    pledging = () => Promise.resolve();
    const second = await pledge(key);
    expect([first.statusCode, second.statusCode]).toEqual([409, 409]);
    expect(second.json()).toEqual({ ...first.json(), detail: "It closed at noon.", facts: { at: "noon" } });
    expect(second.headers["idempotency-replayed"]).toBe("true");
    expect(done).toHaveLength(1);
  });

  test("that failed on our side, or found no payment page, may be tried again under its key", async () => {
    for (const failure of [new Error("broken"), refusal("checkout_unavailable")]) {
      const key = newId();
      pledging = () => Promise.reject(failure);
      expect((await pledge(key)).statusCode).toBeGreaterThanOrEqual(500);
      pledging = () => Promise.resolve();
      const again = await pledge(key);
      expect([again.statusCode, again.headers["idempotency-replayed"]]).toEqual([200, undefined]);
    }
  });

  test("whose process died is taken over after two minutes, under the same id", async () => {
    const key = newId();
    await pledge(key);
    const died = (minutes: number) => store.database.$executeRaw`
      UPDATE idempotency_record SET answered_at = NULL, status = NULL, answer = NULL,
        created_at = now() - make_interval(mins => ${minutes}::int) WHERE key = ${key}`;
    await died(1);
    const early = await pledge(key);
    expect([early.statusCode, early.json().code]).toEqual([409, "idempotency_key_in_use"]);
    await died(3);
    expect((await pledge(key)).statusCode).toBe(200);
    expect(done).toHaveLength(2);
    expect(done[0]!.what).toBe(done[1]!.what);
  });
});

describe("a webhook", () => {
  test("is handed on as the bytes it came as, without session, token or origin", async () => {
    const payload = '{ "id":"evt_1",\n "amount": 1.00 }';
    const headers = {
      "content-type": "application/json; charset=utf-8",
      "stripe-signature": "t=1,v1=a",
      origin: "https://stripe.com",
    };
    const answer = await api.inject({ method: "POST", url: "/webhooks/stripe", headers, payload });
    expect([answer.statusCode, answer.json()]).toEqual([202, { stored: true }]);
    expect(inbox.received).toEqual([{ body: Buffer.from(payload), signature: "t=1,v1=a" }]);
  });

  test("without a signature, or larger than 1 MB, is refused", async () => {
    const headers = { "content-type": "application/json" };
    const unsigned = await api.inject({ method: "POST", url: "/webhooks/stripe", headers, payload: "{}" });
    expect([unsigned.statusCode, unsigned.json().code]).toEqual([400, "webhook_signature_invalid"]);
    const signed = { ...headers, "stripe-signature": "t=1" };
    const large = await api.inject({
      method: "POST",
      url: "/webhooks/stripe",
      headers: signed,
      payload: `"${"x".repeat(1024 * 1024)}"`,
    });
    expect(large.statusCode).toBe(413);
    expect(inbox.received).toHaveLength(1);
  });
});

describe("a session", () => {
  test("says who is signed in and gives the token for forms; nobody gets neither", async () => {
    const { csrf, ...view } = await session(alice.headers);
    expect(csrf).toBe(alice.headers["x-csrf-token"]);
    expect(view).toMatchObject({
      person: { id: alice.partyId, handle: "alice.test", name: "alice", staff: false },
      windable: false,
    });
    expect(await session({})).toMatchObject({ person: null, csrf: "" });
  });

  test("ends with signing out, here and not in the other browser", async () => {
    const carla = await someoneSignedIn(store.database, "carla");
    const out = await post("/api/session/end", { headers: carla.headers, payload: {} });
    expect(out.statusCode).toBe(200);
    expect(String(out.headers["set-cookie"])).toMatch(/^freehold_session=;.*Expires=Thu, 01 Jan 1970/);
    expect(await session(carla.headers)).toMatchObject({ person: null });
    expect(await session(alice.headers)).toMatchObject({ person: { id: alice.partyId } });
  });

  test("lives thirty days from its last use, and is kept as a hash only", async () => {
    const bob = await someoneSignedIn(store.database, "bob");
    const row = () => store.database.session.findFirstOrThrow({ where: { partyId: bob.partyId } });
    expect(JSON.stringify(await row())).not.toContain(bob.cookie.split("=")[1]);
    const used = (days: number) => store.database.$executeRaw`
      UPDATE session SET last_seen_at = now() - make_interval(days => ${days}::int),
        expires_at = now() - make_interval(days => ${days}::int) + interval '30 days' WHERE party_id = ${bob.partyId}::uuid`;
    await used(29);
    expect(await session(bob.headers)).toMatchObject({ person: { id: bob.partyId } });
    expect((await row()).expiresAt.getTime()).toBeGreaterThan(Date.now() + 29 * 86_400_000);
    await used(31);
    expect(await session(bob.headers)).toMatchObject({ person: null });
  });

  async function session(headers: Record<string, string>) {
    const { csrfToken, ...view } = (await api.inject({ url: "/api/session", headers })).json();
    return { csrf: csrfToken, ...view };
  }
});

test("the api says whether it is well, and describes itself without another host", async () => {
  expect((await api.inject("/api/health")).json()).toEqual({ status: "ok" });
  const document = (await api.inject("/api/openapi.json")).json();
  expect(document.openapi).toBe("3.1.0");
  expect(document.servers).toEqual([{ url: PUBLIC_URL }]);
  expect(
    document.paths["/api/developments/{id}/pledges"].post.parameters.map(({ name }: { name: string }) => name),
  ).toEqual(["id", "x-csrf-token", "Idempotency-Key"]);
  expect(JSON.stringify(document)).not.toContain("#/$defs/");
  const references = JSON.stringify(document).match(/#\/components\/schemas\/[A-Za-z]+/g) ?? [];
  for (const reference of references) expect(document.components.schemas).toHaveProperty(reference.split("/").at(-1)!);
  const page = await api.inject("/api/docs");
  expect(page.statusCode).toBe(200);
  const assets = [...page.body.matchAll(/(?:src|href)="([^"#]+)"/g)].map(([, address]) => address!);
  expect(assets.length).toBeGreaterThan(3);
  for (const asset of assets) {
    expect(asset).not.toMatch(/^(https?:)?\/\//);
    expect((await api.inject(new URL(asset, `${PUBLIC_URL}/api/docs`).pathname)).statusCode).toBe(200);
  }
});
