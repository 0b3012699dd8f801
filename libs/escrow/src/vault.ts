import type Stripe from "stripe";
import type { Database, Tx } from "@freehold/database";
import { Refusal } from "@freehold/values";
import { applyObservation, type Fact } from "./apply.ts";
import { lockPaymentsOf, type NewPayment, openPayment } from "./hold.ts";
import { OwnFunds } from "./own-funds.ts";
import { applyRefund, planRefund, planRefundOf, type RefundKind } from "./refund.ts";
import { authorisePayout, confirmPayout, type PayeeShare } from "./settle.ts";
import { PayoutAccounts } from "./stripe/accounts.ts";
import { connectStripe, type ProcessorOptions } from "./stripe/client.ts";
import { Inbox } from "./stripe/inbox.ts";
import { Intents, type Sent } from "./stripe/intents.ts";
import { type Observation, observe } from "./stripe/observation.ts";
import { proveAndKeep, proveBooks } from "./check.ts";

/**
 * The only place that moves money. It knows pledges and developments as opaque ids; no proposals, no HTTP, no forge.
 * What takes `tx` writes down and books; what takes none may call the processor.
 */
export class Vault {
  readonly accounts: PayoutAccounts;
  readonly inbox: Inbox;
  readonly ownFunds: OwnFunds;
  readonly #database: Database;
  readonly #stripe: Stripe;
  readonly #intents: Intents;

  constructor(database: Database, options: ProcessorOptions) {
    this.#database = database;
    this.#stripe = connectStripe(options);
    this.accounts = new PayoutAccounts(database, this.#stripe);
    this.inbox = new Inbox(database, this.#stripe, options.webhookSecret, /^(sk|rk)_live_/.test(options.secretKey));
    this.ownFunds = new OwnFunds(database, this.#stripe);
    this.#intents = new Intents(
      database,
      this.#stripe,
      (tx, sent) => this.#confirm(tx, sent),
      (intent) => this.#mayGo(intent),
    );
  }

  /** Opens a payment into the hold. Charges the processor makes before `closesAt` count. @returns the intent to perform */
  hold(tx: Tx, payment: NewPayment, closesAt: Date): Promise<string> {
    return openPayment(tx, payment, { kind: "pledge", closesAt });
  }

  /** Opens a payment straight to the payee: a destination charge, never held, final. @returns the intent to perform */
  donate(tx: Tx, payment: NewPayment, payee: { payeeId: string; accountId: string }): Promise<string> {
    return openPayment(tx, payment, { kind: "donation", payeeId: payee.payeeId, destination: payee.accountId });
  }

  /** Plans the return of one held payment. Refuses payment_not_held. */
  refund(tx: Tx, paymentId: string, kind: RefundKind, reason: string): Promise<void> {
    return planRefund(tx, paymentId, kind, reason);
  }

  /** Plans the return of everything a development holds. @returns how many payments */
  async refundAll(tx: Tx, developmentId: string, kind: RefundKind, reason: string): Promise<number> {
    const held = (await lockPaymentsOf(tx, developmentId, ["held"])).filter((payment) => !payment.locked);
    for (const payment of held) await planRefundOf(tx, payment, kind, reason);
    return held.length;
  }

  /**
   * Authorises the settlement of a development, once: pledges named in `returned` go back whole, every other held one is
   * split by the payees' shares. The caller has proved that it may (final check, no blocking case).
   * @returns how many are paid and how many returned
   */
  async settle(
    tx: Tx,
    developmentId: string,
    lines: readonly PayeeShare[],
    returned: ReadonlySet<string> = new Set(),
  ): Promise<{ paid: number; returned: number }> {
    const held = (await lockPaymentsOf(tx, developmentId, ["held"])).filter((payment) => !payment.locked);
    const rows = await tx.payoutAccount.findMany({ where: { partyId: { in: lines.map((line) => line.payeeId) } } });
    const accounts = new Map(rows.flatMap((row) => (row.accountId === null ? [] : [[row.partyId, row.accountId]])));
    let paid = 0;
    for (const payment of held) {
      if (returned.has(payment.id)) await planRefundOf(tx, payment, "whole", "disputed");
      else {
        await authorisePayout(tx, payment, lines, accounts);
        paid += 1;
      }
    }
    return { paid, returned: held.length - paid };
  }

  /** From `at` on no charge of this development counts any more; what arrives later goes back whole. */
  async close(tx: Tx, developmentId: string, at: Date): Promise<void> {
    await tx.$executeRaw`
      UPDATE payment SET closes_at = LEAST(closes_at, ${at}::timestamptz)
      WHERE development_id = ${developmentId}::uuid AND kind = 'pledge' AND state = 'opened'`;
  }

  /** Whether a checkout of this development is still unresolved, so that no total can be named yet. */
  async hasOpenCheckouts(tx: Tx, developmentId: string): Promise<boolean> {
    return (await tx.payment.count({ where: { developmentId, kind: "pledge", state: "opened" } })) > 0;
  }

  /** Pledges whose page may still be open at the processor. */
  async openCheckouts(developmentId: string): Promise<string[]> {
    const rows = await this.#database.payment.findMany({
      where: { developmentId, kind: "pledge", state: "opened" },
      select: { id: true },
      take: 500,
    });
    return rows.map((row) => row.id);
  }

  /** Closes the processor's page of a payment. A payment without a page, and a page that was paid or closed, stays as it is. */
  async expireCheckout(paymentId: string): Promise<void> {
    const payment = await this.#database.payment.findUniqueOrThrow({ where: { id: paymentId } });
    if (payment.state !== "opened") return;
    if (payment.checkoutId === null) {
      // Nobody was ever sent to a page. An intent that may still make one is ended first, so that none appears later.
      await this.#database.transact(async (tx) => {
        const ended = await tx.intent.updateMany({
          where: { purpose: "checkout", subjectId: paymentId, state: "PLANNED" },
          data: { state: "REJECTED", error: "closed before it was sent" },
        });
        if (ended.count > 0)
          await tx.payment.updateMany({ where: { id: paymentId, state: "opened" }, data: { state: "expired" } });
      });
      await this.#intents.performDue({ developmentId: payment.developmentId });
      return;
    }
    const session = await this.#stripe.checkout.sessions.retrieve(payment.checkoutId);
    if (session.status === "open") await this.#stripe.checkout.sessions.expire(payment.checkoutId);
  }

  /** The bank questions a payment: it is neither paid out nor refunded by us until a person has answered. */
  async lock(tx: Tx, paymentId: string): Promise<void> {
    await tx.payment.update({ where: { id: paymentId }, data: { locked: true } });
  }

  /** Payments whose page or refund has had time to come to an end, and of which nobody told us that it did. */
  async unheard(limit = 50): Promise<string[]> {
    const rows = await this.#database.$queryRaw<{ id: string }[]>`
      SELECT p.id FROM payment p LEFT JOIN refund r ON r.payment_id = p.id
      WHERE (p.state = 'opened' AND p.checkout_expires_at < clock_now())
        OR (p.state = 'refunding' AND r.state = 'planned' AND r.object_id IS NOT NULL)
      ORDER BY random() LIMIT ${limit}`;
    return rows.map((row) => row.id);
  }

  /**
   * The intent that opens a payment's page when the payment has been begun, so that a repeated request goes on with it;
   * else null. Refuses idempotency_key_reused when it was begun for another development or sum.
   */
  async begun(tx: Tx, paymentId: string, of: { developmentId: string; amountMinor: bigint }): Promise<string | null> {
    const payment = await tx.payment.findUnique({ where: { id: paymentId } });
    if (payment === null) return null;
    if (payment.developmentId !== of.developmentId || payment.amountMinor !== of.amountMinor)
      throw new Refusal("idempotency_key_reused", "This Idempotency-Key was used for another request.");
    const intent = await tx.intent.findFirstOrThrow({
      where: { purpose: "checkout", subjectId: paymentId },
      orderBy: { attempt: "desc" },
      select: { id: true },
    });
    return intent.id;
  }

  /** Carries out one intent at once; false when it has to wait (a sweep will come back to it). */
  perform(intentId: string): Promise<boolean> {
    return this.#intents.perform(intentId);
  }

  /** Carries out what is due. @returns how many intents were settled */
  performDue(options: { developmentId?: string; limit?: number } = {}): Promise<number> {
    return this.#intents.performDue(options);
  }

  /** Asks the processor about a payment. The answer goes into `apply`. */
  observe(paymentId: string): Promise<Observation> {
    return observe(this.#database, this.#stripe, paymentId);
  }

  /** Books what was observed and says what changed. Never calls a room. */
  apply(tx: Tx, seen: Observation): Promise<Fact> {
    return applyObservation(tx, seen);
  }

  /** Proves the books without keeping the proof. */
  check(): Promise<Awaited<ReturnType<typeof proveBooks>>> {
    return proveBooks(this.#database);
  }

  /** Proves the books and keeps the proof. */
  checkAndKeep(): Promise<Awaited<ReturnType<typeof proveBooks>>> {
    return proveAndKeep(this.#database);
  }

  async #confirm(tx: Tx, sent: Sent): Promise<void> {
    switch (sent.purpose) {
      case "checkout":
        await tx.payment.update({
          where: { id: sent.subjectId },
          data: { checkoutId: sent.object.id, checkoutUrl: sent.object.url },
        });
        return;
      case "refund":
        await applyRefund(tx, sent.subjectId, sent.object);
        return;
      case "transfer":
        await confirmPayout(tx, sent.subjectId, sent.object.id);
    }
  }

  /** A payee's status is read anew just before each transfer; refunds always may go. */
  async #mayGo(intent: { purpose: string; subjectId: string }): Promise<string | null> {
    if (intent.purpose !== "transfer") return null;
    const payout = await this.#database.payout.findUniqueOrThrow({ where: { id: intent.subjectId } });
    const { state } = await this.accounts.refresh(payout.payeeId);
    return state === "payable" ? null : `the payee is ${state}`;
  }
}
