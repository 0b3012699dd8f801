import { Ajv, type ValidateFunction } from "ajv";
import { ROUTES, type Inspector } from "../api.ts";
import type { EventRecord } from "../records.ts";
import { CAPABILITY_EVENT } from "../resources/account-object.ts";
import { renderEvent, renderPosted } from "../resources/event.ts";
import type { Route } from "../route.ts";
import type { World } from "../world.ts";
import { schemasOf, type SchemaSet } from "./generate.ts";

/** The SDK's type of each object the simulator answers with, by its `object` property. */
const OBJECTS: Record<string, string> = {
  "checkout.session": "Checkout.Session",
  payment_intent: "PaymentIntent",
  charge: "Charge",
  refund: "Refund",
  transfer: "Transfer",
  transfer_reversal: "TransferReversal",
  balance: "Balance",
  balance_settings: "BalanceSettings",
  balance_transaction: "BalanceTransaction",
  dispute: "Dispute",
  "radar.early_fraud_warning": "Radar.EarlyFraudWarning",
  payout: "Payout",
  topup: "Topup",
  item: "LineItem",
  "v2.core.account": "V2.Core.Account",
  "v2.core.account_link": "V2.Core.AccountLink",
};
/** The SDK's type of each thin event. */
const THIN: Record<string, string> = {
  [CAPABILITY_EVENT]: "V2.Core.Events.V2CoreAccountIncludingConfigurationRecipientCapabilityStatusUpdatedEvent",
  "v2.core.account.created": "V2.Core.Events.V2CoreAccountCreatedEvent",
  "v2.core.account.updated": "V2.Core.Events.V2CoreAccountUpdatedEvent",
  "v2.core.account.closed": "V2.Core.Events.V2CoreAccountClosedEvent",
};

/** Every snapshot event the simulator makes; each has its own type in the SDK. */
export const SNAPSHOTS: readonly string[] = [
  "balance_settings.updated",
  "charge.dispute.closed",
  "charge.dispute.created",
  "charge.dispute.funds_reinstated",
  "charge.dispute.funds_withdrawn",
  "charge.dispute.updated",
  "charge.failed",
  "charge.pending",
  "charge.refunded",
  "charge.succeeded",
  "charge.updated",
  "checkout.session.async_payment_failed",
  "checkout.session.async_payment_succeeded",
  "checkout.session.completed",
  "checkout.session.expired",
  "payment_intent.canceled",
  "payment_intent.created",
  "payment_intent.payment_failed",
  "payment_intent.processing",
  "payment_intent.requires_action",
  "payment_intent.succeeded",
  "payout.canceled",
  "payout.created",
  "payout.failed",
  "payout.paid",
  "radar.early_fraud_warning.created",
  "radar.early_fraud_warning.updated",
  "refund.created",
  "refund.failed",
  "refund.updated",
  "topup.created",
  "topup.succeeded",
  "transfer.created",
  "transfer.reversed",
  "transfer.updated",
];
const eventType = (type: string): string | undefined => (SNAPSHOTS.includes(type) ? snapshotType(type) : undefined);
const snapshotType = (type: string): string =>
  `${type
    .split(/[._]/)
    .map((word) => word[0]!.toUpperCase() + word.slice(1))
    .join("")}Event`;

/** The names of all types that are compared with, answers and requests. */
export const ASKED_FOR: readonly string[] = [
  ...new Set([
    ...Object.values(OBJECTS),
    ...Object.values(THIN),
    ...SNAPSHOTS.map(snapshotType),
    ...ROUTES.flatMap((route) => route.type ?? []),
  ]),
].toSorted();

export class TypeMismatch extends Error {}

export interface TypeInspector extends Inspector {
  event(event: EventRecord): void;
  readonly faults: readonly string[];
}

/** Compares requests, answers and events with the types of the installed SDK. */
export async function typeInspector(world: World): Promise<TypeInspector> {
  const types = await TypeChecks.load();
  const object = (value: Record<string, unknown>, where: string): void => {
    const kind = String(value["object"]);
    if (kind === "list" || (value["object"] === undefined && Array.isArray(value["data"]))) {
      for (const item of value["data"] as Record<string, unknown>[]) object(item, `${where}.data`);
      return;
    }
    const type =
      kind === "event"
        ? eventType(String(value["type"]))
        : kind === "v2.core.event"
          ? THIN[String(value["type"])]
          : OBJECTS[kind];
    if (type === undefined) throw types.fault(`${where}: nobody knows the object '${kind}' (${String(value["type"])})`);
    types.check(type, value, where);
  };
  return {
    faults: types.faults,
    request(route: Route, params: unknown): void {
      if (route.type !== undefined) types.check(route.type, params, `${route.method} ${route.path} request`);
    },
    answer(route: Route, body: unknown): void {
      object(body as Record<string, unknown>, `${route.method} ${route.path}`);
    },
    event(event: EventRecord): void {
      object(renderEvent(world, event), event.type);
      const { data: _data, ...thin } = renderEvent(world, event);
      if (event.generation === "v2" && JSON.stringify(thin) !== JSON.stringify(renderPosted(world, event))) {
        throw types.fault(`${event.type}: posted otherwise than read`);
      }
    },
  };
}

/** Validators of the SDK's types, compiled when first needed and then kept for the life of the process. */
export class TypeChecks {
  static #shared: Promise<{ ajv: Ajv; roots: SchemaSet["roots"]; compiled: Map<string, ValidateFunction> }> | null =
    null;
  #parts: { ajv: Ajv; roots: SchemaSet["roots"]; compiled: Map<string, ValidateFunction> };
  /** What did not fit, in words. */
  readonly faults: string[] = [];

  private constructor(parts: { ajv: Ajv; roots: SchemaSet["roots"]; compiled: Map<string, ValidateFunction> }) {
    this.#parts = parts;
  }

  static async load(): Promise<TypeChecks> {
    TypeChecks.#shared ??= schemasOf(ASKED_FOR).then(({ definitions, roots }) => {
      const ajv = new Ajv({ strict: false, allErrors: true, validateSchema: false });
      ajv.addSchema({ $id: "stripe", definitions });
      return { ajv, roots, compiled: new Map() };
    });
    return new TypeChecks(await TypeChecks.#shared);
  }

  /** The parameters or properties the SDK's `type` names. */
  namesOf(type: string): string[] {
    return Object.keys(this.#definition(type)?.properties ?? {});
  }

  /** Those of them that may not be left out. */
  requiredOf(type: string): string[] {
    return this.#definition(type)?.required ?? [];
  }

  #definition(type: string): { properties?: object; required?: string[] } | undefined {
    const ref = /^#\/definitions\/(.+)$/.exec(String(this.#parts.roots[type]?.["$ref"]))?.[1];
    return this.#parts.ajv.getSchema(`stripe#/definitions/${ref}`)?.schema as
      | { properties?: object; required?: string[] }
      | undefined;
  }

  fault(text: string): TypeMismatch {
    this.faults.push(text);
    return new TypeMismatch(text);
  }

  /** Throws when `value`, as it goes over the wire, is not of the SDK's `type`. */
  check(type: string, value: unknown, where: string): void {
    const { ajv, roots, compiled } = this.#parts;
    let valid = compiled.get(type);
    if (valid === undefined) {
      const root = JSON.parse(
        JSON.stringify(roots[type]).replaceAll('"#/definitions/', '"stripe#/definitions/'),
      ) as object;
      compiled.set(type, (valid = ajv.compile(root)));
    }
    if (valid(JSON.parse(JSON.stringify(value)))) return;
    // Of the branches of a union the one that got furthest says most.
    const error = valid.errors
      ?.filter((e) => e.keyword !== "anyOf")
      .reduce((a, b) => (b.instancePath.length >= a.instancePath.length ? b : a));
    throw this.fault(
      `${where} is not a Stripe.${type}: ${error?.instancePath ?? ""} ${error?.message ?? ""} ${JSON.stringify(error?.params ?? {})}`,
    );
  }
}
