import { findingsOf } from "@freehold/testing";
import { newId } from "@freehold/values";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { openTill, type Till } from "./testing/till.ts";

const PENDS = "4000000000007726";
const FAILS_LATER = "4000000000005126";

let till: Till;
beforeAll(async () => {
  till = await openTill();
});
afterAll(() => till.close());
afterEach(async () => expect(await findingsOf(till.market)).toEqual([]));

async function refunded(card?: string): Promise<{ id: string; objectId: string | null; refundId: string }> {
  const id = await till.paid(newId(), card === undefined ? {} : { card });
  await till.database.transact((tx) => till.vault.refund(tx, id, "whole", { reason: "stopped" }));
  await till.hurry();
  const refund = await till.database.refund.findFirstOrThrow({ where: { paymentId: id } });
  return { id, objectId: refund.objectId, refundId: refund.id };
}
const eventsOf = async (id: string) => (await till.posted(id)).map(([event]) => event);

test("a refund the bank has not answered is on its way, and arrives when it has", async () => {
  const { id, objectId } = await refunded(PENDS);
  expect(await till.state(id)).toBe("refunding");
  expect(await eventsOf(id)).toEqual(["charge", "processor_fee", "refund_planned"]);
  expect(objectId).not.toBeNull();
  await till.market.wind("10 seconds");
  await till.takePost();
  expect(await till.state(id)).toBe("refunded");
  expect((await eventsOf(id)).at(-1)).toBe("refund_confirmed");
});

test("D9 a refund that the bank sends back is owed: the money lies with us, is the backer's, and a person is told", async () => {
  const { id, refundId } = await refunded(FAILS_LATER);
  expect(await till.state(id)).toBe("refunded");
  expect(await findingsOf(till.market)).toEqual([]);
  await till.market.wind("10 seconds");
  await till.takePost();
  expect((await till.posted(id)).at(-1)).toEqual(["refund_failed", "psp_clearing 2610", "refund_owed -2610"]);
  expect(await till.database.refund.findUniqueOrThrow({ where: { id: refundId } })).toMatchObject({ state: "owed" });
  expect(await till.database.operatorTask.findMany({ where: { key: `refund_owed:${refundId}` } })).toMatchObject([
    { kind: "refund_owed", amountMinor: 2610n, subjectId: id },
  ]);
  expect(till.facts.at(-1)).toMatchObject({ paymentId: id });
  expect(till.facts.filter((fact) => fact.paymentId === id).map((fact) => fact.kind)).toContain("refund_owed");
});

test("D9 also when it fails long after it had succeeded, and only once however often we are told", async () => {
  const { id, objectId } = await refunded();
  expect(await till.state(id)).toBe("refunded");
  await till.market.wind("20 days");
  await till.stripe.failRefund(objectId!);
  await till.takePost();
  expect(await till.look(id)).toBe("unchanged");
  expect((await eventsOf(id)).filter((event) => event === "refund_failed")).toEqual(["refund_failed"]);
});

test("D5 without available money at the processor it waits there, and goes out when there is some", async () => {
  const developmentId = newId();
  const ids = [];
  for (let i = 0; i < 3; i += 1) ids.push(await till.paid(developmentId, { amount: 100_000n, serviceFee: 3035n }));
  await till.database.transact((tx) => till.vault.refundAll(tx, developmentId, "whole", "stopped"));
  await till.hurry();
  expect((await Promise.all(ids.map((id) => till.state(id)))).toSorted()).toContain("refunding");
  await till.market.wind("3 days");
  await till.takePost();
  expect(await Promise.all(ids.map((id) => till.state(id)))).toEqual(["refunded", "refunded", "refunded"]);
});

test("D10 a backer and a batch ask for the same money at once: one refund", async () => {
  const developmentId = newId();
  const id = await till.paid(developmentId);
  await Promise.all([
    till.database.transact((tx) => till.vault.refund(tx, id, "pledge", { reason: "taken_back" })),
    till.database.transact((tx) => till.vault.refundAll(tx, developmentId, "whole", "stopped")),
    till.database.transact((tx) => till.vault.refund(tx, id, "pledge", { reason: "taken_back" })),
  ]);
  await till.hurry();
  expect(await till.database.refund.count({ where: { paymentId: id } })).toBe(1);
  const { chargeId } = await till.database.payment.findUniqueOrThrow({ where: { id } });
  const refunds = await till.atStripe<{ charge: string }>("refund");
  expect(refunds.filter((refund) => refund.charge === chargeId).length).toBe(1);
});
