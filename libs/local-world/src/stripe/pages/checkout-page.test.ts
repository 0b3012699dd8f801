import type Stripe from "stripe";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Desk } from "../fixture.ts";
import { payCheckout } from "../pay-checkout.ts";

let desk: Desk;
beforeEach(async () => {
  desk = await Desk.open();
});
afterEach(() => desk.close());

const state = async (id: string) => {
  const session = await desk.stripe.checkout.sessions.retrieve(id, { expand: ["payment_intent.latest_charge"] });
  return { session, intent: session.payment_intent as Stripe.PaymentIntent };
};

test("the page names its fields, says what it is, offers the way back and needs no script", async () => {
  const session = await desk.session(2500);
  const html = await (await fetch(session.url!)).text();
  for (const label of [
    "Email<",
    "Card number<",
    "Expiry<",
    "CVC<",
    "Pay $25.00",
    "Local Stripe simulator",
    "4242 4242 4242 4242",
    ">Back<",
  ]) {
    expect(html).toContain(label);
  }
  expect(html).toContain('href="http://127.0.0.1:1/back"');
  expect(html).not.toMatch(/<script|https?:\/\/(?!127\.0\.0\.1)/);
});

test("hostile text in a line item is shown as text", async () => {
  const session = await desk.session(2500, {
    line_items: [
      {
        quantity: 1,
        price_data: { currency: "usd", unit_amount: 2500, product_data: { name: `<script>alert("1")</script>` } },
      },
    ],
  });
  expect(await (await fetch(session.url!)).text()).toContain("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;");
});

test.each([
  ["4000000000000002", "Your card was declined.", "card_declined", "generic_decline"],
  ["4000000000009995", "Your card has insufficient funds.", "card_declined", "insufficient_funds"],
  ["4000000000000069", "Your card has expired.", "expired_card", undefined],
])(
  "card %s is refused with its message, and another card may be tried on the same page",
  async (number, message, code, decline_code) => {
    const session = await desk.session(2500);
    expect(await payCheckout(session.url!, { number })).toEqual({ paid: false, message });
    const failed = await state(session.id);
    expect(failed.session).toMatchObject({ status: "open", payment_status: "unpaid" });
    expect(failed.intent).toMatchObject({
      status: "requires_payment_method",
      amount_received: 0,
      last_payment_error: { code, message },
    });
    expect(failed.intent.last_payment_error?.decline_code).toBe(decline_code);
    expect(failed.intent.latest_charge).toMatchObject({ status: "failed", paid: false, balance_transaction: null });
    expect((await payCheckout(session.url!, { number: "4242424242424242" })).paid).toBe(true);
    const paid = await state(session.id);
    expect(paid.intent.id).toBe(failed.intent.id);
    expect((await desk.stripe.charges.list({ payment_intent: paid.intent.id })).data.map((c) => c.status)).toEqual([
      "succeeded",
      "failed",
    ]);
  },
);

test.each([
  [{ number: "4242424242424241" }, "Your card number is incorrect."],
  [{ number: "4242424242424242", expiry: "10/26" }, "Your card's expiration date is in the past."],
  [{ number: "4242424242424242", expiry: "13/30" }, "Your card's expiration date is incomplete."],
  [{ number: "4242424242424242", cvc: "1" }, "Your card's security code is incomplete."],
  [{ number: "4242424242424242", email: "nobody" }, "Your email is incomplete."],
])("what is typed wrongly (%o) is said and charges nothing", async (typed, message) => {
  const session = await desk.session(2500);
  expect(await payCheckout(session.url!, typed)).toEqual({ paid: false, message });
  expect((await state(session.id)).session.payment_intent).toBeNull();
});

test.each(["4000002500003155", "4000002760003184"])(
  "card %s asks for 3-D Secure; completing it pays, failing it does not",
  async (number) => {
    const session = await desk.session(6000, { payment_method_options: { card: { request_three_d_secure: "any" } } });
    expect(await payCheckout(session.url!, { number, challenge: "fail" })).toMatchObject({
      paid: false,
      message: expect.stringContaining("unable to authenticate") as string,
    });
    expect((await state(session.id)).intent).toMatchObject({
      status: "requires_payment_method",
      last_payment_error: { code: "payment_intent_authentication_failure" },
    });
    expect((await payCheckout(session.url!, { number })).paid).toBe(true);
    const { intent } = await state(session.id);
    expect((intent.latest_charge as Stripe.Charge).payment_method_details?.card?.three_d_secure).toMatchObject({
      result: "authenticated",
    });
  },
);

test("a payment waiting for 3-D Secure when its session is expired can no longer be completed", async () => {
  const session = await desk.session(6000);
  const answer = await fetch(session.url!, {
    method: "POST",
    redirect: "manual",
    body: new URLSearchParams({ email: "a@example.com", number: "4000002760003184", expiry: "12/34", cvc: "123" }),
  });
  const challenge = answer.headers.get("location")!;
  expect((await state(session.id)).intent.status).toBe("requires_action");
  await desk.stripe.checkout.sessions.expire(session.id);
  const late = await fetch(challenge, {
    method: "POST",
    redirect: "manual",
    body: new URLSearchParams({ answer: "complete" }),
  });
  expect(late.status).toBe(410);
  expect((await state(session.id)).intent).toMatchObject({ status: "canceled", amount_received: 0 });
});

test("a session expires by the story clock: the page says so, takes nothing, and the API refuses to expire it again", async () => {
  const session = await desk.session(2500, { expires_at: desk.clock.seconds + 1800 });
  desk.clock.at += 1800_000;
  expect(await payCheckout(session.url!, { number: "4242424242424242" })).toEqual({
    paid: false,
    message: "This payment page has expired",
  });
  expect((await state(session.id)).session).toMatchObject({ status: "expired", url: null });
  expect((await desk.stripe.events.list({ type: "checkout.session.expired" })).data).toHaveLength(1);
  await expect(desk.stripe.checkout.sessions.expire(session.id)).rejects.toThrow(
    'Only Checkout Sessions with a status in ["open"] can be expired',
  );
});

test("a paid page says so and charges nothing more, also when the form is sent twice at once", async () => {
  const session = await desk.session(2500);
  const both = await Promise.all([1, 2].map(() => payCheckout(session.url!, { number: "4242424242424242" })));
  expect(both.filter((result) => result.paid)).toHaveLength(1);
  expect(await payCheckout(session.url!, { number: "4242424242424242" })).toEqual({
    paid: false,
    message: "This has been paid",
  });
  expect((await desk.stripe.charges.list()).data).toHaveLength(1);
});

test("card 4000000000000077 makes its money available at once", async () => {
  await desk.charge(2500, { number: "4000000000000077" });
  expect(await desk.books()).toEqual({ available: 2397, pending: 0, sum: 2397 });
});
