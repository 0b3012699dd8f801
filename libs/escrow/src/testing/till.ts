import { relayOutbox } from "@freehold/database";
import { finishOnboarding, payCheckout, type TypedCard } from "@freehold/local-world";
import { type Market, openMarket } from "@freehold/testing";
import { after, DAY_MS, newId, usd } from "@freehold/values";
import type { Fact } from "../apply.ts";
import type { RefundKind } from "../refund.ts";
import type { PayeeShare } from "../settle.ts";

export const VISA = "4242424242424242";

/** The vault alone, without rooms: payments by their ids, the processor beside it, and what the ledger says. */
export class Till {
  readonly market: Market;
  readonly facts: Fact[] = [];

  constructor(market: Market) {
    this.market = market;
  }

  get vault() {
    return this.market.vault;
  }

  get database() {
    return this.market.database;
  }

  get stripe() {
    return this.market.stripe.control;
  }

  async party(name: string): Promise<string> {
    const id = newId();
    await this.database.party.create({ data: { id, name, firstSeenAt: await this.database.now() } });
    return id;
  }

  /** A party that can be paid. */
  async payee(name: string): Promise<string> {
    const id = await this.party(name);
    await finishOnboarding(await this.vault.accounts.onboardingUrl(id, name, "http://127.0.0.1:4000/get-paid"));
    await this.vault.accounts.refresh(id);
    return id;
  }

  /** Writes a payment of P + s down, with what we mean to ask of the processor; nothing is sent. */
  async begin(
    developmentId: string,
    given: {
      amount?: bigint;
      serviceFee?: bigint;
      closesInMs?: number;
      payeeId?: string;
      payerId?: string;
      platformFeeBasisPoints?: number;
      title?: string;
    } = {},
  ): Promise<{ id: string; intentId: string }> {
    const id = newId();
    const payment = {
      id,
      developmentId,
      payerId: given.payerId ?? newId(),
      amount: usd(given.amount ?? 2500n),
      serviceFee: usd(given.serviceFee ?? 110n),
      platformFeeBasisPoints: given.platformFeeBasisPoints ?? 500,
      title: given.title ?? "Read threads offline",
      successUrl: "http://127.0.0.1:4000/payments/back",
      cancelUrl: "http://127.0.0.1:4000/payments/cancelled",
    };
    const closesAt = after(await this.database.now(), given.closesInMs ?? 3 * DAY_MS);
    const account = given.payeeId === undefined ? null : await this.vault.accounts.refresh(given.payeeId);
    const intentId = await this.database.transact((tx) =>
      account === null
        ? this.vault.hold(tx, payment, closesAt)
        : this.vault.donate(tx, payment, { payeeId: given.payeeId!, accountId: account.accountId! }),
    );
    return { id, intentId };
  }

  /** A payment that was made and seen. */
  async paid(developmentId: string, given: Parameters<Till["begin"]>[1] & { card?: string } = {}): Promise<string> {
    const { id, intentId } = await this.begin(developmentId, given);
    await this.vault.perform(intentId);
    await this.pay(id, { number: given.card ?? VISA });
    await this.look(id);
    return id;
  }

  async pay(paymentId: string, card: TypedCard = { number: VISA }) {
    const { checkoutUrl } = await this.row(paymentId);
    return payCheckout(checkoutUrl!, card);
  }

  /**
   * Asks the processor about a payment and books the answer, webhook or not.
   * @param hint the type of the message that would have made us look
   */
  async look(paymentId: string, hint?: string): Promise<Fact["kind"]> {
    const seen = await this.vault.observe(paymentId, hint);
    const fact = await this.database.transact((tx) => this.vault.apply(tx, seen));
    this.facts.push(fact);
    return fact.kind;
  }

  /** Settles everything a development holds: all of it for one payee, or by lines. */
  settle(developmentId: string, to: string | readonly PayeeShare[]): Promise<void> {
    const lines = typeof to === "string" ? [{ payeeId: to, basisPoints: 10_000 }] : to;
    return this.database.transact((tx) => this.vault.settle(tx, developmentId, lines));
  }

  refundAll(developmentId: string, kind: RefundKind = "pledge"): Promise<void> {
    return this.database.transact((tx) => this.vault.refundAll(tx, developmentId, kind, "declined"));
  }

  row(paymentId: string) {
    return this.database.payment.findUniqueOrThrow({ where: { id: paymentId } });
  }

  /** The kinds of open tasks about something, by name. */
  async openTasks(subjectId: string): Promise<string[]> {
    const rows = await this.database.operatorTask.findMany({
      where: { subjectId, doneAt: null },
      orderBy: { kind: "asc" },
    });
    return rows.map((task) => task.kind);
  }

  async chargeOf(paymentId: string): Promise<string> {
    return (await this.row(paymentId)).chargeId!;
  }

  /** What somebody does by hand on the processor's own pages. */
  async byHand(path: string, body: Record<string, string>): Promise<{ id: string }> {
    const answer = await fetch(`${this.market.stripe.url}/v1/${path}`, {
      method: "POST",
      headers: { authorization: "Bearer sk_test_market", "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams(body),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as { id: string };
  }

  /** Takes every webhook that was posted, and works on each. @returns how many */
  async takePost(): Promise<number> {
    await this.stripe.tick();
    await this.market.stripe.drained();
    let taken = 0;
    const pass = async (rows: { payload: unknown }[]) => {
      taken += rows.length;
      for (const { payload } of rows) await this.workOn((payload as { eventId: string }).eventId);
    };
    await relayOutbox(this.database, pass);
    return taken;
  }

  async workOn(eventId: string): Promise<void> {
    const subject = await this.vault.inbox.subjectOf(eventId);
    const { type } = await this.database.inboxEvent.findUniqueOrThrow({ where: { id: eventId } });
    if (subject !== null && "paymentId" in subject) await this.look(subject.paymentId, type);
    await this.database.transact((tx) => this.vault.inbox.applied(tx, eventId));
  }

  /** Carries out everything planned, whatever it would have waited for by the machine's clock. */
  async hurry(rounds = 1): Promise<void> {
    for (let round = 0; round < rounds; round += 1) {
      await this.market.asOwner(
        "UPDATE intent SET due_at = now() - interval '1 second' WHERE state IN ('PLANNED', 'SENT', 'UNKNOWN')",
      );
      await this.vault.performDue();
    }
  }

  async state(paymentId: string): Promise<string> {
    return (await this.row(paymentId)).state;
  }

  /** What was posted for a payment, in order: event, then account and sum in the order of the accounts' names. */
  async posted(paymentId: string): Promise<[event: string, ...legs: string[]][]> {
    const rows = await this.market.asOwner<{ event: string; legs: string[] }>(
      `SELECT t.event, array_agg(a.purpose || ' ' || e.amount_minor ORDER BY a.purpose, e.amount_minor) AS legs
       FROM ledger_transaction t JOIN ledger_entry e ON e.transaction_id = t.id JOIN ledger_account a ON a.id = e.account_id
       WHERE t.payment_id = $1 GROUP BY t.id, t.event, t.recorded_at ORDER BY t.recorded_at, min(e.id)`,
      [paymentId],
    );
    return rows.map((row) => [row.event, ...row.legs]);
  }

  /** The processor's own objects of a kind. */
  async atStripe<Record = { id: string; amount: number; status?: string }>(kind: string): Promise<Record[]> {
    return (await this.stripe.dump())[kind] as Record[];
  }

  close(): Promise<void> {
    return this.market.close();
  }
}

/** A vault of its own on a database of its own, with own funds at the processor. */
export async function openTill(options: { validate?: boolean } = {}): Promise<Till> {
  const market = await openMarket(options);
  await market.stripe.control.topUp(200_000);
  await market.vault.movements.take();
  return new Till(market);
}
