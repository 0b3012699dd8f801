import type Stripe from "stripe";
import { DAY_MS, HOUR_MS, MINUTE_MS, Refusal } from "@freehold/values";
import { type Database, enqueue, type Tx } from "@freehold/database";
import { completeTask, raiseTask } from "../tasks.ts";
import { type Envelope, readSecrets, readSigned, type WebhookSecrets } from "./signed.ts";
import { type Subject, subjectOf } from "./subject.ts";

/** An event gets a minute before a sweep looks for it. */
const FORGOTTEN_MS = MINUTE_MS;
/** With the waits in between this is about a day: longer than the processor is ever away. */
const MOST_ATTEMPTS = 30;
/** Far longer than the processor lists events (30 days) or sends one again. */
const KEPT_MS = 90 * DAY_MS;

const taskKey = (eventId: string) => `inbox:${eventId}`;

/** Stores events and hands each on; those that are known already are left as they are. @returns how many were new */
export async function storeEvents(tx: Tx, events: readonly Envelope[]): Promise<number> {
  const stored = await tx.inboxEvent.createManyAndReturn({
    data: events.map((event) => ({
      id: event.id,
      provider: "stripe",
      type: event.type,
      objectId: event.data?.object?.id ?? event.related_object?.id ?? null,
      payload: event as object,
      dueAt: new Date(Date.now() + FORGOTTEN_MS),
    })),
    skipDuplicates: true,
    select: { id: true },
  });
  for (const { id } of stored) await enqueue(tx, "payment.changed", { eventId: id });
  return stored.length;
}

/**
 * The webhook inbox: a message is verified, stored once under the event's id, answered, and worked on later from what
 * the processor then says. Its content is never trusted.
 */
export class Inbox {
  readonly #database: Database;
  readonly #stripe: Stripe;
  readonly #secrets: WebhookSecrets;
  readonly #live: boolean;

  /**
   * @param secret of the endpoint that is told of payments; several, comma-separated, while they are rolled over
   * @param accountsSecret of a separate endpoint for v2 events, likewise; without it they are signed as payments are
   */
  constructor(database: Database, stripe: Stripe, secret: string, live: boolean, accountsSecret?: string) {
    this.#database = database;
    this.#stripe = stripe;
    this.#secrets = readSecrets(secret, accountsSecret);
    this.#live = live;
  }

  /**
   * Takes the raw bytes of a webhook call.
   * Refuses (webhook_signature_invalid) a wrong, missing or altered signature, one older or newer than 300 seconds, one by
   * the secret of the other endpoint, and an event of the other mode.
   * @returns whether it was new
   */
  async receive(rawBody: Buffer, signature: string): Promise<{ stored: boolean }> {
    const event = readSigned(this.#stripe, this.#secrets, rawBody, signature);
    if (event.livemode !== undefined && event.livemode !== this.#live)
      throw new Refusal("webhook_signature_invalid", "This event is of the processor's other mode (live or test).");
    return { stored: (await this.#database.transact((tx) => storeEvents(tx, [event]))) > 0 };
  }

  /**
   * What a stored event is about: a payment, a payee's account, a payout to our own bank; null when it is about nothing of
   * ours. Throws NotYet when it names a payment that is not written down yet: such an event has failed, not been worked on.
   */
  async subjectOf(eventId: string): Promise<Subject | null> {
    const row = await this.#database.inboxEvent.findUnique({ where: { id: eventId } });
    return row === null ? null : subjectOf(this.#database, row.payload as unknown as Envelope);
  }

  /** Marks an event as worked on, in the transaction that did the work. */
  async applied(tx: Tx, eventId: string): Promise<void> {
    await tx.inboxEvent.updateMany({
      where: { id: eventId, state: "stored" },
      data: { state: "applied", appliedAt: new Date(), error: null },
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
      // Only what still waits: an event that was worked on meanwhile has not failed.
      const [row] = await tx.$queryRaw<{ attempts: number; type: string }[]>`
        UPDATE inbox_event SET attempts = attempts + 1, error = ${cause.slice(0, 500)}
        WHERE id = ${eventId} AND state = 'stored' RETURNING attempts, type`;
      if (row === undefined) return;
      if (row.attempts < MOST_ATTEMPTS) {
        const waitMs = Math.min(HOUR_MS, 15_000 * 2 ** Math.min(row.attempts, 8));
        await tx.inboxEvent.update({ where: { id: eventId }, data: { dueAt: new Date(Date.now() + waitMs) } });
        return;
      }
      await tx.inboxEvent.update({ where: { id: eventId }, data: { state: "parked" } });
      await raiseTask(tx, {
        key: taskKey(eventId),
        kind: "event_parked",
        cause: `The processor's event ${eventId} (${row.type}) could not be worked on: ${cause.slice(0, 300)}`,
        nextStep: "Look the object up at the processor, correct the cause, then let the event be tried again.",
      });
      // Parked once more, after somebody let it be tried again.
      await tx.operatorTask.updateMany({
        where: { key: taskKey(eventId), doneAt: { not: null } },
        data: { doneAt: null, doneBy: null, note: null },
      });
    });
  }

  /**
   * Lets a parked event be tried again, from the beginning, and closes its task.
   * Refusals: event_not_parked.
   */
  async retry(tx: Tx, eventId: string, by?: { partyId: string; note: string }): Promise<void> {
    const { count } = await tx.inboxEvent.updateMany({
      where: { id: eventId, state: "parked" },
      data: { state: "stored", attempts: 0, dueAt: new Date(Date.now() + FORGOTTEN_MS) },
    });
    if (count === 0) throw new Refusal("event_not_parked", "There is no parked event of this id.");
    await completeTask(tx, taskKey(eventId), by?.note ?? "It is tried again.", by?.partyId);
    await enqueue(tx, "payment.changed", { eventId });
  }

  /**
   * Forgets events that were worked on 90 days ago; the processor neither lists nor repeats them any more. What was not
   * worked on stays. @returns how many
   */
  prune(limit = 5000): Promise<number> {
    return this.#database.$executeRaw`
      DELETE FROM inbox_event WHERE id IN (
        SELECT id FROM inbox_event WHERE state = 'applied' AND applied_at < ${new Date(Date.now() - KEPT_MS)} LIMIT ${limit})`;
  }
}
