import { DueList } from "./due.ts";
import type { SettingRecord, TxnRecord } from "./records.ts";
import type { Store } from "./store.ts";

interface Sums {
  available: Map<string, number>;
  pending: Map<string, number>;
}

const CATEGORY: Record<string, string> = {
  charge: "charge",
  refund: "refund",
  refund_failure: "refund_failure",
  transfer: "transfer",
  transfer_refund: "transfer_reversal",
  payment: "charge",
  payment_refund: "refund",
  payout: "payout",
  payout_failure: "payout_reversal",
  payout_cancel: "payout_reversal",
  topup: "topup",
  adjustment: "other_adjustment",
  stripe_fee: "fee",
  reserve_hold: "risk_reserved_funds",
  reserve_release: "risk_reserved_funds",
};

/**
 * The balances of the platform and of every connected account. A balance is nothing but the sum of its balance
 * transactions: pending until `available_on`, available from then on.
 */
export class Balances {
  #store: Store;
  #owners = new Map<string, Sums>();
  #unsettled = new DueList<TxnRecord>();
  #settledUpTo = 0;

  constructor(store: Store) {
    this.#store = store;
    this.reload();
  }

  reload(): void {
    this.#owners.clear();
    this.#unsettled.clear();
    this.#settledUpTo = 0;
    for (const txn of this.#store.all("txn")) this.#count(txn);
  }

  /** Makes available what is due at `now` (story seconds); tells whether anything was. */
  settle(now: number): boolean {
    this.#settledUpTo = Math.max(this.#settledUpTo, now);
    let moved = false;
    for (let txn = this.#unsettled.take(now); txn !== undefined; txn = this.#unsettled.take(now)) {
      const net = txn.amount - txn.fee;
      const sums = this.#sums(txn.account);
      add(sums.pending, txn.currency, -net);
      add(sums.available, txn.currency, net);
      moved = true;
    }
    return moved;
  }

  available(account: string | null, currency: string): number {
    return this.#sums(account).available.get(currency) ?? 0;
  }

  /** What an owner has available, by currency. */
  availableOf(account: string | null): readonly [currency: string, amount: number][] {
    return [...this.#sums(account).available];
  }

  isAvailable(txn: TxnRecord): boolean {
    return txn.available_on <= this.#settledUpTo;
  }

  /** Books one balance transaction. `amount` is signed; `fee` is taken off on top. */
  book(
    id: string,
    now: number,
    entry: {
      type: string;
      amount: number;
      fee?: number;
      fee_description?: string;
      currency: string;
      source: string | null;
      account?: string | null;
      available_on?: number;
      description?: string | null;
      category?: string;
    },
  ): TxnRecord {
    const txn: TxnRecord = {
      id,
      created: now,
      available_on: entry.available_on ?? now,
      amount: entry.amount,
      fee: entry.fee ?? 0,
      fee_description: entry.fee_description ?? "Stripe processing fees",
      currency: entry.currency,
      type: entry.type,
      category: entry.category ?? CATEGORY[entry.type] ?? entry.type,
      source: entry.source,
      description: entry.description ?? null,
      account: entry.account ?? null,
    };
    this.#store.save("txn", txn);
    this.#count(txn);
    return txn;
  }

  /** Stripe's balance object for an owner. */
  render(account: string | null): Record<string, unknown> {
    const side = (sums: Map<string, number>): Record<string, unknown>[] => {
      const rows = [...sums].map(([currency, amount]) => ({ amount, currency, source_types: { card: amount } }));
      return rows.length > 0 ? rows : [{ amount: 0, currency: "usd", source_types: { card: 0 } }];
    };
    const sums = this.#sums(account);
    return { object: "balance", available: side(sums.available), livemode: false, pending: side(sums.pending) };
  }

  #count(txn: TxnRecord): void {
    const sums = this.#sums(txn.account);
    const net = txn.amount - txn.fee;
    const due = txn.available_on <= this.#settledUpTo;
    add(due ? sums.available : sums.pending, txn.currency, net);
    add(due ? sums.pending : sums.available, txn.currency, 0);
    if (!due) this.#unsettled.add(txn.available_on, txn);
  }

  #sums(account: string | null): Sums {
    const owner = account ?? "";
    let sums = this.#owners.get(owner);
    if (sums === undefined) this.#owners.set(owner, (sums = { available: new Map(), pending: new Map() }));
    return sums;
  }
}

function add(sums: Map<string, number>, currency: string, amount: number): void {
  sums.set(currency, (sums.get(currency) ?? 0) + amount);
}

/** Stripe's fee on a charge, rounded half up. */
export function cardFee(amount: number, schedule: SettingRecord): number {
  return Math.floor((amount * schedule.fee_basis_points + 5000) / 10_000) + schedule.fee_fixed;
}
