import { checkCurrency, checkPositive, shown } from "../currency.ts";
import { expand, flag, metadata, moment, oneOf, paging, required, text, whole } from "../params.ts";
import { declined, invalid, missing } from "../refusal.ts";
import type { ChargeRecord } from "../records.ts";
import { found, merged, page, type Answer, type Params, type Route } from "../route.ts";
import type { World } from "../world.ts";
import {
  checkDestination,
  moveToAccount,
  renderReversal,
  renderTransfer,
  reverse,
  TRANSFERS,
} from "./transfer-object.ts";

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
    path: TRANSFERS,
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
    path: TRANSFERS,
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
      return page(world, "transfer", row, {
        noun: "transfer",
        url: TRANSFERS,
        params,
        keep: (t) => destination === undefined || t.destination === destination,
        render: (t) => renderTransfer(world, t),
      });
    },
  },
  {
    method: "GET",
    path: `${TRANSFERS}/:transfer`,
    type: "TransferRetrieveParams",
    params: expand,
    answer: (world, ids) => renderTransfer(world, found(world, "transfer", "transfer", ids["transfer"]!)),
  },
  {
    method: "POST",
    path: `${TRANSFERS}/:transfer`,
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
    path: `${TRANSFERS}/:transfer/reversals`,
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
    path: `${TRANSFERS}/:transfer/reversals`,
    type: "TransferListReversalsParams",
    params: paging,
    answer: (world, ids, params) =>
      page(
        world,
        "reversal",
        world.store.row("reversal", "transfer", found(world, "transfer", "transfer", ids["transfer"]!).id),
        {
          noun: "transfer_reversal",
          url: `${TRANSFERS}/${ids["transfer"]}/reversals`,
          params,
          render: renderReversal,
        },
      ),
  },
  {
    method: "GET",
    path: `${TRANSFERS}/:transfer/reversals/:reversal`,
    type: "TransferRetrieveReversalParams",
    params: expand,
    answer: (world, ids) => {
      const reversal = found(world, "reversal", "transfer_reversal", ids["reversal"]!);
      if (reversal.transfer !== ids["transfer"]) throw missing("transfer_reversal", reversal.id);
      return renderReversal(reversal);
    },
  },
];
