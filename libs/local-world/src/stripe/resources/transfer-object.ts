import { shown } from "../currency.ts";
import { declined, invalid, missing } from "../refusal.ts";
import type { ChargeRecord, Metadata, ReversalRecord, TransferRecord } from "../records.ts";
import { list, type Answer } from "../route.ts";
import type { World } from "../world.ts";

export const TRANSFERS = "/v1/transfers";

export function renderTransfer(world: World, transfer: TransferRecord): Answer {
  const reversals = world.store.by("reversal", "transfer", transfer.id);
  return {
    id: transfer.id,
    object: "transfer",
    amount: transfer.amount,
    amount_reversed: transfer.reversed,
    balance_transaction: transfer.balance_transaction,
    created: transfer.created,
    currency: transfer.currency,
    description: transfer.description,
    destination: transfer.destination,
    destination_payment: transfer.destination_payment,
    livemode: false,
    metadata: transfer.metadata,
    reversals: list(
      reversals
        .slice(-10)
        .toReversed()
        .map((r) => renderReversal(r)),
      `${TRANSFERS}/${transfer.id}/reversals`,
    ),
    reversed: transfer.reversed === transfer.amount,
    source_transaction: transfer.source_transaction,
    source_type: "card",
    transfer_group: transfer.transfer_group,
  };
}

export function renderReversal(reversal: ReversalRecord): Answer {
  return {
    id: reversal.id,
    object: "transfer_reversal",
    amount: reversal.amount,
    balance_transaction: reversal.balance_transaction,
    created: reversal.created,
    currency: reversal.currency,
    destination_payment_refund: reversal.destination_payment_refund,
    metadata: reversal.metadata,
    source_refund: reversal.source_refund,
    transfer: reversal.transfer,
  };
}

/** Refuses an account that does not exist or cannot receive transfers now. */
export function checkDestination(world: World, id: string, param = "destination"): void {
  const account = world.store.get("account", id);
  if (account === undefined || account.closed) throw missing("destination", id, param, 400);
  if (account.transfers?.status !== "active") {
    throw declined(
      "insufficient_capabilities_for_transfer",
      "Your destination account needs to have at least one of the following capabilities enabled: transfers, crypto_transfers, legacy_payments",
    );
  }
}

/** Moves money from the platform to a connected account; a source that is still pending lends its own date. */
export function moveToAccount(
  world: World,
  move: {
    amount: number;
    currency: string;
    destination: string;
    source: ChargeRecord | null;
    transfer_group: string | null;
    description: string | null;
    metadata: Metadata;
  },
): TransferRecord {
  const { amount, currency, destination, source } = move;
  const id = world.id(source === null ? "tr_1" : "tr_3", 23);
  const sourceTxn =
    source?.balance_transaction == null ? undefined : world.store.get("txn", source.balance_transaction);
  const available_on = Math.max(world.now, sourceTxn?.available_on ?? 0);
  const payment = world.id("py_1", 23);
  const txn = world.balances.book(world.id("txn_3", 23), world.now, {
    type: "transfer",
    amount: -amount,
    currency,
    source: id,
    available_on,
    description: move.description,
  });
  world.balances.book(world.id("txn_1", 23), world.now, {
    type: "payment",
    amount,
    currency,
    source: payment,
    account: destination,
    available_on,
  });
  if (source !== null) {
    source.transferred += amount;
    world.store.save("charge", source);
  }
  const transfer: TransferRecord = {
    id,
    created: world.now,
    amount,
    currency,
    destination,
    destination_payment: payment,
    source_transaction: source?.id ?? null,
    transfer_group: move.transfer_group,
    description: move.description,
    metadata: move.metadata,
    reversed: 0,
    balance_transaction: txn.id,
  };
  world.store.save("transfer", transfer);
  world.emit("transfer.created", renderTransfer(world, transfer));
  return transfer;
}

/** Takes (part of) a transfer back, if the connected account still has the money. */
export function reverse(
  world: World,
  transfer: TransferRecord,
  amount: number,
  metadata: Metadata,
  refund: string | null,
): ReversalRecord {
  const left = transfer.amount - transfer.reversed;
  if (left === 0) throw declined(null, `Transfer ${transfer.id} is already fully reversed.`);
  if (amount > left) {
    throw invalid(
      `Reversal amount (${shown(amount, transfer.currency)}) is greater than unreversed amount on transfer (${shown(left, transfer.currency)})`,
      { param: "amount" },
    );
  }
  if (world.balances.available(transfer.destination, transfer.currency) < amount) {
    throw declined(
      "balance_insufficient",
      `Insufficient funds in the connected account ${transfer.destination} to reverse ${shown(amount, transfer.currency)}.`,
    );
  }
  const id = world.id("trr_1", 23);
  const paymentRefund = world.id("pyr_1", 23);
  const txn = world.balances.book(world.id("txn_1", 23), world.now, {
    type: "transfer_refund",
    amount,
    currency: transfer.currency,
    source: id,
  });
  world.balances.book(world.id("txn_1", 23), world.now, {
    type: "payment_refund",
    amount: -amount,
    currency: transfer.currency,
    source: paymentRefund,
    account: transfer.destination,
  });
  const reversal: ReversalRecord = {
    id,
    created: world.now,
    amount,
    currency: transfer.currency,
    transfer: transfer.id,
    source_refund: refund,
    destination_payment_refund: paymentRefund,
    metadata,
    balance_transaction: txn.id,
  };
  world.store.save("reversal", reversal);
  transfer.reversed += amount;
  world.store.save("transfer", transfer);
  const source =
    transfer.source_transaction === null ? undefined : world.store.get("charge", transfer.source_transaction);
  if (source !== undefined) {
    source.transferred -= amount;
    world.store.save("charge", source);
  }
  world.emit("transfer.reversed", renderTransfer(world, transfer));
  return reversal;
}
