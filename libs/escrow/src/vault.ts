import type Stripe from "stripe";
import type { Database, Tx } from "@freehold/database";
import { applyObservation, type Fact } from "./apply.ts";
import { continueBatch, continueBatches, decideBatch, unfinishedBatches } from "./batch.ts";
import { type BooksProof, proveAndKeep, proveBooks } from "./check.ts";
import { begun, closeAt, expireCheckout, hasOpenCheckouts, openCheckouts, unheard } from "./checkout.ts";
import { type NewPayment, openPayment, requireOwnFunds } from "./hold.ts";
import { intentRules } from "./intent-rules.ts";
import { OwnFunds } from "./own-funds.ts";
import { payAgain, reclaim } from "./reclaim.ts";
import { type Because, planPart, planRefund, type RefundKind } from "./refund.ts";
import { noteRepaid } from "./refund-outcome.ts";
import { endSettlement, type PayeeShare } from "./settle.ts";
import { Backfill } from "./reconcile/backfill.ts";
import { Checkpoints } from "./reconcile/checkpoints.ts";
import { Movements } from "./reconcile/movements.ts";
import { TransferStops } from "./reconcile/transfer-stops.ts";
import { resumePayments, type StopCause, stopPayments } from "./stops.ts";
import { PayoutAccounts } from "./stripe/accounts.ts";
import { connectStripe, type ProcessorOptions } from "./stripe/client.ts";
import { Inbox } from "./stripe/inbox.ts";
import { Intents } from "./stripe/intents.ts";
import { type Observation, observe } from "./stripe/observation.ts";
import { Pace } from "./stripe/pace.ts";

/**
 * The only place that moves money. It knows pledges and developments as opaque ids; no proposals, no HTTP, no forge.
 * What takes `tx` writes down and books; what takes none may call the processor.
 */
export class Vault {
  readonly accounts: PayoutAccounts;
  readonly inbox: Inbox;
  readonly ownFunds: OwnFunds;
  readonly movements: Movements;
  readonly transferStops: TransferStops;
  readonly backfill: Backfill;
  readonly checkpoints: Checkpoints;
  readonly #database: Database;
  readonly #stripe: Stripe;
  readonly #intents: Intents;

  constructor(database: Database, options: ProcessorOptions) {
    this.#database = database;
    this.#stripe = connectStripe(options);
    this.accounts = new PayoutAccounts(database, this.#stripe);
    const live = /^(sk|rk)_live_/.test(options.secretKey);
    this.inbox = new Inbox(database, this.#stripe, options.webhookSecret, live, options.webhookAccountsSecret);
    this.ownFunds = new OwnFunds(database, this.#stripe);
    this.movements = new Movements(database, this.#stripe);
    this.transferStops = new TransferStops(database, this.#stripe);
    this.backfill = new Backfill(database, this.#stripe);
    this.checkpoints = new Checkpoints(database);
    const pace = new Pace(database, options.callsPerSecond ?? null);
    this.#intents = new Intents(database, this.#stripe, intentRules(database, this), pace);
  }

  /**
   * Opens a payment into the hold. Charges the processor makes before `closesAt` count. Refuses own_funds_short before the
   * first pledge of all. @returns the intent to perform
   */
  async hold(tx: Tx, payment: NewPayment, closesAt: Date): Promise<string> {
    await requireOwnFunds(tx);
    return openPayment(tx, payment, { kind: "pledge", closesAt });
  }

  /** Opens a payment straight to the payee: a destination charge, never held, final. @returns the intent to perform */
  donate(tx: Tx, payment: NewPayment, payee: { payeeId: string; accountId: string }): Promise<string> {
    return openPayment(tx, payment, { kind: "donation", payeeId: payee.payeeId, destination: payee.accountId });
  }

  /** Plans the return of what is held of one payment. Refuses payment_not_held. */
  refund(tx: Tx, paymentId: string, kind: RefundKind, because: Because): Promise<void> {
    return planRefund(tx, paymentId, kind, because);
  }

  /** Returns a part of a held payment. Refusals: payment_not_held, amount_too_small, refund_exceeds_payment. */
  refundPart(tx: Tx, paymentId: string, amountMinor: bigint, key: string, because: Because): Promise<void> {
    return planPart(tx, paymentId, amountMinor, key, because);
  }

  /** An owed refund was returned by other means. Refuses refund_not_owed. */
  noteRepaid(tx: Tx, refundId: string, note: string): Promise<void> {
    return noteRepaid(tx, refundId, note);
  }

  /**
   * Decides that everything a development holds goes back, also what is seen later. The first portion is under way when
   * the transaction ends; `advance` does the rest.
   */
  async refundAll(tx: Tx, developmentId: string, kind: RefundKind, reason: string): Promise<void> {
    await decideBatch(tx, developmentId, { kind: "refund", refundKind: kind }, reason);
    await continueBatch(tx, developmentId);
  }

  /**
   * Authorises the settlement of a development, once: pledges named in `returned` go back whole, every other held one is
   * split by the payees' shares; one that is stopped waits until it is free. The caller has proved that it may (final check,
   * no blocking case). The first portion is under way when the transaction ends; `advance` does the rest.
   */
  async settle(
    tx: Tx,
    developmentId: string,
    lines: readonly PayeeShare[],
    returned: ReadonlySet<string> = new Set(),
  ): Promise<void> {
    await decideBatch(tx, developmentId, { kind: "settle", lines, returned: [...returned] }, "settled");
    await continueBatch(tx, developmentId);
  }

  /** Brings what is decided of a development under way, portion by portion. Safe to call at any time, by several at once. */
  advance(developmentId: string): Promise<number> {
    return continueBatches(this.#database, developmentId);
  }

  /** Decided developments of which something is still (or again) held and may move. */
  unfinished(limit = 50): Promise<string[]> {
    return unfinishedBatches(this.#database, limit);
  }

  /**
   * The latest day of a settlement: what could not be paid out by now goes back to the backers (F6), a portion at a time.
   * @returns `unknown` while something is out of which nobody knows yet what became of it
   */
  endSettlement(tx: Tx, developmentId: string): Promise<"ended" | "more" | "unknown"> {
    return endSettlement(tx, developmentId);
  }

  /** Stops payments: they are not paid out until every stop is lifted. It never stops a refund. */
  stop(tx: Tx, paymentIds: readonly string[], cause: StopCause): Promise<void> {
    return stopPayments(tx, paymentIds, cause);
  }

  /** Lifts one stop. */
  resume(tx: Tx, paymentIds: readonly string[], cause: StopCause): Promise<void> {
    return resumePayments(tx, paymentIds, cause);
  }

  /** After a written finding of fraud the payees of a paid pledge owe it to us. Refuses payment_not_paid. */
  reclaim(tx: Tx, paymentId: string, because: Because): Promise<void> {
    return reclaim(tx, paymentId, because);
  }

  /** Pays again what was reversed at the processor. Refuses reversal_not_found. */
  payAgain(tx: Tx, reversalId: string): Promise<void> {
    return payAgain(tx, reversalId);
  }

  /** From `at` on no charge of this development counts any more; what arrives later goes back whole. */
  close(tx: Tx, developmentId: string, at: Date): Promise<void> {
    return closeAt(tx, developmentId, at);
  }

  /** Whether a checkout of this development is still unresolved, so that no total can be named yet. */
  hasOpenCheckouts(tx: Tx, developmentId: string): Promise<boolean> {
    return hasOpenCheckouts(tx, developmentId);
  }

  /** Pledges whose page may still be open at the processor. */
  openCheckouts(developmentId: string): Promise<string[]> {
    return openCheckouts(this.#database, developmentId);
  }

  /** Closes the processor's page of a payment. A payment without a page, and a page that was paid or closed, stays as it is. */
  expireCheckout(paymentId: string): Promise<void> {
    return expireCheckout(this.#database, this.#stripe, this.#intents, paymentId);
  }

  /** Payments whose page or refund has had time to come to an end, and of which nobody told us that it did. */
  unheard(limit?: number): Promise<string[]> {
    return unheard(this.#database, limit);
  }

  /**
   * The intent that opens a payment's page when the payment has been begun, so that a repeated request goes on with it;
   * else null. Refuses idempotency_key_reused when it was begun for another development or sum.
   */
  begun(tx: Tx, paymentId: string, of: { developmentId: string; amountMinor: bigint }): Promise<string | null> {
    return begun(tx, paymentId, of);
  }

  /** Carries out one intent at once; false when it has to wait (a sweep will come back to it). */
  perform(intentId: string): Promise<boolean> {
    return this.#intents.perform(intentId);
  }

  /** Carries out what is due. @returns how many intents were settled */
  performDue(options: { developmentId?: string; limit?: number } = {}): Promise<number> {
    return this.#intents.performDue(options);
  }

  /**
   * Asks the processor about a payment. The answer goes into `apply`.
   * @param hint the type of the message that made us look
   */
  observe(paymentId: string, hint?: string): Promise<Observation> {
    return observe(this.#database, this.#stripe, paymentId, hint);
  }

  /** Books what was observed and says what changed. Never calls a room. */
  apply(tx: Tx, seen: Observation): Promise<Fact> {
    return applyObservation(tx, seen);
  }

  /** Proves the books without keeping the proof. */
  check(developmentId?: string): Promise<BooksProof> {
    return proveBooks(this.#database, developmentId);
  }

  /** Proves the books, keeps the proof, and stops transfers while something does not agree. */
  async checkAndKeep(): Promise<BooksProof> {
    const proof = await proveAndKeep(this.#database);
    await this.transferStops.review();
    return proof;
  }
}
