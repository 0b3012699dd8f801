import { afterEach, beforeEach, expect, test } from "vitest";
import { Desk, Ear, refusalOf, SECRET } from "../fixture.ts";
import { finishOnboarding } from "../pay-checkout.ts";

let desk: Desk;
let ear: Ear;
beforeEach(async () => {
  ear = await Ear.open();
  desk = await Desk.open({ webhook: ear.listener });
});
afterEach(async () => {
  await desk.close();
  await ear.close();
});

const recipient = async (id: string) =>
  (await desk.stripe.v2.core.accounts.retrieve(id, { include: ["configuration.recipient"] })).configuration?.recipient
    ?.capabilities?.stripe_balance?.stripe_transfers;

test("an account shows its parts only when they are asked for", async () => {
  const id = await desk.account(false);
  const bare = await desk.stripe.v2.core.accounts.retrieve(id);
  expect([bare.configuration, bare.requirements, bare.identity, bare.defaults]).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  const full = await desk.stripe.v2.core.accounts.retrieve(id, {
    include: ["configuration.recipient", "requirements", "identity", "defaults"],
  });
  expect(full).toMatchObject({
    identity: { country: "US", entity_type: "individual" },
    defaults: { responsibilities: { fees_collector: "application", losses_collector: "application" } },
    configuration: { recipient: { capabilities: { stripe_balance: { stripe_transfers: { status: "restricted" } } } } },
  });
  expect(full.requirements?.entries).toHaveLength(1);
});

test("finishing onboarding makes transfers active and posts a thin event that leads back to the account", async () => {
  const id = await desk.account(false);
  const link = await desk.link(id);
  const html = await (await fetch(link.url)).text();
  for (const label of ["Legal name<", "Country<", "Finish onboarding", "Cannot be paid in my country"])
    expect(html).toContain(label);
  expect(await finishOnboarding(link.url)).toBe("http://127.0.0.1:1/payable");
  expect(await recipient(id)).toMatchObject({ status: "active", status_details: [] });
  await desk.sim.drained();
  const told = ear.received.find((e) => e.type.includes("capability_status_updated"))!;
  const thin = desk.stripe.parseEventNotification(told.body, told.signature, SECRET);
  expect(thin).toMatchObject({ related_object: { id, type: "v2.core.account" } });
  expect(told.object).toBeUndefined();
  expect(await desk.stripe.v2.core.events.retrieve(thin.id)).toMatchObject({
    data: { updated_capability: "stripe_balance.stripe_transfers" },
  });
  expect(() => desk.stripe.webhooks.constructEvent(told.body, told.signature, SECRET)).toThrow("thin event");
});

test("somebody whose country is not served ends restricted and cannot be paid", async () => {
  const id = await desk.account(false);
  await finishOnboarding((await desk.link(id)).url, { unpayable: true });
  expect(await recipient(id)).toEqual({
    status: "restricted",
    status_details: [{ code: "unsupported_country", resolution: "no_resolution" }],
  });
  const charge = await desk.charge(2500);
  const refusal = await refusalOf(
    desk.stripe.transfers.create({ amount: 100, currency: "usd", destination: id, source_transaction: charge.id }),
  );
  expect(refusal).toMatchObject({ statusCode: 400, code: "insufficient_capabilities_for_transfer" });
});

test("a link works once and for fifteen minutes; afterwards it leads to the refresh address", async () => {
  const id = await desk.account(false);
  const link = await desk.link(id);
  await finishOnboarding(link.url);
  expect(await finishOnboarding(link.url)).toBe("http://127.0.0.1:1/again");
  const late = await desk.link(id);
  desk.clock.at += 15 * 60_000;
  expect(await finishOnboarding(late.url)).toBe("http://127.0.0.1:1/again");
});

test("a closed account is no destination any more", async () => {
  const id = await desk.account();
  await desk.stripe.v2.core.accounts.close(id, { applied_configurations: ["recipient"] });
  const refusal = await refusalOf(desk.stripe.transfers.create({ amount: 100, currency: "usd", destination: id }));
  expect(refusal).toMatchObject({
    code: "resource_missing",
    param: "destination",
    message: `No such destination: '${id}'`,
  });
});
