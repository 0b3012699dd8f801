import { afterEach, beforeEach, expect, test } from "vitest";
import { Desk, Ear, SECRET } from "./fixture.ts";

let ear: Ear;
let desk: Desk;
beforeEach(async () => {
  ear = await Ear.open();
  desk = await Desk.open({ webhook: ear.listener });
});
afterEach(async () => {
  await desk.close();
  await ear.close();
});

const topUp = () => desk.sim.control.topUp(1000);

test("an event that is not taken is posted again until it is, each time with a fresh signature", async () => {
  ear.answer = () => (ear.received.length < 3 ? 500 : 200);
  await topUp();
  await desk.sim.drained();
  const [event] = (await desk.stripe.events.list({ type: "topup.created" })).data;
  const tries = ear.received.filter((e) => e.id === event!.id);
  expect(tries.length).toBeGreaterThan(1);
  for (const one of tries)
    expect(desk.stripe.webhooks.constructEvent(one.body, one.signature, SECRET).id).toBe(event!.id);
});

test("the signature is of the exact bytes and of the machine's time, whatever the story clock says", async () => {
  desk.clock.wind(400);
  await topUp();
  await desk.sim.drained();
  const [one] = ear.received;
  expect(() => desk.stripe.webhooks.constructEvent(one!.body, one!.signature, "whsec_other")).toThrow();
  expect(() =>
    desk.stripe.webhooks.constructEvent(JSON.stringify(JSON.parse(one!.body)), one!.signature, SECRET),
  ).toThrow();
  expect(desk.stripe.webhooks.constructEvent(one!.body, one!.signature, SECRET).created).toBe(desk.clock.seconds);
});

test("events can be held, turned round and let go", async () => {
  await desk.sim.control.hold();
  await topUp();
  await topUp();
  expect(ear.received).toEqual([]);
  expect((await desk.stripe.events.list({ delivery_success: false })).data).toHaveLength(4);
  await desk.sim.control.turnRound();
  await desk.sim.control.release();
  await desk.sim.drained();
  expect(ear.received).toHaveLength(4);
  expect((await desk.stripe.events.list({ delivery_success: false })).data).toEqual([]);
});

test("an event can be lost, found by listing, and sent again", async () => {
  await desk.sim.control.dropNext(2);
  await topUp();
  await desk.sim.drained();
  expect(ear.received).toEqual([]);
  const [lost] = (await desk.stripe.events.list()).data;
  await desk.sim.control.resend(lost!.id);
  await desk.sim.drained();
  expect(ear.received.map((e) => e.id)).toEqual([lost!.id]);
});

test("an event can arrive more than once", async () => {
  await desk.sim.control.duplicate(1, 3);
  await topUp();
  await desk.sim.drained();
  expect(ear.types().toSorted()).toEqual(["topup.created", "topup.created", "topup.created", "topup.succeeded"]);
});

test("an event can come late, after one that happened later", async () => {
  await desk.sim.control.delay(1, 200);
  await topUp();
  await desk.sim.drained();
  expect(ear.types()).toEqual(["topup.succeeded", "topup.created"]);
});

test("the control verbs answer over HTTP as well", async () => {
  const verb = async (name: string, ...args: unknown[]) => {
    const response = await fetch(`${desk.sim.url}/__sim/${name}`, { method: "POST", body: JSON.stringify(args) });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  expect(await verb("topUp", 1234)).toMatchObject({ status: 200, body: { amount: 1234 } });
  expect(await verb("dump")).toMatchObject({ status: 200, body: { topup: [{ amount: 1234 }] } });
  expect((await verb("nonsense")).status).toBe(404);
  const foreign = { method: "POST", body: "[]", headers: { origin: "https://elsewhere.example" } };
  expect((await fetch(`${desk.sim.url}/__sim/reset`, foreign)).status).toBe(403);
  expect((await verb("failNext", 1, { status: 418 })).status).toBe(400);
  await verb("failNext", 1, { status: 429, path: "/v1/balance" });
  await expect(desk.stripe.balance.retrieve()).rejects.toThrow("rate limit");
  expect((await verb("reset")).status).toBe(200);
  expect(await desk.books()).toEqual({ available: 0, pending: 0, sum: 0 });
});
