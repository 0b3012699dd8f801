import type Stripe from "stripe";
import { HOUR_MS, MINUTE_MS } from "@freehold/values";
import { type Database, now, type Tx } from "@freehold/database";
import { openIntentStates } from "../states.ts";
import { raiseTask } from "../tasks.ts";
import { type Answer, readFailure } from "./client.ts";
import { callProcessor, lookUp, type Made } from "./call.ts";
import type { Pace } from "./pace.ts";
import { plan } from "./plan.ts";
import type { IntentRequest } from "./requests.ts";

/** Under this age the same key and parameters are safe to send again (the processor forgets keys after 24 hours). */
const KEY_LIFE_MS = 23 * HOUR_MS;
const LEASE_MS = MINUTE_MS;
/** A payee's status changes by a person's hand; a question that was not answered is asked again soon. */
const HELD_BACK_MS = 5 * MINUTE_MS;
const NOT_ANSWERED_MS = 5000;
const LOOK_AFTER_TRIES = 3;
/** After so many refused attempts a refund is parked: its development may end, a person has a task. */
const MANY_ATTEMPTS = 5;
/** After so many, about a day, nothing is asked again by itself. */
const MOST_ATTEMPTS = 30;
/** The bank questions the charge, or the money is back already. */
const isQuestioned = (cause: string): boolean =>
  /^(charge_disputed|charge_already_refunded|refund_disputed_payment)\b/.test(cause);

export interface Sent {
  intentId: string;
  purpose: IntentRequest["purpose"];
  subjectId: string;
  object: Made;
}

/** What an intent does to the rows it is for. */
export interface IntentRules {
  /** Applies a success in the same transaction that marks the intent. */
  confirm(tx: Tx, sent: Sent): Promise<void>;
  /** What a definite refusal means for its subject; true when there is to be no further attempt. */
  refused(tx: Tx, intent: { purpose: IntentRequest["purpose"]; subjectId: string }, cause: string): Promise<boolean>;
  /** Asked right before the call: a reason to wait, or null. */
  mayGo(intent: { purpose: string; subjectId: string }): Promise<string | null>;
}

interface Claimed {
  id: string;
  purpose: IntentRequest["purpose"];
  subjectId: string;
  key: string;
  request: IntentRequest["params"];
  sentAt: Date | null;
  absentAt: Date | null;
  tries: number;
  /** Story time of the claim. */
  now: Date;
}

/**
 * Carries out intents: claim (committed) → call under the intent's own key → result (committed). A process that dies in
 * between leaves a SENT row whose lease runs out; the next one asks again under the same key, or looks it up when the
 * key may be forgotten.
 */
export class Intents {
  readonly #database: Database;
  readonly #stripe: Stripe;
  readonly #rules: IntentRules;
  readonly #pace: Pace;

  constructor(database: Database, stripe: Stripe, rules: IntentRules, pace: Pace) {
    this.#database = database;
    this.#stripe = stripe;
    this.#rules = rules;
    this.#pace = pace;
  }

  /** Carries out one intent now if it is due. @returns whether it is settled (confirmed or rejected) */
  async perform(intentId: string): Promise<boolean> {
    const waiting = await this.#database.intent.findUniqueOrThrow({ where: { id: intentId } });
    const heldBack = await this.#heldBack(waiting);
    // What was never sent can wait. What may have happened is found out about even so: looked up, never asked for again.
    if (heldBack && waiting.state === "PLANNED") return false;
    const claimed = await this.#claim(intentId);
    if (claimed === null) {
      const row = await this.#database.intent.findUniqueOrThrow({ where: { id: intentId } });
      return row.state === "CONFIRMED" || row.state === "REJECTED";
    }
    const keyIsAlive = claimed.sentAt === null || claimed.now.getTime() - claimed.sentAt.getTime() < KEY_LIFE_MS;
    if (heldBack || !keyIsAlive) return this.#resolve(claimed);
    // The processor may have kept an error under the key although it did what was asked: what is found there is taken.
    if (claimed.tries > LOOK_AFTER_TRIES) {
      const found = await this.#lookUp(claimed);
      if (found !== "unknown" && found !== "absent") return this.#succeeded(claimed, found);
    }
    let object: Made;
    try {
      object = await callProcessor(this.#stripe, claimed.purpose, claimed.request, claimed.key);
    } catch (error) {
      return this.#failed(claimed, readFailure(error));
    }
    return this.#succeeded(claimed, object);
  }

  /** Carries out what is due, oldest first. @returns how many intents were settled */
  async performDue(options: { developmentId?: string; limit?: number; concurrency?: number } = {}): Promise<number> {
    const rows = await this.#database.intent.findMany({
      where: {
        state: { in: openIntentStates },
        dueAt: { lte: new Date() },
        ...(options.developmentId === undefined ? {} : { developmentId: options.developmentId }),
      },
      orderBy: [{ dueAt: "asc" }, { id: "asc" }],
      take: options.limit ?? 200,
      select: { id: true },
    });
    let settled = 0;
    const queue = rows.map((row) => row.id);
    const lane = async () => {
      for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
        await this.#pace.turn();
        if (await this.perform(id)) settled += 1;
      }
    };
    await Promise.all(Array.from({ length: options.concurrency ?? 4 }, lane));
    return settled;
  }

  /** Whether an intent has to wait. One that cannot be asked about waits as well, and never stops the others. */
  async #heldBack(intent: { id: string; purpose: string; subjectId: string }): Promise<boolean> {
    const [reason, ms] = await this.#rules.mayGo(intent).then(
      (said) => [said, HELD_BACK_MS] as const,
      (error: unknown) => [readFailure(error).message.slice(0, 500), NOT_ANSWERED_MS] as const,
    );
    if (reason === null) return false;
    await this.#database.intent.updateMany({
      where: { id: intent.id, state: "PLANNED" },
      data: { error: reason, dueAt: new Date(Date.now() + ms) },
    });
    return true;
  }

  /** One statement is the whole transaction: the claim is committed before anything is sent. */
  async #claim(intentId: string): Promise<Claimed | null> {
    // Story time, which is never behind the machine's: the age of a key is never underrated.
    const [row] = await this.#database.$queryRaw<Claimed[]>`
      UPDATE intent SET state = 'SENT', tries = tries + 1, sent_at = COALESCE(sent_at, clock_now()),
        due_at = now() + ${LEASE_MS} * interval '1 millisecond'
      WHERE id = (
        SELECT id FROM intent WHERE id = ${intentId}::uuid AND state IN ('PLANNED', 'SENT', 'UNKNOWN') AND due_at <= now()
        FOR UPDATE SKIP LOCKED)
      RETURNING id, purpose, subject_id AS "subjectId", key, request, sent_at AS "sentAt", absent_at AS "absentAt",
        tries, clock_now() AS now`;
    return row ?? null;
  }

  async #succeeded(intent: Claimed, object: Made): Promise<boolean> {
    await this.#database.transact(async (tx) => {
      const confirmed = await tx.$executeRaw`
        UPDATE intent SET state = 'CONFIRMED', object_id = ${object.id}, settled_at = clock_now(), error = NULL
        WHERE id = ${intent.id}::uuid AND state IN ('SENT', 'UNKNOWN')`;
      if (confirmed === 0) return;
      await this.#rules.confirm(tx, {
        intentId: intent.id,
        purpose: intent.purpose,
        subjectId: intent.subjectId,
        object,
      });
    });
    return true;
  }

  /** A definite rejection closes this attempt; what may have happened is asked again under the same key. */
  async #failed(intent: Claimed, answer: Answer): Promise<boolean> {
    if (answer.kind !== "rejected") {
      if (answer.kind === "busy") await this.#pace.slowDown();
      const base = (answer.kind === "busy" ? 500 : 2000) * 2 ** Math.min(intent.tries - 1, 7);
      const wait = base * (1 + Math.random());
      await this.#database.intent.updateMany({
        where: { id: intent.id, state: "SENT" },
        data: { state: "UNKNOWN", error: answer.message.slice(0, 500), dueAt: new Date(Date.now() + wait) },
      });
      return false;
    }
    await this.#database.transact((tx) => this.#reject(tx, intent, `${answer.code}: ${answer.message}`));
    return true;
  }

  /** Ends an attempt for good. Money that still has to move gets a new attempt, with its own key, and a person is told. */
  async #reject(tx: Tx, intent: Claimed, cause: string): Promise<void> {
    const row = await tx.intent.update({
      where: { id: intent.id },
      data: { state: "REJECTED", error: cause.slice(0, 500), settledAt: await now(tx) },
    });
    if (await this.#rules.refused(tx, intent, cause)) return;
    if (intent.purpose === "refund" && (isQuestioned(cause) || row.attempt >= MANY_ATTEMPTS))
      // It no longer holds up its development's ending; it still goes out when the processor makes it.
      await tx.refund.updateMany({ where: { id: intent.subjectId, state: "planned" }, data: { state: "parked" } });
    if (row.attempt >= MOST_ATTEMPTS) return;
    await plan(tx, {
      request: { purpose: intent.purpose, params: intent.request } as IntentRequest,
      subjectId: intent.subjectId,
      key: intent.key.replace(/_\d+$/, ""),
      developmentId: row.developmentId,
      attempt: row.attempt + 1,
      dueAt: new Date(Date.now() + Math.min(60, 2 ** row.attempt) * MINUTE_MS),
    });
    await raiseTask(tx, {
      key: `intent:${intent.purpose}:${intent.subjectId}`,
      kind: `${intent.purpose}_rejected`,
      cause: `The processor refused a ${intent.purpose}: ${cause.slice(0, 300)}`,
      nextStep: "Correct the cause at the processor; the next attempt is planned and goes out by itself.",
      subjectId: intent.subjectId,
    });
  }

  #lookUp({ purpose, request, subjectId, sentAt, now }: Claimed): Promise<Made | "absent" | "unknown"> {
    return lookUp(this.#stripe, purpose, request, subjectId, sentAt ?? now).catch(() => "unknown" as const);
  }

  /** The key may be forgotten: find out whether it happened. Absent twice, ten minutes apart, means that it did not. */
  async #resolve(intent: Claimed): Promise<boolean> {
    const found = await this.#lookUp(intent);
    if (found !== "unknown" && found !== "absent") return this.#succeeded(intent, found);
    if (found === "absent" && intent.absentAt !== null && Date.now() - intent.absentAt.getTime() >= 10 * MINUTE_MS) {
      await this.#database.transact((tx) => this.#reject(tx, intent, "absent: two complete listings do not hold it"));
      return true;
    }
    await this.#database.intent.updateMany({
      where: { id: intent.id, state: "SENT" },
      data: {
        state: "UNKNOWN",
        dueAt: new Date(Date.now() + 10 * MINUTE_MS),
        ...(found === "absent" && intent.absentAt === null ? { absentAt: new Date() } : {}),
      },
    });
    return false;
  }
}
