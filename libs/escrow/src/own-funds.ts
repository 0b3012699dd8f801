import type Stripe from "stripe";
import { type Money, usd } from "@freehold/values";
import { type Database, now } from "@freehold/database";
import { post } from "./ledger/post.ts";
import { liabilityPurposes, ownFundsAdded } from "./ledger/postings.ts";

const FLOOR_MINOR = 100_000n;
const FLOOR_BASIS_POINTS = 200n;

/** The platform's own money at the processor: clearing less everything owed (DESIGN 4). */
export class OwnFunds {
  readonly #database: Database;
  readonly #stripe: Stripe;

  constructor(database: Database, stripe: Stripe) {
    this.#database = database;
    this.#stripe = stripe;
  }

  /** Books top-ups that the processor shows and the ledger does not have yet. @returns how many */
  async takeTopUps(): Promise<number> {
    const found: { id: string; netMinor: bigint; at: Date }[] = [];
    for await (const movement of this.#stripe.balanceTransactions.list({ type: "topup", limit: 100 })) {
      if ((await this.#database.ledgerTransaction.count({ where: { idempotencyKey: `topup:${movement.id}` } })) > 0)
        break;
      if (movement.currency === "usd")
        found.push({ id: movement.id, netMinor: BigInt(movement.net), at: new Date(movement.created * 1000) });
    }
    // Oldest first: what is booked then always reaches back without a gap, whenever this is broken off.
    let taken = 0;
    for (const movement of found.toReversed()) {
      await this.#database.transact((tx) =>
        post(tx, {
          key: `topup:${movement.id}`,
          event: "own_funds_added",
          occurredAt: movement.at,
          legs: ownFundsAdded(movement.netMinor, "USD"),
          causation: { balanceTransactionId: movement.id },
        }),
      );
      taken += 1;
    }
    return taken;
  }

  /** What the books say lies at the processor, and what of it we owe, US cents. */
  async booked(): Promise<{ clearing: bigint; owed: bigint; held: bigint }> {
    const [row] = await this.#database.$queryRaw<{ clearing: bigint; owed: bigint; held: bigint }[]>`
      SELECT COALESCE(sum(e.amount_minor) FILTER (WHERE a.purpose = 'psp_clearing'), 0)::bigint AS clearing,
        COALESCE(-sum(e.amount_minor) FILTER (WHERE a.purpose = ANY(${[...liabilityPurposes]})), 0)::bigint AS owed,
        COALESCE(-sum(e.amount_minor) FILTER (WHERE a.purpose = 'holding'), 0)::bigint AS held
      FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id WHERE a.currency = 'USD'`;
    return row!;
  }

  /** What the processor itself says it holds for us, available and pending together, US cents. */
  async atProcessor(): Promise<bigint> {
    const balance = await this.#stripe.balance.retrieve();
    return [...balance.available, ...balance.pending]
      .filter((part) => part.currency === "usd")
      .reduce((sum, part) => sum + BigInt(part.amount), 0n);
  }

  /** Own funds and the floor they must not fall below: the greater of $1,000 and 2 % of what is held. */
  async state(): Promise<{ ownFunds: Money; floor: Money; held: Money; at: Date }> {
    const { clearing, owed, held } = await this.booked();
    const share = (held * FLOOR_BASIS_POINTS) / 10_000n;
    return {
      ownFunds: usd(clearing - owed),
      floor: usd(share > FLOOR_MINOR ? share : FLOOR_MINOR),
      held: usd(held),
      at: await now(this.#database),
    };
  }
}
