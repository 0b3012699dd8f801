import { checkCurrency, checkPositive, shown } from "../currency.ts";
import { expand, flag, metadata, moment, oneOf, paging, required, text, whole } from "../params.ts";
import { declined, invalid, missing } from "../refusal.ts";
import type { ChargeRecord, Metadata, ReversalRecord, TransferRecord } from "../records.ts";
import { found, list, merged, page, within, type Answer, type Params, type Route } from "../route.ts";
import type { World } from "../world.ts";

const URL = "/v1/transfers";

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
        .reverse()
        .map((r) => renderReversal(r)),
      `${URL}/${transfer.id}/reversals`,
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

function create(world: World, _ids: Record<string, string>, params: Params): Answer {
  const destination = params["destination"] as string;
  const currency = checkCurrency(params["currency"] as string);
  const sourceId = params["source_transaction"] as string | undefined;
  const source = sourceId === undefined ? null : sourceCharge(world, sourceId, currency);
  const amount = (params["amount"] as number | undefined) ?? source?.amount;
  if (amount === undefined)
    throw invalid("Missing required param: amount.", { code: "parameter_missing", param: "amount" });
  checkPositive(amount);
  checkDestination(world, destination);
  if (source !== null) checkCeiling(source, amount);
  const sourceTxn =
    source?.balance_transaction == null ? undefined : world.store.get("txn", source.balance_transaction);
  const waits = sourceTxn !== undefined && !world.balances.isAvailable(sourceTxn);
  if (!waits && world.balances.available(null, currency) < amount) {
    throw declined(
      "balance_insufficient",
      "You have insufficient available funds in your Stripe account. Try adding funds directly to your available balance by creating Charges using the 4000000000000077 test card. See: https://stripe.com/docs/testing#available-balance",
    );
  }
  let group = (params["transfer_group"] as string | undefined) ?? null;
  if (source !== null) {
    // Stripe names the group by itself when a source is given, and both carry it from then on.
    group ??= source.transfer_group ?? `group_${source.payment_intent}`;
    if (source.transfer_group !== null && source.transfer_group !== group) {
      throw invalid(
        `The transfer_group '${group}' does not match the transfer_group of the source_transaction '${source.transfer_group}'.`,
        { param: "transfer_group" },
      );
    }
    source.transfer_group = group;
  }
  return renderTransfer(
    world,
    moveToAccount(world, {
      amount,
      currency,
      destination,
      source,
      transfer_group: group,
      description: (params["description"] as string | undefined) ?? null,
      metadata: merged({}, params["metadata"]),
    }),
  );
}

function sourceCharge(world: World, id: string, currency: string): ChargeRecord {
  const charge = world.store.get("charge", id);
  if (charge === undefined) throw missing("charge", id, "source_transaction", 400);
  if (charge.status !== "succeeded")
    throw invalid(`Cannot use charge ${id} as a source_transaction: it did not succeed.`, {
      param: "source_transaction",
    });
  if (charge.currency !== currency) {
    throw invalid(
      `The currency of source_transaction's balance transaction (${charge.currency}) must be the same as the transfer currency (${currency})`,
      { param: "currency" },
    );
  }
  return charge;
}

function checkCeiling(source: ChargeRecord, amount: number): void {
  if (source.transferred + amount <= source.amount) return;
  const already =
    source.transferred === 0
      ? ""
      : ` (There is already a transfer using this source, amounting to ${shown(source.transferred, source.currency)}.)`;
  throw declined(
    null,
    `Transfers using this transaction as a source must not exceed the source amount of ${shown(source.amount, source.currency)}.${already}`,
    "amount",
  );
}

export const transferRoutes: Route[] = [
  {
    method: "POST",
    path: URL,
    type: "TransferCreateParams",
    params: {
      ...expand,
      amount: whole(),
      currency: required(text(3)),
      destination: required(text()),
      description: text(),
      metadata: metadata(),
      source_transaction: text(),
      source_type: oneOf("card", "bank_account", "fpx"),
      transfer_group: text(),
    },
    answer: create,
  },
  {
    method: "GET",
    path: URL,
    type: "TransferListParams",
    params: { ...paging, created: moment(), destination: text(), transfer_group: text() },
    answer: (world, _ids, params) => {
      const group = params["transfer_group"] as string | undefined;
      const destination = params["destination"] as string | undefined;
      const row =
        group !== undefined
          ? world.store.row("transfer", "transfer_group", group)
          : destination !== undefined
            ? world.store.row("transfer", "destination", destination)
            : world.store.row("transfer");
      return page<"transfer">(row, {
        noun: "transfer",
        url: URL,
        params,
        keep: (t) =>
          within(t.created, params["created"]) && (destination === undefined || t.destination === destination),
        render: (t) => renderTransfer(world, t),
      });
    },
  },
  {
    method: "GET",
    path: `${URL}/:transfer`,
    type: "TransferRetrieveParams",
    params: expand,
    answer: (world, ids) => renderTransfer(world, found(world, "transfer", "transfer", ids["transfer"]!)),
  },
  {
    method: "POST",
    path: `${URL}/:transfer`,
    type: "TransferUpdateParams",
    params: { ...expand, description: text(), metadata: metadata() },
    answer: (world, ids, params) => {
      const transfer = found(world, "transfer", "transfer", ids["transfer"]!);
      transfer.metadata = merged(transfer.metadata, params["metadata"]);
      if (params["description"] !== undefined) transfer.description = params["description"] as string;
      world.store.save("transfer", transfer);
      world.emit("transfer.updated", renderTransfer(world, transfer));
      return renderTransfer(world, transfer);
    },
  },
  {
    method: "POST",
    path: `${URL}/:transfer/reversals`,
    type: "TransferCreateReversalParams",
    params: { ...expand, amount: whole(), description: text(), metadata: metadata(), refund_application_fee: flag() },
    answer: (world, ids, params) => {
      const transfer = found(world, "transfer", "transfer", ids["transfer"]!);
      const amount = (params["amount"] as number | undefined) ?? transfer.amount - transfer.reversed;
      if (params["amount"] !== undefined) checkPositive(amount);
      return renderReversal(reverse(world, transfer, amount, merged({}, params["metadata"]), null));
    },
  },
  {
    method: "GET",
    path: `${URL}/:transfer/reversals`,
    type: "TransferListReversalsParams",
    params: paging,
    answer: (world, ids, params) =>
      page<"reversal">(
        world.store.row("reversal", "transfer", found(world, "transfer", "transfer", ids["transfer"]!).id),
        {
          noun: "transfer_reversal",
          url: `${URL}/${ids["transfer"]}/reversals`,
          params,
          render: renderReversal,
        },
      ),
  },
  {
    method: "GET",
    path: `${URL}/:transfer/reversals/:reversal`,
    type: "TransferRetrieveReversalParams",
    params: expand,
    answer: (world, ids) => {
      const reversal = found(world, "reversal", "transfer_reversal", ids["reversal"]!);
      if (reversal.transfer !== ids["transfer"]) throw missing("transfer_reversal", reversal.id);
      return renderReversal(reversal);
    },
  },
];
