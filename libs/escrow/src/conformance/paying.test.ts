import { finishOnboarding, payCheckout, startStripeSimulator } from "@freehold/local-world";
import type Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { onboardingLink, type Provider, providers, refusalOf } from "./provider.ts";

const start = () => startStripeSimulator({ now: () => new Date(), tickMs: 0, validate: true, journalFile: null });

describe.each(providers({ start, payCheckout, finishOnboarding }))("paying, at $name", ({ open }) => {
  let provider: Provider;
  let stripe: Stripe;
  beforeAll(async () => {
    provider = await open();
    ({ stripe } = provider);
  });
  afterAll(() => provider.close());

  const session = (more: Partial<Stripe.Checkout.SessionCreateParams> = {}) =>
    stripe.checkout.sessions.create({
      mode: "payment",
      client_reference_id: "payment_1",
      metadata: { payment_id: "payment_1" },
      line_items: [
        { quantity: 1, price_data: { currency: "usd", unit_amount: 2500, product_data: { name: "Pledge" } } },
        { quantity: 1, price_data: { currency: "usd", unit_amount: 110, product_data: { name: "Service fee" } } },
      ],
      payment_intent_data: { transfer_group: "dev_conformance", metadata: { payment_id: "payment_1" } },
      success_url: "https://example.com/back",
      cancel_url: "https://example.com/cancelled",
      ...more,
    });

  test("a session's amount is what the server's lines add up to; it is open, unpaid and leads to a page", async () => {
    const made = await session();
    expect(made).toMatchObject({
      object: "checkout.session",
      status: "open",
      payment_status: "unpaid",
      amount_total: 2610,
      currency: "usd",
      client_reference_id: "payment_1",
      payment_intent: null,
      livemode: false,
    });
    expect(made.url).toMatch(/^https?:/);
    const read = await stripe.checkout.sessions.retrieve(made.id, { expand: ["line_items"] });
    expect(read.line_items?.data.map((line) => line.amount_total).toSorted((a, b) => a - b)).toEqual([110, 2500]);
    expect(read.metadata).toEqual({ payment_id: "payment_1" });
  });

  test("a session that is expired takes no payment, has no page, and cannot be expired twice", async () => {
    const made = await session();
    expect(await stripe.checkout.sessions.expire(made.id)).toMatchObject({ status: "expired", url: null });
    expect(await refusalOf(stripe.checkout.sessions.expire(made.id))).toMatchObject({ statusCode: 400 });
  });

  test.each([25 * 60, 25 * 3600])("a session cannot end %i seconds from now", async (seconds) => {
    const expires_at = Math.floor(Date.now() / 1000) + seconds;
    expect(await refusalOf(session({ expires_at }))).toMatchObject({ statusCode: 400, param: "expires_at" });
  });

  test("paid on its page, a session is complete and names its payment, which carries the group and our metadata", async ({
    skip,
  }) => {
    if (provider.local === null) return skip("a sandbox's page needs a browser");
    const made = await session();
    expect((await provider.local.payCheckout(made.url!, { number: "4242424242424242" })).paid).toBe(true);
    expect(
      await stripe.checkout.sessions.retrieve(made.id, { expand: ["payment_intent.latest_charge"] }),
    ).toMatchObject({
      status: "complete",
      payment_status: "paid",
      payment_intent: {
        status: "succeeded",
        amount_received: 2610,
        metadata: { payment_id: "payment_1" },
        latest_charge: { paid: true, transfer_group: "dev_conformance" },
      },
    });
  });

  test("a payment by card is a charge whose balance transaction tells the fee and what is left", async () => {
    const payment = await provider.pay(2610, "pm_card_visa", { metadata: { payment_id: "payment_2" } });
    expect(payment).toMatchObject({ status: "succeeded", amount_received: 2610, currency: "usd" });
    const charge = payment.latest_charge;
    expect(charge).toMatchObject({ status: "succeeded", paid: true, amount: 2610, refunded: false, disputed: false });
    const txn = await provider.eventually("The fee", async () => {
      const read = await stripe.charges.retrieve(charge.id, { expand: ["balance_transaction"] });
      return (read.balance_transaction as Stripe.BalanceTransaction | null) ?? undefined;
    });
    expect(txn).toMatchObject({ type: "charge", reporting_category: "charge", amount: 2610, source: charge.id });
    expect(txn.fee).toBeGreaterThan(0);
    expect(txn.net).toBe(2610 - txn.fee);
    expect(txn.fee_details.reduce((sum, part) => sum + part.amount, 0)).toBe(txn.fee);
  });

  test.each([
    ["pm_card_chargeDeclined", "card_declined", "generic_decline"],
    ["pm_card_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"],
    ["pm_card_chargeDeclinedExpiredCard", "expired_card", undefined],
    ["pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", undefined],
    ["pm_card_chargeDeclinedProcessingError", "processing_error", undefined],
  ])("%s is declined as %s, and no money moved", async (card, code, decline) => {
    const refusal = await refusalOf(provider.pay(2500, card));
    expect(refusal).toMatchObject({ type: "StripeCardError", statusCode: 402, code });
    if (decline !== undefined) expect(refusal.decline_code).toBe(decline);
    const intent = await stripe.paymentIntents.retrieve(refusal.payment_intent!.id, { expand: ["latest_charge"] });
    expect(intent).toMatchObject({
      status: "requires_payment_method",
      amount_received: 0,
      last_payment_error: { code },
      latest_charge: { status: "failed", balance_transaction: null },
    });
  });

  test("a card that wants 3-D Secure sends its holder away first; nothing is charged until they come back", async () => {
    const intent = await stripe.paymentIntents.create({
      amount: 6000,
      currency: "usd",
      confirm: true,
      payment_method: "pm_card_authenticationRequired",
      automatic_payment_methods: { enabled: true },
      return_url: "https://example.com/back",
    });
    expect(intent).toMatchObject({ status: "requires_action", amount_received: 0 });
    const page = intent.next_action?.redirect_to_url?.url;
    expect(page).toMatch(/^https?:/);
    if (provider.local === null) return;
    await fetch(page!, { method: "POST", redirect: "manual", body: new URLSearchParams({ answer: "complete" }) });
    expect(await stripe.paymentIntents.retrieve(intent.id, { expand: ["latest_charge"] })).toMatchObject({
      status: "succeeded",
      latest_charge: { payment_method_details: { card: { three_d_secure: { result: "authenticated" } } } },
    });
  });

  test("a payment that was not made can be cancelled, and then not be made", async () => {
    const intent = await stripe.paymentIntents.create({ amount: 500, currency: "usd" });
    expect((await stripe.paymentIntents.cancel(intent.id)).status).toBe("canceled");
    expect(await refusalOf(stripe.paymentIntents.confirm(intent.id, { payment_method: "pm_card_visa" }))).toMatchObject(
      {
        code: "payment_intent_unexpected_state",
      },
    );
  });

  test("less than the smallest payment is refused", async () => {
    expect(await refusalOf(provider.pay(49))).toMatchObject({ statusCode: 400, code: "amount_too_small" });
  });

  test("a new payee is not payable, shows its parts only when asked, and is led to a page", async () => {
    const account = await provider.newcomer();
    expect((await stripe.v2.core.accounts.retrieve(account)).configuration ?? null).toBeNull();
    const asked = await stripe.v2.core.accounts.retrieve(account, { include: ["configuration.recipient"] });
    const capability = asked.configuration?.recipient?.capabilities?.stripe_balance?.stripe_transfers;
    expect(["restricted", "pending"]).toContain(capability?.status);
    const link = await onboardingLink(stripe, account);
    expect(link.url).toMatch(/^https?:/);
    expect(Date.parse(link.expires_at)).toBeGreaterThan(Date.now());
  });
});
