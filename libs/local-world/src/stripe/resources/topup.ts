import { checkCurrency, checkPositive } from "../currency.ts";
import { expand, metadata, moment, oneOf, paging, required, text, whole } from "../params.ts";
import type { Metadata, TopupRecord } from "../records.ts";
import { found, merged, page, within, type Answer, type Route } from "../route.ts";
import type { World } from "../world.ts";

const TOPUPS = "/v1/topups";

export function renderTopup(topup: TopupRecord): Answer {
  return {
    id: topup.id,
    object: "topup",
    amount: topup.amount,
    balance_transaction: topup.balance_transaction,
    created: topup.created,
    currency: topup.currency,
    description: topup.description,
    expected_availability_date: topup.created,
    failure_code: null,
    failure_message: null,
    initiated_by: "user",
    livemode: false,
    metadata: topup.metadata,
    source: null,
    statement_descriptor: topup.statement_descriptor,
    status: "succeeded",
    transfer_group: topup.transfer_group,
  };
}

/** The platform's own money, paid in from its bank; available at once here. */
export function topUp(
  world: World,
  order: {
    amount: number;
    currency: string;
    description?: string | null;
    statement_descriptor?: string | null;
    transfer_group?: string | null;
    metadata?: Metadata;
  },
): TopupRecord {
  const id = world.id("tu_1", 23);
  const topup: TopupRecord = {
    id,
    created: world.now,
    amount: order.amount,
    currency: order.currency,
    description: order.description ?? null,
    statement_descriptor: order.statement_descriptor ?? null,
    transfer_group: order.transfer_group ?? null,
    metadata: order.metadata ?? {},
    balance_transaction: world.balances.book(world.id("txn_1", 23), world.now, {
      type: "topup",
      amount: order.amount,
      currency: order.currency,
      source: id,
      description: order.description ?? null,
    }).id,
  };
  world.store.save("topup", topup);
  world.emit("topup.created", renderTopup(topup));
  world.emit("topup.succeeded", renderTopup(topup));
  return topup;
}

const order = {
  ...expand,
  amount: required(whole()),
  currency: required(text(3)),
  description: text(),
  metadata: metadata(),
  statement_descriptor: text(22),
};

export const topupRoutes: Route[] = [
  {
    method: "POST",
    path: TOPUPS,
    type: "TopupCreateParams",
    params: { ...order, transfer_group: text(), source: text() },
    answer: (world, _ids, params) => {
      const currency = checkCurrency(params["currency"] as string);
      checkPositive(params["amount"] as number);
      return renderTopup(
        topUp(world, {
          amount: params["amount"] as number,
          currency,
          description: (params["description"] as string | undefined) ?? null,
          statement_descriptor: (params["statement_descriptor"] as string | undefined) ?? null,
          transfer_group: (params["transfer_group"] as string | undefined) ?? null,
          metadata: merged({}, params["metadata"]),
        }),
      );
    },
  },
  {
    method: "GET",
    path: TOPUPS,
    type: "TopupListParams",
    params: {
      ...paging,
      created: moment(),
      amount: moment(),
      status: oneOf("canceled", "failed", "pending", "succeeded"),
    },
    answer: (world, _ids, params) =>
      page(world, "topup", world.store.row("topup"), {
        noun: "topup",
        url: TOPUPS,
        params,
        keep: (t) => within(t.amount, params["amount"]) && (params["status"] ?? "succeeded") === "succeeded",
        render: renderTopup,
      }),
  },
  {
    method: "GET",
    path: `${TOPUPS}/:topup`,
    type: "TopupRetrieveParams",
    params: expand,
    answer: (world, ids) => renderTopup(found(world, "topup", "topup", ids["topup"]!)),
  },
];
