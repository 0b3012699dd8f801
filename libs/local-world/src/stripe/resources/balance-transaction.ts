import { expand, moment, paging, text } from "../params.ts";
import type { TxnRecord } from "../records.ts";
import { found, page, type Answer, type Route } from "../route.ts";
import { missing } from "../refusal.ts";
import type { World } from "../world.ts";

const URL = "/v1/balance_transactions";

export function renderTxn(world: World, txn: TxnRecord): Answer {
  return {
    id: txn.id,
    object: "balance_transaction",
    amount: txn.amount,
    available_on: txn.available_on,
    balance_type: "payments",
    created: txn.created,
    currency: txn.currency,
    description: txn.description,
    exchange_rate: null,
    fee: txn.fee,
    fee_details:
      txn.fee === 0
        ? []
        : [
            {
              amount: txn.fee,
              application: null,
              currency: txn.currency,
              description: txn.fee_description,
              type: "stripe_fee",
            },
          ],
    net: txn.amount - txn.fee,
    reporting_category: txn.category,
    source: txn.source,
    status: world.balances.isAvailable(txn) ? "available" : "pending",
    type: txn.type,
  };
}

export const balanceRoutes: Route[] = [
  {
    method: "GET",
    path: "/v1/balance",
    type: "BalanceRetrieveParams",
    params: expand,
    answer: (world) => world.balances.render(world.caller?.account ?? null),
  },
  {
    method: "GET",
    path: URL,
    type: "BalanceTransactionListParams",
    params: { ...paging, created: moment(), currency: text(3), source: text(), type: text(), payout: text() },
    answer: (world, _ids, params) => {
      const owner = world.caller?.account ?? null;
      const source = params["source"] as string | undefined;
      const type = params["type"] as string | undefined;
      const currency = params["currency"] as string | undefined;
      const row =
        source !== undefined
          ? world.store.row("txn", "source", source)
          : type !== undefined
            ? world.store.row("txn", "type", type)
            : world.store.row("txn");
      return page(world, "txn", row, {
        noun: "balance transaction",
        url: URL,
        params,
        keep: (t) =>
          t.account === owner &&
          params["payout"] === undefined &&
          (type === undefined || t.type === type) &&
          (currency === undefined || t.currency === currency),
        render: (t) => renderTxn(world, t),
      });
    },
  },
  {
    method: "GET",
    path: `${URL}/:txn`,
    type: "BalanceTransactionRetrieveParams",
    params: expand,
    answer: (world, ids) => {
      const txn = found(world, "txn", "balance transaction", ids["txn"]!);
      if (txn.account !== (world.caller?.account ?? null)) throw missing("balance transaction", txn.id);
      return renderTxn(world, txn);
    },
  },
];
