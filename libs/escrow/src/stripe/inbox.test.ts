import { createHmac } from "node:crypto";
import { signature } from "@freehold/local-world";
import { Database } from "@freehold/database";
import { findingsOf } from "@freehold/testing";
import { newId } from "@freehold/values";
import type Stripe from "stripe";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { openTill, type Till } from "../testing/till.ts";
import { connectStripe } from "./client.ts";
import { Inbox } from "./inbox.ts";

const SECRET = "whsec_for_tests";
let till: Till;
beforeAll(async () => {
  till = await openTill({ validate: true });
});
afterAll(() => till.close());
afterEach(async () => expect(await findingsOf(till.market)).toEqual([]));

const stored = () => till.database.inboxEvent.count();
const S = () => Math.floor(Date.now() / 1000);

async function opened(): Promise<string> {
  const { id, intentId } = await till.begin(newId());
  await till.vault.perform(intentId);
  return id;
}
/** The event of a kind about a payment, as it was posted. */
async function eventOf(paymentId: string, type: string) {
  const rows = await till.database.inboxEvent.findMany({ where: { type } });
  return rows.find((row) => JSON.stringify(row.payload).includes(paymentId))!;
}
const ledgerRows = () => till.market.asOwner("SELECT id FROM ledger_entry ORDER BY id");

test("H12 a thousand forged messages are refused without asking the database anything", async () => {
  const dead = new Database("postgresql://nobody@127.0.0.1:1/nothing");
  const inbox = new Inbox(dead, connectStripe({ secretKey: "sk_test_x", webhookSecret: SECRET }), SECRET, false);
  const raw = Buffer.from(JSON.stringify({ id: "evt_1", object: "event", type: "charge.updated", livemode: false }));
  for (let i = 0; i < 1000; i += 1)
    await expect(inbox.receive(raw, `t=${S()},v1=${"0".repeat(64)}`)).rejects.toMatchObject({
      code: "webhook_signature_invalid",
    });
  await dead.$disconnect();
});

describe("who may tell us something", () => {
  const body = () =>
    Buffer.from(
      JSON.stringify({
        id: `evt_${newId()}`,
        object: "event",
        type: "charge.updated",
        livemode: false,
        data: { object: { id: "ch_none", object: "charge" } },
      }),
    );

  test("A7 nobody with another secret, an altered or re-written body, an old or future stamp, or no signature", async () => {
    const raw = body();
    const text = raw.toString("utf8");
    await till.takePost();
    const before = await stored();
    const tries: [string, Buffer, string][] = [
      ["another secret", raw, signature(text, "whsec_of_somebody")],
      ["altered", Buffer.from(text.replace("ch_none", "ch_mine")), signature(text, SECRET)],
      ["re-serialised", Buffer.from(JSON.stringify(JSON.parse(text), null, 2)), signature(text, SECRET)],
      ["301 seconds old", raw, signature(text, SECRET, S() - 301)],
      ["an hour ahead", raw, signature(text, SECRET, S() + 3600)],
      ["no signature", raw, ""],
      ["no stamp", raw, signature(text, SECRET).replace(/^t=\d+,/, "")],
      ["not JSON", Buffer.from("{"), signature("{", SECRET)],
    ];
    for (const [name, bytes, header] of tries)
      await expect(till.vault.inbox.receive(bytes, header), name).rejects.toMatchObject({
        code: "webhook_signature_invalid",
      });
    expect(await stored()).toBe(before);
    expect(await till.database.outbox.count()).toBe(0);
  });

  test("A8 the processor, also while it signs with an old and a new secret", async () => {
    const raw = body();
    const t = S();
    const sign = (secret: string) =>
      createHmac("sha256", secret)
        .update(`${t}.${raw.toString("utf8")}`)
        .digest("hex");
    const header = `t=${t},v1=${sign("whsec_old")},v1=${sign(SECRET)}`;
    await till.takePost();
    expect(await till.vault.inbox.receive(raw, header)).toEqual({ stored: true });
    expect(await till.takePost()).toBe(1);
  });

  test("A8 the processor, by either of two secrets while we roll one over to the other; by none of them afterwards", async () => {
    const open = (secrets: string) => {
      const options = { secretKey: "sk_test_market", webhookSecret: secrets, apiUrl: till.market.stripe.url };
      return new Inbox(till.database, connectStripe(options), secrets, false);
    };
    const rolling = open("whsec_old, whsec_new");
    for (const secret of ["whsec_old", "whsec_new"]) {
      const raw = body();
      expect(await rolling.receive(raw, signature(raw.toString("utf8"), secret))).toEqual({ stored: true });
    }
    const raw = body();
    await expect(open("whsec_new").receive(raw, signature(raw.toString("utf8"), "whsec_old"))).rejects.toMatchObject({
      code: "webhook_signature_invalid",
    });
    await till.takePost();
  });

  test("A7 neither endpoint by the other's secret: payments by the accounts' one, accounts by the payments' one", async () => {
    const stripe = connectStripe({ secretKey: "sk_test_x", webhookSecret: "x", apiUrl: till.market.stripe.url });
    const inbox = new Inbox(till.database, stripe, "whsec_payments", false, "whsec_accounts");
    const texts = {
      payments: body().toString("utf8"),
      accounts: JSON.stringify({
        id: `evt_test_${newId()}`,
        object: "v2.core.event",
        type: "v2.core.account[configuration.recipient].capability_status_updated",
        livemode: false,
        created: new Date().toISOString(),
        related_object: { id: "acct_none", type: "v2.core.account", url: "/v2/core/accounts/acct_none" },
      }),
    };
    const before = await stored();
    for (const [of, by] of [
      ["payments", "whsec_accounts"],
      ["accounts", "whsec_payments"],
    ] as const)
      await expect(inbox.receive(Buffer.from(texts[of]), signature(texts[of], by)), of).rejects.toMatchObject({
        code: "webhook_signature_invalid",
      });
    expect(await stored()).toBe(before);
    for (const of of ["payments", "accounts"] as const)
      expect(await inbox.receive(Buffer.from(texts[of]), signature(texts[of], `whsec_${of}`)), of).toEqual({
        stored: true,
      });
    await till.takePost();
  });

  test("A13 nobody of the other mode: a live event does nothing in a test deployment", async () => {
    const text = JSON.stringify({ ...(JSON.parse(body().toString("utf8")) as object), livemode: true });
    const before = await stored();
    await expect(till.vault.inbox.receive(Buffer.from(text), signature(text, SECRET))).rejects.toMatchObject({
      code: "webhook_signature_invalid",
    });
    expect(await stored()).toBe(before);
  });

  test("A9 with a type or a status we have never heard of: kept, worked on, and nothing moves", async () => {
    const text = JSON.stringify({
      id: `evt_${newId()}`,
      object: "event",
      type: "brand.new",
      data: { object: { id: "x_1", object: "brand", status: "appeal" } },
    });
    const rows = await ledgerRows();
    expect(await till.vault.inbox.receive(Buffer.from(text), signature(text, SECRET))).toEqual({ stored: true });
    await till.takePost();
    expect(await ledgerRows()).toEqual(rows);
  });
});

describe("what is told more than once, or in no order", () => {
  test("A1 the same event five times, three of them at once: one row, one posting", async () => {
    const id = await opened();
    await till.pay(id);
    await till.market.stripe.drained();
    const event = await eventOf(id, "payment_intent.succeeded");
    const text = JSON.stringify(event.payload);
    const before = await stored();
    const again = () => till.vault.inbox.receive(Buffer.from(text), signature(text, SECRET));
    const answers = [...(await Promise.all([again(), again(), again()])), await again(), await again()];
    expect(answers).toEqual(answers.map(() => ({ stored: false })));
    expect(await stored()).toBe(before);
    await till.takePost();
    expect(await till.state(id)).toBe("held");
    expect((await till.posted(id)).map(([name]) => name)).toEqual(["charge", "processor_fee"]);
  });

  test("A11 a worker that dies after it has booked, and before it has said so: told again, nothing more happens", async () => {
    const id = await opened();
    await till.pay(id);
    await till.market.stripe.drained();
    const event = await eventOf(id, "payment_intent.succeeded");
    await till.look(id);
    const posted = await till.posted(id);
    expect(await till.database.inboxEvent.findUniqueOrThrow({ where: { id: event.id } })).toMatchObject({
      state: "stored",
    });
    await till.takePost();
    expect(await till.posted(id)).toEqual(posted);
    expect(await till.database.inboxEvent.findUniqueOrThrow({ where: { id: event.id } })).toMatchObject({
      state: "applied",
    });
  });

  test("A2 two events of one fact: the second changes nothing", async () => {
    const id = await till.paid(newId());
    const posted = await till.posted(id);
    await till.takePost();
    const event = await eventOf(id, "payment_intent.succeeded");
    const text = JSON.stringify({ ...(event.payload as object), id: `evt_${newId()}` });
    expect(await till.vault.inbox.receive(Buffer.from(text), signature(text, SECRET))).toEqual({ stored: true });
    await till.takePost();
    expect(await till.posted(id)).toEqual(posted);
  });

  test("A5 the refund's event before the payment's, and everything backwards and twice", async () => {
    await till.stripe.hold();
    await till.stripe.duplicate(200, 2);
    const id = await opened();
    await till.pay(id);
    await till.look(id);
    await till.database.transact((tx) => till.vault.refund(tx, id, "pledge", { reason: "taken_back" }));
    await till.hurry();
    await till.stripe.turnRound();
    await till.stripe.release();
    await till.takePost();
    expect(await till.state(id)).toBe("refunded");
    expect((await till.posted(id)).map(([name]) => name)).toEqual([
      "charge",
      "processor_fee",
      "refund_planned",
      "refund_confirmed",
    ]);
  });

  test("A5 every event of a payment at once, before any was worked on", async () => {
    await till.stripe.hold();
    const id = await opened();
    await till.pay(id);
    await till.stripe.shuffle();
    await till.stripe.release();
    await till.market.stripe.drained();
    const rows = await till.database.inboxEvent.findMany({ where: { state: "stored" }, select: { id: true } });
    await Promise.all(rows.map((row) => till.workOn(row.id)));
    await till.takePost();
    expect((await till.posted(id)).map(([name]) => name)).toEqual(["charge", "processor_fee"]);
  });

  test("A4, A11 the event of a refund that was made before we could write down that it was", async () => {
    const id = await till.paid(newId());
    await till.database.transact((tx) => till.vault.refund(tx, id, "whole", { reason: "stopped" }));
    const intent = await till.database.intent.findFirstOrThrow({ where: { purpose: "refund", state: "PLANNED" } });
    const stripe = connectStripe({
      secretKey: "sk_test_market",
      webhookSecret: SECRET,
      apiUrl: till.market.stripe.url,
    });
    await stripe.refunds.create(intent.request as Stripe.RefundCreateParams, { idempotencyKey: intent.key });
    await till.takePost();
    expect(await till.state(id)).toBe("refunded");
    const posted = await till.posted(id);
    await till.hurry();
    expect(await till.database.intent.findUniqueOrThrow({ where: { id: intent.id } })).toMatchObject({
      state: "CONFIRMED",
    });
    expect(await till.posted(id)).toEqual(posted);
  });

  test("I9 everything we were ever told, told once more in reverse, changes nothing", async () => {
    const rows = await ledgerRows();
    const payments = await till.database.payment.findMany({ orderBy: { id: "asc" } });
    for (const event of await till.database.inboxEvent.findMany({ orderBy: { receivedAt: "desc" } }))
      await till.workOn(event.id);
    expect(await ledgerRows()).toEqual(rows);
    expect(await till.database.payment.findMany({ orderBy: { id: "asc" } })).toEqual(payments);
  });
});

describe("what could not be worked on", () => {
  test("comes again when it is a minute old, and after a day of tries lies with a person", async () => {
    const text = JSON.stringify({
      id: `evt_${newId()}`,
      object: "event",
      type: "charge.updated",
      data: { object: { id: "ch_lost" } },
    });
    await till.vault.inbox.receive(Buffer.from(text), signature(text, SECRET));
    await till.database.outbox.deleteMany();
    const { id } = JSON.parse(text) as { id: string };
    expect(await till.vault.inbox.forgotten()).not.toContain(id);
    await till.market.asOwner("UPDATE inbox_event SET due_at = now() - interval '61 seconds' WHERE id = $1", [id]);
    expect(await till.vault.inbox.forgotten()).toContain(id);
    for (let i = 0; i < 30; i += 1) await till.vault.inbox.failed(id, "the processor was away");
    expect(await till.database.inboxEvent.findUniqueOrThrow({ where: { id } })).toMatchObject({
      state: "parked",
      attempts: 30,
    });
    expect(await till.database.operatorTask.count({ where: { key: `inbox:${id}` } })).toBe(1);
    await till.market.asOwner("UPDATE inbox_event SET due_at = now() - interval '61 seconds' WHERE id = $1", [id]);
    expect(await till.vault.inbox.forgotten()).not.toContain(id);
  });
});
