import { invalid } from "./refusal.ts";
import type { Kind, Kinds } from "./records.ts";
import { renderTxn } from "./resources/balance-transaction.ts";
import { renderCharge } from "./resources/charge.ts";
import { renderDispute } from "./resources/dispute-object.ts";
import { renderWarning } from "./resources/warning-object.ts";
import { renderIntent } from "./resources/payment-intent-object.ts";
import { renderPayout } from "./resources/payout.ts";
import { renderTopup } from "./resources/topup.ts";
import { renderRefund } from "./resources/refund-object.ts";
import { renderLineItems, renderSession } from "./resources/session-object.ts";
import { renderReversal, renderTransfer } from "./resources/transfer-object.ts";
import { list, type Answer } from "./route.ts";
import type { World } from "./world.ts";

const RENDER: { [K in Kind]?: (world: World, record: Kinds[K]) => Answer } = {
  session: renderSession,
  payment_intent: renderIntent,
  charge: renderCharge,
  txn: renderTxn,
  refund: (_world, record) => renderRefund(record),
  transfer: renderTransfer,
  reversal: (_world, record) => renderReversal(record),
  dispute: renderDispute,
  warning: renderWarning,
  payout: (_world, record) => renderPayout(record),
  topup: (_world, record) => renderTopup(record),
};
const SOURCES: Kind[] = ["charge", "refund", "transfer", "reversal", "dispute", "payout", "topup"];
type Get = (world: World, id: string) => Answer | undefined;

const one =
  <K extends Kind>(kind: K): Get =>
  (world, id) => {
    const record = world.store.get(kind, id);
    return record === undefined ? undefined : RENDER[kind]!(world, record);
  };
const anySource: Get = (world, id) => {
  for (const kind of SOURCES) {
    const object = one(kind)(world, id);
    if (object !== undefined) return object;
  }
  return undefined;
};

/** Which properties of which object can be written out in full. */
const EXPANDABLE: Record<string, Record<string, Get>> = {
  "checkout.session": { payment_intent: one("payment_intent") },
  payment_intent: { latest_charge: one("charge") },
  charge: { balance_transaction: one("txn"), payment_intent: one("payment_intent"), transfer: one("transfer") },
  refund: {
    balance_transaction: one("txn"),
    charge: one("charge"),
    failure_balance_transaction: one("txn"),
    payment_intent: one("payment_intent"),
    transfer_reversal: one("reversal"),
  },
  transfer: { balance_transaction: one("txn"), source_transaction: one("charge") },
  transfer_reversal: { balance_transaction: one("txn"), transfer: one("transfer"), source_refund: one("refund") },
  balance_transaction: { source: anySource },
  dispute: { charge: one("charge"), payment_intent: one("payment_intent") },
  "radar.early_fraud_warning": { charge: one("charge"), payment_intent: one("payment_intent") },
  payout: { balance_transaction: one("txn"), failure_balance_transaction: one("txn") },
  topup: { balance_transaction: one("txn") },
};

/** Properties that are left out unless asked for. */
const INCLUDABLE: Record<string, Record<string, (world: World, object: Answer) => Answer>> = {
  "checkout.session": {
    line_items: (world, object) => renderLineItems(world.store.get("session", object["id"] as string)!),
  },
  charge: {
    refunds: (world, object) =>
      list(
        world.store
          .by("refund", "charge", object["id"] as string)
          .slice(-10)
          .toReversed()
          .map(renderRefund),
        `/v1/charges/${String(object["id"])}/refunds`,
      ),
  },
};

/** Writes out what `expand` asks for, in place. */
export function expandInto(world: World, answer: Answer, paths: readonly string[]): Answer {
  for (const path of paths) {
    const parts = path.split(".");
    if (parts.length > 4) throw invalid("You cannot expand more than 4 levels of a property.", { param: "expand" });
    walk(world, answer, parts, path);
  }
  return answer;
}

function walk(world: World, object: Answer, parts: readonly string[], whole: string): void {
  const [name, ...rest] = parts;
  if (name === undefined) return;
  if (object["object"] === "list" && name === "data") {
    for (const item of object["data"] as Answer[]) walk(world, item, rest, whole);
    return;
  }
  const type = String(object["object"]);
  const include = INCLUDABLE[type]?.[name];
  const get = EXPANDABLE[type]?.[name];
  if (include !== undefined) object[name] ??= include(world, object);
  else if (get === undefined) throw invalid(`This property cannot be expanded (${whole}).`, { param: "expand" });
  else if (typeof object[name] === "string") object[name] = get(world, object[name]) ?? object[name];
  const inner = object[name];
  if (typeof inner === "object" && inner !== null) walk(world, inner as Answer, rest, whole);
}
