import { finishOnboarding, payCheckout, startStripeSimulator } from "@freehold/local-world";
import type Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Provider, providers, refusalOf } from "./provider.ts";

const start = () => startStripeSimulator({ now: () => new Date(), tickMs: 0, validate: true, journalFile: null });

const NO_PAYEE = "STRIPE_CONFORMANCE_ACCOUNT names no onboarded account of this sandbox";
/** Its money is available at once, so that it can be given back and passed on. */
const AT_ONCE = "pm_card_bypassPending";

describe.each(providers({ start, payCheckout, finishOnboarding }))(
  "giving back and passing on, at $name",
  ({ open }) => {
    let provider: Provider;
    let stripe: Stripe;
    let payee: string | null;
    beforeAll(async () => {
      provider = await open();
      ({ stripe } = provider);
      payee = await provider.payee();
      // Money of our own, for refunds return the fee as well.
      await provider.pay(50_000, AT_ONCE);
    });
    afterAll(() => provider.close());

    const charged = async (amount: number, card = AT_ONCE, more = {}): Promise<Stripe.Charge> =>
      (await provider.pay(amount, card, more)).latest_charge;

    test("a charge is given back in full, once", async () => {
      const charge = await charged(2500);
      const refund = await stripe.refunds.create({ charge: charge.id, metadata: { refund_id: "r1" } });
      expect(refund).toMatchObject({ amount: 2500, currency: "usd", charge: charge.id, metadata: { refund_id: "r1" } });
      expect(["succeeded", "pending"]).toContain(refund.status);
      expect(await stripe.charges.retrieve(charge.id)).toMatchObject({ refunded: true, amount_refunded: 2500 });
      expect(await refusalOf(stripe.refunds.create({ charge: charge.id }))).toMatchObject({
        statusCode: 400,
        code: "charge_already_refunded",
      });
    });

    test("parts of a charge are given back up to the whole and no further", async () => {
      const charge = await charged(2500);
      await stripe.refunds.create({ charge: charge.id, amount: 1000 });
      expect(await refusalOf(stripe.refunds.create({ charge: charge.id, amount: 1501 }))).toMatchObject({
        statusCode: 400,
        type: "StripeInvalidRequestError",
      });
      expect(await stripe.charges.retrieve(charge.id)).toMatchObject({ refunded: false, amount_refunded: 1000 });
      await stripe.refunds.create({ charge: charge.id, amount: 1500 });
      const found: number[] = [];
      for await (const refund of stripe.refunds.list({ charge: charge.id, limit: 1 })) found.push(refund.amount);
      expect(found).toEqual([1500, 1000]);
    });

    test("a refund's balance transaction takes the amount and returns no fee", async () => {
      const charge = await charged(2500);
      const refund = await stripe.refunds.create({ charge: charge.id, amount: 700, expand: ["balance_transaction"] });
      expect(refund.balance_transaction).toMatchObject({ type: "refund", amount: -700, fee: 0, net: -700 });
    });

    test("with card 4000000000005126 a refund fails later, and the charge counts it no more", async () => {
      const charge = await charged(2500, "pm_card_refundFail");
      const refund = await stripe.refunds.create({ charge: charge.id });
      const failed = await provider.eventually("The failure", async () => {
        const read = await stripe.refunds.retrieve(refund.id, { expand: ["failure_balance_transaction"] });
        return read.status === "failed" ? read : undefined;
      });
      expect(failed.failure_reason).toEqual(expect.any(String));
      expect(failed.failure_balance_transaction).toMatchObject({ type: "refund_failure", amount: 2500 });
      expect((await stripe.charges.retrieve(charge.id)).amount_refunded).toBe(0);
    });

    test("transfers that name a charge add up to no more than it, and carry their group and our metadata", async ({
      skip,
    }) => {
      if (payee === null) return skip(NO_PAYEE);
      const group = `dev_${Date.now()}`;
      const charge = await charged(7000, AT_ONCE, { transfer_group: group });
      const order = {
        currency: "usd",
        destination: payee,
        source_transaction: charge.id,
        transfer_group: group,
        metadata: { payout_id: "p1" },
      };
      const transfer = await stripe.transfers.create({ ...order, amount: 6000 });
      expect(transfer).toMatchObject({
        amount: 6000,
        source_transaction: charge.id,
        transfer_group: group,
        reversed: false,
      });
      const over = await refusalOf(stripe.transfers.create({ ...order, amount: 1001 }));
      expect(over.statusCode).toBe(400);
      expect(over.message).toContain("must not exceed the source amount");
      await stripe.transfers.create({ ...order, amount: 1000 });
      const listed = (await stripe.transfers.list({ transfer_group: group })).data;
      expect(listed.map((one) => [one.amount, one.metadata["payout_id"]])).toEqual([
        [1000, "p1"],
        [6000, "p1"],
      ]);
    });

    test("a transfer out of money that has not settled is taken on and waits with it", async ({ skip }) => {
      if (payee === null) return skip(NO_PAYEE);
      const charge = await charged(2000, "pm_card_visa");
      const transfer = await stripe.transfers.create({
        amount: 1500,
        currency: "usd",
        destination: payee,
        source_transaction: charge.id,
        expand: ["balance_transaction"],
      });
      expect(transfer.balance_transaction).toMatchObject({ type: "transfer", net: -1500, status: "pending" });
      expect(transfer.transfer_group).toBe(`group_${charge.payment_intent as string}`);
    });

    test("giving a charge back leaves its transfer; the transfer is taken back by itself, in part or whole", async ({
      skip,
    }) => {
      if (payee === null) return skip(NO_PAYEE);
      const charge = await charged(5000);
      const order = { currency: "usd", destination: payee, source_transaction: charge.id };
      const transfer = await stripe.transfers.create({ ...order, amount: 4000 });
      await stripe.refunds.create({ charge: charge.id, amount: 500 });
      expect((await stripe.transfers.retrieve(transfer.id)).amount_reversed).toBe(0);
      const reversal = await stripe.transfers.createReversal(transfer.id, { amount: 1000 });
      expect(reversal).toMatchObject({ object: "transfer_reversal", amount: 1000, transfer: transfer.id });
      expect(await stripe.transfers.retrieve(transfer.id)).toMatchObject({ amount_reversed: 1000, reversed: false });
      expect(await refusalOf(stripe.transfers.createReversal(transfer.id, { amount: 3001 }))).toMatchObject({
        statusCode: 400,
      });
      await stripe.transfers.createReversal(transfer.id, { amount: 3000 });
      expect(await stripe.transfers.retrieve(transfer.id)).toMatchObject({ amount_reversed: 4000, reversed: true });
    });

    test("a destination charge passes its share on at once, and names the transfer", async ({ skip }) => {
      if (payee === null) return skip(NO_PAYEE);
      const charge = await charged(5185, "pm_card_visa", { transfer_data: { destination: payee, amount: 5000 } });
      const read = await stripe.charges.retrieve(charge.id, { expand: ["transfer"] });
      expect(read.transfer).toMatchObject({ amount: 5000, destination: payee, source_transaction: charge.id });
    });

    test("more than is available is not transferred, and the refusal is given again under its key", async ({
      skip,
    }) => {
      if (payee === null) return skip(NO_PAYEE);
      const available = (await stripe.balance.retrieve()).available.find((one) => one.currency === "usd")?.amount ?? 0;
      const amount = Math.max(available, 0) + 100_000;
      const idempotencyKey = `conformance_${Date.now()}`;
      const ask = () =>
        refusalOf(stripe.transfers.create({ amount, currency: "usd", destination: payee! }, { idempotencyKey }));
      expect(await ask()).toMatchObject({ statusCode: 400, code: "balance_insufficient" });
      const again = await ask();
      expect(again).toMatchObject({ statusCode: 400, code: "balance_insufficient" });
      expect(again.headers?.["idempotent-replayed"]).toBe("true");
    });

    test("an account that cannot receive transfers gets none", async ({ skip }) => {
      const account = await provider.newcomer();
      const call = stripe.transfers.create({ amount: 100, currency: "usd", destination: account });
      if (
        provider.local === null &&
        (await call.then(
          () => true,
          () => false,
        ))
      )
        return skip("this sandbox does not enforce capabilities");
      expect(await refusalOf(call)).toMatchObject({ statusCode: 400, code: "insufficient_capabilities_for_transfer" });
    });

    test("movements of the balance are found by what caused them and by when", async () => {
      const since = Math.floor(Date.now() / 1000) - 3600;
      const charge = await charged(3300);
      const refund = await stripe.refunds.create({ charge: charge.id, amount: 300 });
      const of = async (source: string) => (await stripe.balanceTransactions.list({ source })).data;
      expect(await of(charge.id)).toMatchObject([{ type: "charge", amount: 3300, source: charge.id }]);
      expect(await of(refund.id)).toMatchObject([{ type: "refund", amount: -300, source: refund.id }]);
      const recent = await stripe.balanceTransactions.list({ type: "refund", created: { gte: since }, limit: 5 });
      expect(recent.data.map((one) => one.source)).toContain(refund.id);
      expect(recent.data.every((one) => one.type === "refund" && one.created >= since)).toBe(true);
    });

    test("the platform's payout schedule can be read and set to manual", async ({ skip }) => {
      const schedule = (await stripe.balanceSettings.retrieve()).payments.payouts?.schedule;
      expect(["manual", "daily", "weekly", "monthly"]).toContain(schedule?.interval);
      if (provider.local === null) return skip("the schedule of a sandbox is its owner's");
      const set = await stripe.balanceSettings.update({ payments: { payouts: { schedule: { interval: "manual" } } } });
      expect(set.payments.payouts?.schedule?.interval).toBe("manual");
    });

    test("money leaves for the platform's bank only as far as it is available", async ({ skip }) => {
      if (provider.local === null) return skip("a sandbox's platform may have no bank account");
      const payout = await stripe.payouts.create({ amount: 100, currency: "usd", metadata: { withdrawal_id: "w1" } });
      expect(payout).toMatchObject({ amount: 100, automatic: false, status: "pending" });
      expect((await stripe.payouts.list({ limit: 1 })).data.map((one) => one.id)).toEqual([payout.id]);
      expect(await refusalOf(stripe.payouts.create({ amount: 99_999_999, currency: "usd" }))).toMatchObject({
        code: "balance_insufficient",
      });
    });
  },
);
