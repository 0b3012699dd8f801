import { findingsOf } from "@freehold/testing";
import { newId, usd } from "@freehold/values";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { openTill, type Till } from "./testing/till.ts";

/** Scenarios of the failure catalogue that have no other home. */
let till: Till;
let dave: string;
beforeAll(async () => {
  till = await openTill();
  dave = await till.payee("dave");
});
afterEach(async () => {
  expect(await findingsOf(till.market)).toEqual([]);
});
afterAll(() => till.close());

const lastSession = async () => (await till.atStripe<{ amount_total: number; id: string }>("session")).at(-1)!;

describe("pledging", () => {
  test("B1 what is charged comes from the row: edited metadata change nothing", async () => {
    const { id, intentId } = await till.begin(newId(), { amount: 2500n, serviceFee: 110n });
    await till.vault.perform(intentId);
    await till.pay(id);
    expect((await till.atStripe("charge")).at(-1)!.amount).toBe(2610);
    const paymentIntent = (await till.atStripe("payment_intent")).at(-1)!;
    await till.byHand(`payment_intents/${paymentIntent.id}`, { "metadata[payment_id]": newId() });
    await till.look(id);
    expect(await till.database.payment.findUniqueOrThrow({ where: { id } })).toMatchObject({
      state: "held",
      heldMinor: 2500n,
    });
  });

  test("B14 a bank that answers days later: nothing is held before its yes, and the charge's own time decides", async () => {
    const account = { number: "000123456789" };
    const begin = async (developmentId: string) => {
      const { id, intentId } = await till.begin(developmentId);
      // The product asks for cards only; this is a page that was opened before it did.
      await till.market.asOwner("UPDATE intent SET request = request - 'allowed_payment_method_types' WHERE id = $1", [
        intentId,
      ]);
      await till.vault.perform(intentId);
      await till.pay(id, account);
      await till.takePost();
      expect(await till.state(id)).toBe("opened");
      return { id, session: (await lastSession()).id };
    };
    const [yes, no] = [await begin(newId()), await begin(newId())];
    await till.stripe.answerAsync(yes.session, true);
    await till.stripe.answerAsync(no.session, false);
    await till.takePost();
    expect([await till.state(yes.id), await till.state(no.id)]).toEqual(["held", "failed"]);
  });

  test("B14 the product's own pages take cards only", async () => {
    const { id, intentId } = await till.begin(newId());
    await till.vault.perform(intentId);
    await till.pay(id, { number: "000123456789" }).catch(() => undefined);
    await till.look(id);
    expect(await till.state(id)).toBe("opened");
  });

  test("B13 H13 another currency has no account in the books, and a hostile title reaches nothing but a name", async () => {
    await expect(
      till.database.transact((tx) =>
        till.vault.hold(
          tx,
          {
            id: newId(),
            developmentId: newId(),
            payerId: newId(),
            amount: { minor: 2500n, currency: "JPY" as "USD" },
            serviceFee: usd(110n),
            platformFeeBasisPoints: 500,
            title: "x",
            successUrl: "http://127.0.0.1/",
            cancelUrl: "http://127.0.0.1/",
          },
          new Date(),
        ),
      ),
    ).rejects.toThrow(/payment_sums/);
    const { id, intentId } = await till.begin(newId(), { title: `evil\r\nX: 1 ${"\u202e"}${"🏴".repeat(3000)}` });
    await till.vault.perform(intentId);
    expect((await till.database.payment.findUniqueOrThrow({ where: { id } })).checkoutUrl).not.toBeNull();
  });

  test("G10 whose bank took a payment back has to prove themselves for any sum; what they hold stays held", async () => {
    const payerId = newId();
    const first = await till.paid(newId(), { payerId });
    const kept = await till.paid(newId(), { payerId });
    await till.stripe.openDispute(await till.chargeOf(first));
    await till.takePost();
    const { id } = await till.begin(newId(), { payerId });
    const asked = await till.database.intent.findFirstOrThrow({ where: { subjectId: id } });
    expect(asked.request).toMatchObject({
      payment_method_options: { card: { request_three_d_secure: "any" } },
    });
    expect(await till.state(kept)).toBe("held");
  });
});

describe("transfers", () => {
  test("F4 a stale list: what was refunded meanwhile is not transferred", async () => {
    const developmentId = newId();
    const [gone, stays] = [await till.paid(developmentId), await till.paid(developmentId)];
    await Promise.allSettled([
      till.database.transact((tx) => till.vault.refund(tx, gone, "pledge", { reason: "take_back" })),
      till.settle(developmentId, dave),
      till.settle(developmentId, dave),
    ]);
    await till.vault.advance(developmentId);
    await till.hurry(2);
    const charge = await till.chargeOf(gone);
    const transfers = await till.atStripe<{ source_transaction: string }>("transfer");
    const refunds = await till.atStripe<{ charge: string }>("refund");
    const both =
      transfers.filter((one) => one.source_transaction === charge).length +
      refunds.filter((one) => one.charge === charge).length;
    expect(both).toBe(1);
    expect(await till.state(stays)).toBe("paid");
  });

  test("F11 as many transfers as pledges and payees, each tied to its charge and named after its payout", async () => {
    const developmentId = newId();
    const erin = await till.payee("erin");
    const ids = [await till.paid(developmentId), await till.paid(developmentId), await till.paid(developmentId)];
    await till.database.transact((tx) =>
      till.vault.settle(tx, developmentId, [
        { payeeId: dave, basisPoints: 6000 },
        { payeeId: erin, basisPoints: 4000 },
      ]),
    );
    await till.hurry();
    const charges = await Promise.all(ids.map((id) => till.chargeOf(id)));
    const transfers = (
      await till.atStripe<{ source_transaction: string; metadata: Record<string, string>; transfer_group: string }>(
        "transfer",
      )
    ).filter((one) => charges.includes(one.source_transaction));
    expect(transfers).toHaveLength(6);
    expect(new Set(transfers.map((one) => one.metadata["payment_id"]))).toEqual(new Set(ids));
    expect(new Set(transfers.map((one) => one.metadata["payout_id"])).size).toBe(6);
    expect(new Set(transfers.map((one) => one.transfer_group))).toEqual(new Set([`dev_${developmentId}`]));
  });

  test("F13 the payee's own bank sends a payout back: informational; nothing is transferred again", async () => {
    const developmentId = newId();
    const id = await till.paid(developmentId);
    await till.settle(developmentId, dave);
    await till.hurry();
    await till.market.wind("8 days");
    const { accountId } = await till.database.payoutAccount.findUniqueOrThrow({ where: { partyId: dave } });
    const payout = await till.stripe.payOut(500, { account: accountId! });
    const before = (await till.stripe.counts())["transfer"];
    await till.stripe.failPayout(payout.id);
    await till.takePost();
    await till.hurry();
    expect(await till.state(id)).toBe("paid");
    expect((await till.stripe.counts())["transfer"]).toBe(before);
  });

  test("F17 the fee in force when it was pledged is the fee that is taken", async () => {
    const developmentId = newId();
    const [old, now] = [
      await till.paid(developmentId, { platformFeeBasisPoints: 300 }),
      await till.paid(developmentId, { platformFeeBasisPoints: 700 }),
    ];
    await till.settle(developmentId, dave);
    await till.hurry();
    const fees = async (id: string) =>
      (await till.database.payout.findMany({ where: { paymentId: id } })).map((payout) => payout.platformFeeMinor);
    expect([await fees(old), await fees(now)]).toEqual([[75n], [175n]]);
  });
});

test("a card fee that is known only later is booked when it is, once, and the hold never pays for it", async () => {
  await till.stripe.feeSchedule({ hide_fees: true });
  const id = await till.paid(newId());
  expect((await till.posted(id)).map(([event]) => event)).toEqual(["charge"]);
  await till.stripe.feeSchedule({ hide_fees: false });
  await till.stripe.showFees();
  await till.takePost();
  await till.look(id);
  expect((await till.posted(id)).map(([event]) => event)).toEqual(["charge", "processor_fee"]);
  expect(await till.database.payment.findUniqueOrThrow({ where: { id } })).toMatchObject({ heldMinor: 2500n });
});
