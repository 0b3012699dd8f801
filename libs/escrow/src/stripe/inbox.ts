import type Stripe from "stripe";
import { HOUR_MS, MINUTE_MS, Refusal } from "@freehold/values";
import { type Database, enqueue, type Tx } from "@freehold/database";

const TOLERANCE_S = 300;
/** An event gets a minute before a sweep looks for it. */
const FORGOTTEN_MS = MINUTE_MS;
/** With the waits in between this is about a day: longer than the processor is ever away. */
const MOST_ATTEMPTS = 30;

interface Envelope {
  id: string;
  object: string;
  type: string;
  livemode?: boolean;
  data?: { object?: { id?: string; object?: string; metadata?: Record<string, string> } & Record<string, unknown> };
  related_object?: { id: string } | null;
}

/**
 * The webhook inbox: a message is verified, stored once under the event's id, answered, and worked on later from what
 * the processor then says. Its content is never trusted.
 */
export class Inbox {
  readonly #database: Database;
  readonly #stripe: Stripe;
  readonly #secret: string;
  readonly #live: boolean;

  constructor(database: Database, stripe: Stripe, secret: string, live: boolean) {
    this.#database = database;
    this.#stripe = stripe;
    this.#secret = secret;
    this.#live = live;
  }

  /**
   * Takes the raw bytes of a webhook call.
   * Refuses (webhook_signature_invalid) a wrong, missing or altered signature, one older or newer than 300 seconds, and an
   * event of the other mode.
   * @returns whether it was new
   */
  async receive(rawBody: Buffer, signature: string): Promise<{ stored: boolean }> {
    const event = this.#verified(rawBody, signature);
    if (event.livemode !== undefined && event.livemode !== this.#live)
      throw new Refusal("webhook_signature_invalid", "This event is of the processor's other mode (live or test).");
    const objectId = event.data?.object?.id ?? event.related_object?.id ?? null;
    return this.#database.transact(async (tx) => {
      const { count } = await tx.inboxEvent.createMany({
        data: [
          {
            id: event.id,
            provider: "stripe",
            type: event.type,
            objectId,
            payload: JSON.parse(rawBody.toString("utf8")) as object,
            dueAt: new Date(Date.now() + FORGOTTEN_MS),
          },
        ],
        skipDuplicates: true,
      });
      if (count > 0) await enqueue(tx, "payment.changed", { eventId: event.id });
      return { stored: count > 0 };
    });
  }

  #verified(rawBody: Buffer, signature: string): Envelope {
    const refuse = () => new Refusal("webhook_signature_invalid", "The signature does not match.");
    const stamp = /(?:^|,)t=(\d{1,12})(?:,|$)/.exec(signature)?.[1];
    // The SDK bounds the age only; a timestamp in the future would keep a captured message valid for longer.
    if (stamp === undefined || Number(stamp) > Date.now() / 1000 + TOLERANCE_S) throw refuse();
    try {
      const event = JSON.parse(rawBody.toString("utf8")) as Envelope;
      if (typeof event.id !== "string" || typeof event.type !== "string") throw refuse();
      if (event.object === "v2.core.event")
        this.#stripe.parseEventNotification(rawBody, signature, this.#secret, TOLERANCE_S);
      else this.#stripe.webhooks.constructEvent(rawBody, signature, this.#secret, TOLERANCE_S);
      return event;
    } catch {
      throw refuse();
    }
  }

  /** Which payment or payee account a stored event is about; null when it is about neither. */
  async subjectOf(eventId: string): Promise<{ paymentId: string } | { accountId: string } | null> {
    const row = await this.#database.inboxEvent.findUnique({ where: { id: eventId } });
    if (row === null) return null;
    const event = row.payload as unknown as Envelope;
    if (event.object === "v2.core.event") {
      const accountId = event.related_object?.id;
      return accountId === undefined ? null : { accountId };
    }
    const object = event.data?.object;
    const named = object?.metadata?.["payment_id"] ?? (object?.["client_reference_id"] as string | undefined);
    const references = [object?.id, object?.["charge"], object?.["payment_intent"]].filter(
      (value): value is string => typeof value === "string",
    );
    const payment = await this.#database.payment.findFirst({
      where: {
        OR: [
          ...(named !== undefined && /^[0-9a-f-]{36}$/.test(named) ? [{ id: named }] : []),
          { chargeId: { in: references } },
          { paymentIntentId: { in: references } },
          { checkoutId: { in: references } },
        ],
      },
      select: { id: true },
    });
    return payment === null ? null : { paymentId: payment.id };
  }

  /** Marks an event as worked on, in the transaction that did the work. */
  async applied(tx: Tx, eventId: string): Promise<void> {
    await tx.inboxEvent.updateMany({
      where: { id: eventId, state: "stored" },
      data: { state: "applied", appliedAt: new Date() },
    });
  }

  /** Events that were stored but not worked on for a minute: their job was lost, or failed. */
  async forgotten(limit = 100): Promise<string[]> {
    const rows = await this.#database.inboxEvent.findMany({
      where: { state: "stored", dueAt: { lte: new Date() } },
      orderBy: { dueAt: "asc" },
      take: limit,
      select: { id: true },
    });
    return rows.map((row) => row.id);
  }

  /** Notes a failed try, which comes again later and later; after about a day the event is parked with an operator task, never swallowed. */
  async failed(eventId: string, cause: string): Promise<void> {
    await this.#database.transact(async (tx) => {
      const row = await tx.inboxEvent.update({
        where: { id: eventId },
        data: { attempts: { increment: 1 }, error: cause.slice(0, 500) },
      });
      if (row.state !== "stored") return;
      if (row.attempts < MOST_ATTEMPTS) {
        const waitMs = Math.min(HOUR_MS, 15_000 * 2 ** Math.min(row.attempts, 8));
        await tx.inboxEvent.update({ where: { id: eventId }, data: { dueAt: new Date(Date.now() + waitMs) } });
        return;
      }
      await tx.inboxEvent.update({ where: { id: eventId }, data: { state: "parked" } });
      const [{ now }] = await tx.$queryRaw<[{ now: Date }]>`SELECT clock_now() AS now`;
      await tx.operatorTask.createMany({
        data: [
          {
            key: `inbox:${eventId}`,
            kind: "event_parked",
            cause: `The processor's event ${eventId} (${row.type}) could not be worked on: ${cause.slice(0, 300)}`,
            nextStep: "Look the object up at the processor, correct the cause, then set the event back to stored.",
            createdAt: now,
          },
        ],
        skipDuplicates: true,
      });
    });
  }
}
