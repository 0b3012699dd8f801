import type Stripe from "stripe";
import { type Money, usd } from "@freehold/values";
import { type Database, now, type Tx } from "@freehold/database";
import type { PlatformPurpose } from "./ledger/postings.ts";
import { atProcessor, booked, type Booked, platformSums } from "./reconcile/standing.ts";
import { floorOf } from "./reconcile/transfer-stops.ts";
import { confirmWithdrawal, failWithdrawal, type NewWithdrawal, withdraw } from "./reconcile/withdraw.ts";

/** The platform's own money at the processor: clearing less everything owed (DESIGN 4). */
export class OwnFunds {
  readonly #database: Database;
  readonly #stripe: Stripe;

  constructor(database: Database, stripe: Stripe) {
    this.#database = database;
    this.#stripe = stripe;
  }

  /** What the books say lies at the processor, and what of it we owe, US cents. */
  booked(): Promise<Booked> {
    return booked(this.#database);
  }

  /** The sums of the platform-wide accounts, US cents, debits positive. */
  sums(): Promise<Record<PlatformPurpose, bigint>> {
    return platformSums(this.#database);
  }

  /** What the processor itself says it holds for us, available and pending together, US cents. */
  atProcessor(): Promise<bigint> {
    return atProcessor(this.#stripe);
  }

  /** Own funds and the floor they must not fall below: the greater of $1,000 and 2 % of what is held. */
  async state(): Promise<Booked & { ownFunds: Money; floor: Money; enough: boolean; at: Date }> {
    const books = await this.booked();
    const own = books.clearing - books.owed;
    const floor = floorOf(books.held);
    return {
      ...books,
      ownFunds: usd(own),
      floor: usd(floor),
      enough: own >= floor,
      at: await now(this.#database),
    };
  }

  /**
   * Takes own funds off and plans their payout to the platform's bank. Refusals, in this order: idempotency_key_reused,
   * second_signature_needed, amount_too_small, transfers_stopped, below_floor.
   * @returns the intent to perform
   */
  withdraw(tx: Tx, withdrawal: NewWithdrawal): Promise<string> {
    return withdraw(tx, withdrawal);
  }

  /** The processor has sent a withdrawal. Repeating it changes nothing. */
  confirmWithdrawal(tx: Tx, id: string, object: { id: string }): Promise<void> {
    return confirmWithdrawal(tx, id, object);
  }

  /** A withdrawal never left, or came back. Repeating it changes nothing. */
  failWithdrawal(tx: Tx, id: string): Promise<void> {
    return failWithdrawal(tx, id);
  }
}
