import { afterAll, beforeAll, expect, test } from "vitest";
import { ROUTES } from "./api.ts";
import { clientOf, Desk, refusalOf } from "./fixture.ts";
import { TypeChecks } from "./schema/inspector.ts";

let desk: Desk;
beforeAll(async () => {
  desk = await Desk.open();
});
afterAll(() => desk.close());

/** A call as the SDK would never make it. */
async function post(path: string, fields: Record<string, string>, headers: Record<string, string> = {}) {
  const response = await fetch(desk.sim.url + path, {
    method: "POST",
    body: new URLSearchParams(fields),
    headers: { authorization: "Bearer sk_test_x", ...headers },
  });
  return {
    status: response.status,
    headers: response.headers,
    error: ((await response.json()) as { error?: Record<string, unknown> }).error,
  };
}

const SESSION = {
  mode: "payment",
  success_url: "http://127.0.0.1:1/ok",
  "line_items[0][quantity]": "1",
  "line_items[0][price_data][currency]": "usd",
  "line_items[0][price_data][unit_amount]": "2500",
  "line_items[0][price_data][product_data][name]": "Pledge",
};

test("the unaltered request is accepted", async () => {
  expect((await post("/v1/checkout/sessions", SESSION)).status).toBe(200);
});

test.each([
  ["an unknown name", { nonsense: "1" }, "parameter_unknown", "nonsense"],
  [
    "an unknown name further in",
    { "payment_intent_data[nonsense]": "1" },
    "parameter_unknown",
    "payment_intent_data[nonsense]",
  ],
  [
    "the removed payment_method_types",
    { "payment_method_types[0]": "card" },
    "parameter_unknown",
    "payment_method_types",
  ],
  [
    "a sum with decimals",
    { "line_items[0][price_data][unit_amount]": "25.5" },
    "parameter_invalid_integer",
    "line_items[0][price_data][unit_amount]",
  ],
  [
    "a sum in scientific notation",
    { "line_items[0][price_data][unit_amount]": "1e3" },
    "parameter_invalid_integer",
    "line_items[0][price_data][unit_amount]",
  ],
  [
    "a sum beyond exact numbers",
    { "line_items[0][price_data][unit_amount]": "9007199254740993" },
    "parameter_invalid_integer",
    "line_items[0][price_data][unit_amount]",
  ],
  ["49 cents", { "line_items[0][price_data][unit_amount]": "49" }, "amount_too_small", "line_items"],
  ["a million dollars", { "line_items[0][price_data][unit_amount]": "100000000" }, "amount_too_large", "line_items"],
  [
    "an unknown currency",
    { "line_items[0][price_data][currency]": "xxx" },
    undefined,
    "line_items[0][price_data][currency]",
  ],
  ["another mode", { mode: "setup" }, undefined, "mode"],
  ["an empty address", { success_url: "" }, "parameter_invalid_empty", "success_url"],
  ["a word for an address", { success_url: "home" }, "url_invalid", "success_url"],
  ["text where a list belongs", { expand: "line_items" }, undefined, "expand"],
  ["an expiry in 29 minutes", { expires_at: "29" }, undefined, "expires_at"],
  ["an expiry in 25 hours", { expires_at: "1500" }, undefined, "expires_at"],
  ["metadata that is too long", { "metadata[a]": "x".repeat(501) }, undefined, "metadata[a]"],
  [
    "a destination nobody knows",
    { "payment_intent_data[transfer_data][destination]": "acct_none" },
    "resource_missing",
    "payment_intent_data[transfer_data][destination]",
  ],
])("a session with %s is refused, the parameter is named, and nothing is made", async (_what, change, code, param) => {
  const changed = { ...SESSION, ...change } as Record<string, string>;
  if (changed["expires_at"]) changed["expires_at"] = String(desk.clock.seconds + 60 * Number(changed["expires_at"]));
  const before = (await desk.sim.control.counts())["session"];
  const { status, error } = await post("/v1/checkout/sessions", changed);
  expect({ status, type: error?.["type"], code: error?.["code"], param: error?.["param"] }).toEqual({
    status: 400,
    type: "invalid_request_error",
    code,
    param,
  });
  expect((await desk.sim.control.counts())["session"]).toBe(before);
});

test.each(["mode", "success_url", "line_items[0][price_data][currency]"])(
  "a session without %s is refused",
  async (name) => {
    const { [name]: _gone, ...rest } = SESSION as Record<string, string>;
    expect((await post("/v1/checkout/sessions", rest)).error).toMatchObject({ code: "parameter_missing", param: name });
  },
);

test("what does not exist is a resource_missing, in the path and as a parameter", async () => {
  expect(await refusalOf(desk.stripe.charges.retrieve("ch_none"))).toMatchObject({
    statusCode: 404,
    code: "resource_missing",
    message: "No such charge: 'ch_none'",
    param: "id",
  });
  expect(await refusalOf(desk.stripe.refunds.create({ charge: "ch_none" }))).toMatchObject({
    code: "resource_missing",
    param: "charge",
  });
  expect(await refusalOf(desk.stripe.transfers.list({ starting_after: "tr_none" }))).toMatchObject({
    code: "resource_missing",
    param: "starting_after",
  });
  expect(await refusalOf(desk.stripe.customers.list())).toMatchObject({
    statusCode: 404,
    message: expect.stringContaining("Unrecognized request URL (GET: /v1/customers)") as string,
  });
});

test("a property that cannot be expanded is refused", async () => {
  const charge = await desk.charge(2500);
  const refusal = await refusalOf(desk.stripe.charges.retrieve(charge.id, { expand: ["outcome"] }));
  expect(refusal).toMatchObject({ statusCode: 400, message: "This property cannot be expanded (outcome)." });
});

test("a wrong key is 401, with Stripe's headers", async () => {
  const live = clientOf(desk.sim);
  expect(await refusalOf(live.balance.retrieve({}, { apiKey: "sk_live_x" }))).toMatchObject({
    statusCode: 401,
    type: "StripeAuthenticationError",
  });
  const bare = await post("/v1/refunds", {}, { authorization: "" });
  expect([bare.status, bare.headers.get("request-id")?.slice(0, 4), bare.headers.get("stripe-version")]).toEqual([
    401,
    "req_",
    "2026-10-28.endive",
  ]);
});

test("an account needs its JSON typed, and the express dashboard needs our responsibility", async () => {
  const call = (body: unknown) =>
    fetch(`${desk.sim.url}/v2/core/accounts`, {
      method: "POST",
      body: JSON.stringify(body),
      headers: { authorization: "Bearer sk_test_x" },
    }).then(async (r) => ({ status: r.status, ...((await r.json()) as object) }));
  expect(await call({ display_name: 7 })).toMatchObject({ status: 400, error: { param: "display_name" } });
  expect(await call({ type: "express" })).toMatchObject({
    status: 400,
    error: { code: "parameter_unknown", param: "type" },
  });
  expect(await call({ dashboard: "express" })).toMatchObject({
    status: 400,
    error: { param: "defaults.responsibilities" },
  });
});

test("no endpoint takes a parameter the SDK's types do not name, or goes without one they require", async () => {
  const types = await TypeChecks.load();
  const compared = ROUTES.filter((route) => route.type !== undefined);
  expect(compared.length).toBeGreaterThan(40);
  for (const route of compared) {
    const known = types.namesOf(route.type!);
    // `page` stands in the addresses that v2 lists hand out; the SDK follows them and never writes it.
    const names = Object.keys(route.params).filter((name) => name !== "page" || !route.path.startsWith("/v2/"));
    for (const name of names) expect(known, `${route.method} ${route.path}`).toContain(name);
    for (const name of types.requiredOf(route.type!))
      expect(route.params[name]?.required, `${route.method} ${route.path} ${name}`).toBe(true);
  }
});
