import { findingsOf } from "@freehold/testing";
import { payCheckout, signature } from "@freehold/local-world";
import { newId } from "@freehold/values";
import type Stripe from "stripe";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { openTill, type Till, VISA } from "../testing/till.ts";
import { connectStripe } from "./client.ts";
import { NotYet } from "./subject.ts";

const SECRET = "whsec_for_tests";
let till: Till;
let stripe: Stripe;
beforeAll(async () => {
  till = await openTill({ validate: true });
  await till.takePost();
  stripe = connectStripe({ secretKey: "sk_test_market", webhookSecret: SECRET, apiUrl: till.market.stripe.url });
});
afterAll(() => till.close());
afterEach(async () => expect(await findingsOf(till.market)).toEqual([]));

const rowOf = (id: string) => till.database.inboxEvent.findUniqueOrThrow({ where: { id } });
const stored = () => till.database.inboxEvent.findMany({ where: { state: "stored" } });

/** Works on an event as the room does: what fails is noted. */
async function workOn(eventId: string): Promise<void> {
  if ((await rowOf(eventId)).state !== "stored") return;
  try {
    await till.workOn(eventId);
  } catch (error) {
    await till.vault.inbox.failed(eventId, (error as Error).message);
  }
}

/** Posts an event that says what it is given. @returns its id */
async function tell(
  type: string,
  object: Record<string, unknown>,
  more: Record<string, unknown> = {},
): Promise<string> {
  const id = `evt_${newId()}`;
  const text = JSON.stringify({ id, object: "event", type, livemode: false, data: { object }, ...more });
  expect(await till.vault.inbox.receive(Buffer.from(text), signature(text, SECRET))).toEqual({ stored: true });
  return id;
}

describe("a message that comes before we have written down what it is about", () => {
  test("A4 paid on a page whose answer we never got: not lost, not worked on, and held one sweep after we know the page", async () => {
    const { id, intentId } = await till.begin(newId());
    const intent = await till.database.intent.findUniqueOrThrow({ where: { id: intentId } });
    const request = intent.request as unknown as Stripe.Checkout.SessionCreateParams;
    await stripe.checkout.sessions.create(request, { idempotencyKey: intent.key });
    const [page] = await till.atStripe<{ id: string }>("session");
    await payCheckout((await stripe.checkout.sessions.retrieve(page!.id)).url!, { number: VISA });
    await till.market.stripe.drained();
    const told = await stored();
    expect(told.length).toBeGreaterThan(0);
    for (const event of told) {
      await expect(till.vault.inbox.subjectOf(event.id)).rejects.toThrow(NotYet);
      await workOn(event.id);
      expect(await rowOf(event.id)).toMatchObject({ state: "stored", attempts: 1, error: expect.stringContaining(id) });
    }
    expect(await till.state(id)).toBe("opened");
    await till.hurry();
    for (const event of told) await workOn(event.id);
    expect(await till.state(id)).toBe("held");
    expect((await till.posted(id)).map(([event]) => event)).toEqual(["charge", "processor_fee"]);
    await till.takePost();
    expect(await stored()).toEqual([]);
  });

  test("A4 about a payment we do not have at all: tried again for a day, then parked; a person may let it be tried again", async () => {
    const nobody = newId();
    const id = await tell("charge.succeeded", { id: "ch_none", object: "charge", metadata: { payment_id: nobody } });
    for (let i = 0; i < 30; i += 1) await workOn(id);
    expect(await rowOf(id)).toMatchObject({ state: "parked", error: expect.stringContaining(nobody) });
    const task = () => till.database.operatorTask.findUniqueOrThrow({ where: { key: `inbox:${id}` } });
    expect(await task()).toMatchObject({ kind: "event_parked", doneAt: null });

    const by = { partyId: newId(), note: "It was the other deployment's." };
    const retry = () => till.database.transact((tx) => till.vault.inbox.retry(tx, id, by));
    await till.database.outbox.deleteMany();
    await retry();
    expect(await rowOf(id)).toMatchObject({ state: "stored", attempts: 0 });
    expect(await task()).toMatchObject({ doneBy: by.partyId, note: by.note });
    expect(await till.database.outbox.count()).toBe(1);
    await expect(retry()).rejects.toMatchObject({ code: "event_not_parked" });
    for (let i = 0; i < 30; i += 1) await workOn(id);
    expect(await rowOf(id)).toMatchObject({ state: "parked" });
    expect(await task(), "it stands in the queue again").toMatchObject({ doneAt: null, note: null });
    await till.database.outbox.deleteMany();
    // Another deployment's: nothing here will ever work on it, and the proof below works on everything once more.
    await till.market.asOwner("DELETE FROM inbox_event WHERE id = $1", [id]);
  });
});

describe("what a message is about", () => {
  test("a payment: by its own objects and by whatever points at them", async () => {
    const payeeId = await till.payee("alice");
    const development = newId();
    const paid = await till.paid(development);
    const returned = await till.paid(newId());
    const given = await till.paid(newId(), { payeeId });
    await till.database.transact((tx) => till.vault.refund(tx, returned, "whole", { reason: "stopped" }));
    await till.database.transact((tx) => till.vault.settle(tx, development, [{ payeeId, basisPoints: 10_000 }]));
    await till.hurry(2);
    const payment = async (id: string) => till.database.payment.findUniqueOrThrow({ where: { id } });
    const { chargeId: charge, paymentIntentId } = await payment(paid);
    const refund = await till.database.refund.findFirstOrThrow({ where: { paymentId: returned } });
    const payout = await till.database.payout.findFirstOrThrow({ where: { paymentId: paid } });
    const gift = await payment(given);
    const about: [string, Record<string, unknown>, string][] = [
      ["charge.updated", { id: charge }, paid],
      ["payment_intent.succeeded", { id: paymentIntentId }, paid],
      ["charge.dispute.created", { id: "dp_1", charge, payment_intent: paymentIntentId }, paid],
      ["charge.dispute.funds_withdrawn", { id: "dp_1", charge: { id: charge } }, paid],
      ["radar.early_fraud_warning.created", { id: "issfr_1", charge }, paid],
      ["refund.failed", { id: refund.objectId, charge: null }, returned],
      ["transfer.reversed", { id: payout.objectId, metadata: {} }, paid],
      ["transfer.updated", { id: "trr_1", transfer: payout.objectId }, paid],
      ["transfer.created", { id: "tr_1", source_transaction: gift.chargeId }, given],
    ];
    for (const [type, object, paymentId] of about)
      expect(await till.vault.inbox.subjectOf(await tell(type, object)), type).toEqual({ paymentId });
    await till.takePost();
  });

  test("a payee's account, a payout to our bank, or nothing of ours, which is worked on at once", async () => {
    const subject = async (...given: Parameters<typeof tell>) => till.vault.inbox.subjectOf(await tell(...given));
    const ofAccount = { account: "acct_1" };
    expect(await subject("payout.failed", { id: "po_1" }, ofAccount)).toEqual({ accountId: "acct_1" });
    expect(await subject("payout.failed", { id: "po_2" })).toEqual({ payoutId: "po_2" });
    expect(await subject("charge.succeeded", { id: "ch_of_somebody", metadata: {} })).toBeNull();
    expect(await subject("customer.created", { id: "cus_1" })).toBeNull();
    await till.takePost();
    expect(await stored()).toEqual([]);
  });

  test("A14 a thin event: the account is asked anew, whatever the message says", async () => {
    const payeeId = await till.payee("bob");
    const { accountId } = await till.vault.accounts.refresh(payeeId);
    await till.takePost();
    await till.stripe.setCapability(accountId!, "restricted");
    await till.market.stripe.drained();
    const [told] = await stored();
    expect(told!.type).toContain("capability_status_updated");
    const lie = JSON.stringify({
      ...(told!.payload as object),
      id: `evt_${newId()}`,
      data: { updated_capability: "active" },
    });
    await till.vault.inbox.receive(Buffer.from(lie), signature(lie, SECRET));
    for (const { id } of await stored()) {
      const subject = await till.vault.inbox.subjectOf(id);
      expect(subject).toEqual({ accountId });
      expect(await till.vault.accounts.partyOf(accountId!)).toBe(payeeId);
      expect((await till.vault.accounts.refresh(payeeId)).state).not.toBe("payable");
    }
    await till.takePost();
  });
});

test("what was worked on 90 days ago is forgotten; what was not stays", async () => {
  const ids = [
    await tell("brand.new", { id: "a" }),
    await tell("brand.new", { id: "b" }),
    await tell("brand.new", { id: "c" }),
  ];
  await till.takePost();
  const waiting = await tell("brand.new", { id: "d" });
  const age = (id: string, days: number) =>
    till.market.asOwner("UPDATE inbox_event SET applied_at = now() - $2 * interval '1 day' WHERE id = $1", [id, days]);
  await age(ids[0]!, 91);
  await age(ids[1]!, 89);
  await age(waiting, 200);
  expect(await till.vault.inbox.prune()).toBe(1);
  const left = await till.database.inboxEvent.findMany({ where: { id: { in: [...ids, waiting] } } });
  expect(left.map(({ id }) => id).toSorted()).toEqual([ids[1]!, ids[2]!, waiting].toSorted());
});
