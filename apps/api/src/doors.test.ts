import { type Endpoint, type EndpointName, endpoints } from "@freehold/contract";
import { openTestDatabase, type TestDatabase } from "@freehold/testing";
import { newId } from "@freehold/values";
import type { NestFastifyApplication } from "@nestjs/platform-fastify";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ownControllers } from "./app.ts";
import { doorsOf } from "./http/door.ts";
import { roomControllers } from "./rooms.ts";
import { someoneSignedIn, testApi } from "./testing/api.ts";

const table = Object.entries(endpoints) as [EndpointName, Endpoint][];

test("every endpoint of the contract has exactly one door", () => {
  const doors = doorsOf([...ownControllers, ...roomControllers]);
  const missing = table.map(([name]) => name).filter((name) => !doors.has(name));
  const doubled = [...doors].filter(([, methods]) => methods.length > 1);
  expect({ missing, doubled }).toEqual({ missing: [], doubled: [] });
});

let store: TestDatabase;
let api: NestFastifyApplication;
let alice: Awaited<ReturnType<typeof someoneSignedIn>>;

beforeAll(async () => {
  store = await openTestDatabase();
  api = await testApi(store.database, { controllers: roomControllers });
  alice = await someoneSignedIn(store.database);
});
afterAll(async () => {
  await api?.close();
  await store?.close();
});

/** Asks at a door; one address per request, so that none has to wait. */
let asked = 0;
async function ask(
  endpoint: Endpoint,
  path: string,
  more: { headers?: Record<string, string>; payload?: unknown } = {},
) {
  const answer = await api.inject({
    method: endpoint.method,
    url: path,
    headers: { ...alice.headers, "idempotency-key": newId(), ...more.headers },
    remoteAddress: `203.0.${Math.floor((asked += 1) / 250)}.${asked % 250}`,
    ...(more.payload === undefined ? {} : { payload: more.payload as object }),
  });
  const { code } = answer.body.startsWith("{") ? (answer.json() as { code?: string }) : {};
  return { status: answer.statusCode, code };
}
const pathTo = ({ path }: Endpoint, id: string = newId()) => path.replace(":id", id).replace(":slug", "nothing");
const changing = table.filter(([, { method }]) => method === "POST");

test.each(table.filter(([, { signedIn }]) => signedIn))("%s is closed to strangers", async (_name, endpoint) => {
  const answer = await ask(endpoint, pathTo(endpoint), { headers: { cookie: "" }, payload: {} });
  expect(answer).toEqual({ status: 401, code: "sign_in_required" });
});

test.each(changing)("%s wants the session's token, from our own page", async (_name, endpoint) => {
  const untold = await ask(endpoint, pathTo(endpoint), { headers: { "x-csrf-token": "" }, payload: {} });
  expect(untold).toEqual({ status: 403, code: "csrf_token_invalid" });
  const foreign = await ask(endpoint, pathTo(endpoint), { headers: { origin: "https://evil.example" }, payload: {} });
  expect(foreign).toEqual({ status: 403, code: "origin_not_allowed" });
});

test.each(table.filter(([, { path }]) => path.includes(":")))(
  "%s knows nothing of what does not exist",
  async (_name, endpoint) => {
    for (const id of ["1", "%27%20OR%201=1--", "%00", "..%2f..%2fetc%2fpasswd", newId().replace(/-/g, "")])
      if (endpoint.path.includes(":id")) expect((await ask(endpoint, pathTo(endpoint, id))).status).toBe(404);
    const answer = await ask(endpoint, pathTo(endpoint));
    if (endpoint.body === undefined && endpoint.query === undefined) expect([403, 404]).toContain(answer.status);
    else if (endpoint.body === undefined) expect([400, 404]).toContain(answer.status);
    else expect(answer).toEqual({ status: 400, code: "request_invalid" });
  },
);

test.each(changing.filter(([, { body }]) => body))("%s takes no body of another form", async (_name, endpoint) => {
  for (const payload of [[], {}, '"text"', "null", { constructor: 1 }, { amount: -1 }]) {
    const headers = { "content-type": "application/json" };
    expect(await ask(endpoint, pathTo(endpoint), { headers, payload })).toEqual({
      status: 400,
      code: "request_invalid",
    });
  }
});

test.each(table.filter(([, { query, method }]) => query && method === "GET"))(
  "%s bears any query",
  async (_name, endpoint) => {
    const cursors = [
      "x",
      "%00",
      "null",
      "e30",
      "W10",
      "eyJpZCI6MX0",
      "'",
      `${"9".repeat(30)}.${newId()}`,
      "a".repeat(300),
    ];
    for (const after of cursors) {
      const { status } = await ask(
        endpoint,
        `${pathTo(endpoint)}?after=${after}&amount=${after}&minor=${after}&stage=${after}`,
      );
      expect([200, 400, 403, 404]).toContain(status);
    }
    for (const after of cursors) {
      const { status } = await ask(endpoint, `${pathTo(endpoint)}?after=${after}`);
      expect([200, 400, 403, 404]).toContain(status);
    }
  },
);
