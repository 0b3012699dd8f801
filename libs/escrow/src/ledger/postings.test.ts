import { findingsOf } from "@freehold/testing";
import { newId } from "@freehold/values";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTill, type Till } from "../testing/till.ts";

let till: Till;
let dave: string;
let erin: string;
beforeAll(async () => {
  till = await openTill({ validate: true });
  dave = await till.payee("dave");
  erin = await till.payee("erin");
});
afterAll(() => till.close());

const CHARGE = ["charge", "holding -2500", "psp_clearing 2610", "service_fee -110"];
/** 2.9 % of 2610, and 30. */
const FEE = ["processor_fee", "psp_clearing -106", "stripe_fee 106"];

test("a charge is held, the service fee is ours, and the processor's fee is booked when it can be read", async () => {
  await till.stripe.feeSchedule({ hide_fees: true });
  const pledge = await till.paid(newId());
  expect(await till.state(pledge)).toBe("held");
  expect(await till.posted(pledge)).toEqual([CHARGE]);
  await till.stripe.feeSchedule({ hide_fees: false });
  await till.stripe.showFees();
  expect(await till.look(pledge)).toBe("unchanged");
  expect(await till.look(pledge)).toBe("unchanged");
  expect(await till.posted(pledge)).toEqual([CHARGE, FEE]);
});

test("D11 a pledge that goes back leaves the fees booked; one that goes back whole takes the service fee with it", async () => {
  const developmentId = newId();
  const pledge = await till.paid(developmentId);
  const failed = await till.paid(developmentId);
  await till.market.wind("3 days");
  await till.database.transact((tx) => till.vault.refund(tx, pledge, "pledge", { reason: "taken_back" }));
  await till.database.transact((tx) => till.vault.refund(tx, failed, "whole", { reason: "release_failed" }));
  expect(await till.posted(pledge)).toEqual([CHARGE, FEE, ["refund_planned", "holding 2500", "refund_payable -2500"]]);
  expect(await till.posted(failed)).toEqual([
    CHARGE,
    FEE,
    ["refund_planned", "holding 2500", "refund_payable -2610", "service_fee 110"],
  ]);
  await till.hurry();
  expect((await till.posted(pledge)).at(-1)).toEqual(["refund_confirmed", "psp_clearing -2500", "refund_payable 2500"]);
  expect((await till.posted(failed)).at(-1)).toEqual(["refund_confirmed", "psp_clearing -2610", "refund_payable 2610"]);
  expect([await till.state(pledge), await till.state(failed)]).toEqual(["refunded", "refunded"]);
});

test("a settlement leaves the hold for the payees' accounts and ours, and their accounts for the processor's", async () => {
  const developmentId = newId();
  const pledge = await till.paid(developmentId);
  const lines = [
    { payeeId: dave, basisPoints: 7501 },
    { payeeId: erin, basisPoints: 2499 },
  ];
  await till.database.transact((tx) => till.vault.settle(tx, developmentId, lines));
  // 5 % of 2500 is 125; 2375 × 0.7501 = 1781.4875, 2375 × 0.2499 = 593.5125: the larger rest gets the cent.
  expect((await till.posted(pledge)).at(-1)).toEqual([
    "settlement_authorised",
    "holding 2500",
    "payee -1781",
    "payee -594",
    "platform_fee -125",
  ]);
  expect(await till.state(pledge)).toBe("settling");
  await till.hurry();
  expect((await till.posted(pledge)).slice(-2).toSorted()).toEqual([
    ["transfer_confirmed", "payee 1781", "psp_clearing -1781"],
    ["transfer_confirmed", "payee 594", "psp_clearing -594"],
  ]);
  expect(await till.state(pledge)).toBe("paid");
  const transfers = await till.atStripe<{ amount: number; source_transaction: string; transfer_group: string }>(
    "transfer",
  );
  const { chargeId } = await till.database.payment.findUniqueOrThrow({ where: { id: pledge } });
  const group = `dev_${developmentId}`;
  expect(
    transfers
      .filter((transfer) => transfer.transfer_group === group)
      .map((transfer) => transfer.amount)
      .toSorted(),
  ).toEqual([1781, 594]);
  expect(new Set(transfers.map((transfer) => transfer.source_transaction))).toContain(chargeId);
});

test("a pledge named in a settlement goes back whole while the others are paid", async () => {
  const developmentId = newId();
  const [kept, disputed] = [await till.paid(developmentId), await till.paid(developmentId)];
  const lines = [{ payeeId: dave, basisPoints: 10_000 }];
  await till.market.wind("3 days");
  await till.database.transact((tx) => till.vault.settle(tx, developmentId, lines, new Set([disputed])));
  await till.hurry();
  expect([await till.state(kept), await till.state(disputed)]).toEqual(["paid", "refunded"]);
  expect((await till.posted(disputed)).at(-1)).toEqual([
    "refund_confirmed",
    "psp_clearing -2610",
    "refund_payable 2610",
  ]);
});

test("a donation passes through the books straight to the payee and stays there", async () => {
  const donation = await till.paid(newId(), { amount: 1000n, serviceFee: 65n, payeeId: dave });
  expect(await till.state(donation)).toBe("given");
  expect(await till.posted(donation)).toEqual([
    ["donation", "donation_payable -1000", "psp_clearing 1065", "service_fee -65"],
    ["donation_passed_on", "donation_payable 1000", "psp_clearing -1000"],
    ["processor_fee", "psp_clearing -61", "stripe_fee 61"],
  ]);
  await expect(
    till.database.transact((tx) => till.vault.refund(tx, donation, "whole", { reason: "asked" })),
  ).rejects.toMatchObject({
    code: "payment_not_held",
  });
});

test("what was refunded, paid or given is not moved again", async () => {
  const developmentId = newId();
  const pledge = await till.paid(developmentId);
  await till.database.transact((tx) => till.vault.settle(tx, developmentId, [{ payeeId: dave, basisPoints: 10_000 }]));
  const refunding = till.database.transact((tx) => till.vault.refund(tx, pledge, "pledge", { reason: "late wish" }));
  await expect(refunding).rejects.toMatchObject({ code: "payment_not_held" });
  await till.hurry();
  const before = await till.posted(pledge);
  await till.database.transact((tx) => till.vault.refundAll(tx, developmentId, "whole", "stopped"));
  await till.database.transact((tx) => till.vault.settle(tx, developmentId, [{ payeeId: dave, basisPoints: 10_000 }]));
  await till.hurry();
  expect(await till.posted(pledge)).toEqual(before);
  expect(await till.state(pledge)).toBe("paid");
});

test("a charge of another sum than its row makes no pledge: all of it goes back, and a person is told", async () => {
  const { id, intentId } = await till.begin(newId());
  await till.vault.perform(intentId);
  await till.market.asOwner("UPDATE payment SET amount_minor = 2400 WHERE id = $1", [id]);
  await till.pay(id);
  expect(await till.look(id)).toBe("expired");
  expect(await till.state(id)).toBe("failed");
  await till.hurry();
  expect(await till.posted(id)).toEqual([
    ["refund_planned", "psp_clearing 2610", "refund_payable -2610"],
    ["processor_fee", "psp_clearing -106", "stripe_fee 106"],
    ["refund_confirmed", "psp_clearing -2610", "refund_payable 2610"],
  ]);
  expect(await till.database.operatorTask.count({ where: { key: `charge_differs:${id}` } })).toBe(1);
});

test("after all of that the books prove themselves, and a cent that is somewhere else shows", async () => {
  expect(await findingsOf(till.market)).toEqual([]);
  const pledge = await till.paid(newId());
  await till.market.asOwner("UPDATE payment SET held_minor = held_minor - 1 WHERE id = $1", [pledge]);
  expect((await till.vault.check()).findings).toEqual([`money is not where the rows say: ${pledge} (held)`]);
  await till.market.asOwner("UPDATE payment SET held_minor = held_minor + 1 WHERE id = $1", [pledge]);
  await till.market.asOwner(
    "UPDATE ledger_account SET balance = balance - 1 WHERE code LIKE 'payee:%' AND balance = 0",
  );
  expect((await till.vault.check()).balanced).toBe(false);
  await till.market.asOwner("UPDATE ledger_account SET balance = balance + 1 WHERE code LIKE 'payee:%'");
  expect(await findingsOf(till.market)).toEqual([]);
});
