import { finishOnboarding, payCheckout, startStripeSimulator } from "@freehold/local-world";
import type Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Provider, providers, refusalOf } from "./provider.ts";

const start = () => startStripeSimulator({ now: () => new Date(), tickMs: 0, validate: true, journalFile: null });

describe.each(providers({ start, payCheckout, finishOnboarding }))("the bank objects, at $name", ({ open }) => {
  let provider: Provider;
  let stripe: Stripe;
  beforeAll(async () => {
    provider = await open();
    ({ stripe } = provider);
    await provider.pay(50_000, "pm_card_bypassPending");
  });
  afterAll(() => provider.close());

  const disputed = async (card: string): Promise<{ charge: Stripe.Charge; dispute: Stripe.Dispute }> => {
    const charge = (await provider.pay(2500, card)).latest_charge;
    const dispute = await provider.eventually(
      "The dispute",
      async () => (await stripe.disputes.list({ charge: charge.id })).data[0],
    );
    return { charge, dispute };
  };

  test("with card 4000000000000259 the bank takes the money and a fee at once, and the charge cannot be refunded", async () => {
    const { charge, dispute } = await disputed("pm_card_createDispute");
    expect(dispute).toMatchObject({
      amount: 2500,
      currency: "usd",
      charge: charge.id,
      status: "needs_response",
      is_charge_refundable: false,
    });
    expect(dispute.balance_transactions).toMatchObject([
      { type: "adjustment", reporting_category: "dispute", amount: -2500, source: dispute.id },
    ]);
    expect((await stripe.charges.retrieve(charge.id)).disputed).toBe(true);
    expect(await refusalOf(stripe.refunds.create({ charge: charge.id }))).toMatchObject({
      statusCode: 400,
      code: "charge_disputed",
    });
  });

  test.each([
    ["winning_evidence", "won"],
    ["losing_evidence", "lost"],
  ])("with %s a dispute is %s", async (uncategorized_text, status) => {
    const { dispute } = await disputed("pm_card_createDispute");
    await stripe.disputes.update(dispute.id, { evidence: { uncategorized_text }, submit: true });
    const closed = await provider.eventually("The decision", async () => {
      const read = await stripe.disputes.retrieve(dispute.id);
      return read.status === status ? read : undefined;
    });
    const back = closed.balance_transactions.filter((one) => one.reporting_category === "dispute_reversal");
    expect(back.map((one) => one.amount)).toEqual(status === "won" ? [2500] : []);
  });

  test("with card 4000000000001976 the bank only asks: no money moves, and the charge can be refunded", async () => {
    const { charge, dispute } = await disputed("pm_card_createDisputeInquiry");
    expect(dispute).toMatchObject({
      status: "warning_needs_response",
      balance_transactions: [],
      is_charge_refundable: true,
    });
    expect((await stripe.refunds.create({ charge: charge.id })).amount).toBe(2500);
  });

  test("with card 4000000000005423 a fraud warning comes, and is not actionable once the charge was refunded", async () => {
    const charge = (await provider.pay(2500, "pm_card_createIssuerFraudRecord")).latest_charge;
    const warning = await provider.eventually(
      "The warning",
      async () => (await stripe.radar.earlyFraudWarnings.list({ charge: charge.id })).data[0],
    );
    expect(warning).toMatchObject({ charge: charge.id, actionable: true });
    await stripe.refunds.create({ charge: charge.id });
    await provider.eventually("The end of the warning", async () =>
      (await stripe.radar.earlyFraudWarnings.retrieve(warning.id)).actionable ? undefined : true,
    );
  });

  test("what happened can be read back by kind and time", async () => {
    const since = Math.floor(Date.now() / 1000) - 60;
    const charge = (await provider.pay(2500)).latest_charge;
    const event = await provider.eventually("The event", async () => {
      for await (const one of stripe.events.list({ types: ["charge.succeeded"], created: { gte: since }, limit: 20 }))
        if ((one.data.object as { id?: string }).id === charge.id) return one;
      return undefined;
    });
    expect(event).toMatchObject({ type: "charge.succeeded", livemode: false });
    expect((await stripe.events.retrieve(event.id)).id).toBe(event.id);
  });
});
