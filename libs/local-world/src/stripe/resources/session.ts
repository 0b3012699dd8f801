import { renderSession, renderLineItems } from "./session-object.ts";
import { checkAmount, checkCurrency } from "../currency.ts";
import { expand, flag, hash, listOf, metadata, moment, oneOf, paging, required, text, url, whole } from "../params.ts";
import { invalid } from "../refusal.ts";
import type { LineItemRecord, SessionRecord } from "../records.ts";
import { found, merged, page, type Answer, type Params, type Route } from "../route.ts";
import type { World } from "../world.ts";
import { cancelIntent, checkTransferData } from "./payment-intent-object.ts";

const URL = "/v1/checkout/sessions";

interface LineParams {
  quantity?: number;
  price_data: { currency: string; unit_amount: number; product_data: { name: string; description?: string } };
}
interface DataParams {
  description?: string;
  metadata?: Record<string, string>;
  receipt_email?: string;
  statement_descriptor?: string;
  statement_descriptor_suffix?: string;
  transfer_group?: string;
  transfer_data?: { destination: string; amount?: number };
}

const opt = (params: Params, name: string): string | null => (params[name] as string | undefined) ?? null;

function lines(world: World, given: LineParams[]): { items: LineItemRecord[]; currency: string; amount: number } {
  const currency = checkCurrency(given[0]!.price_data.currency, "line_items[0][price_data][currency]");
  const items = given.map((line, i) => {
    if (line.price_data.currency.toLowerCase() !== currency) {
      throw invalid("All line items must have the same currency.", { param: `line_items[${i}][price_data][currency]` });
    }
    if (line.quantity === undefined) {
      throw invalid(`Quantity is required. Add \`quantity\` to \`line_items[${i}]\``, {
        code: "parameter_missing",
        param: `line_items[${i}][quantity]`,
      });
    }
    return {
      id: world.id("li_1", 23),
      price: world.id("price_1", 23),
      product: world.id("prod_", 14),
      name: line.price_data.product_data.name,
      description: line.price_data.product_data.description ?? null,
      unit_amount: line.price_data.unit_amount,
      quantity: line.quantity,
    };
  });
  return { items, currency, amount: items.reduce((sum, item) => sum + item.unit_amount * item.quantity, 0) };
}

function create(world: World, _ids: Record<string, string>, params: Params): Answer {
  const { items, currency, amount } = lines(world, params["line_items"] as LineParams[]);
  checkAmount(amount, currency, "line_items", "The Checkout Session's total amount due");
  const expires_at = (params["expires_at"] as number | undefined) ?? world.now + 86_400;
  if (expires_at < world.now + 1800) {
    throw invalid("The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.", {
      param: "expires_at",
    });
  }
  if (expires_at > world.now + 86_400) {
    throw invalid("The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.", {
      param: "expires_at",
    });
  }
  const data = (params["payment_intent_data"] ?? {}) as DataParams;
  const transfer_data = data.transfer_data
    ? { destination: data.transfer_data.destination, amount: data.transfer_data.amount ?? null }
    : null;
  if (transfer_data !== null) checkTransferData(world, transfer_data, amount, "payment_intent_data[transfer_data]");
  const methods = params["payment_method_options"] as { card?: { request_three_d_secure?: string } } | undefined;
  const session: SessionRecord = {
    id: world.id("cs_test_a1", 56),
    created: world.now,
    expires_at,
    status: "open",
    amount,
    currency,
    line_items: items,
    success_url: params["success_url"] as string,
    cancel_url: opt(params, "cancel_url"),
    client_reference_id: opt(params, "client_reference_id"),
    customer_email: opt(params, "customer_email"),
    email: null,
    name: null,
    metadata: merged({}, params["metadata"]),
    submit_type: opt(params, "submit_type"),
    locale: opt(params, "locale"),
    customer_creation: opt(params, "customer_creation") ?? "if_required",
    three_d_secure: methods?.card?.request_three_d_secure ?? null,
    excluded: (params["excluded_payment_method_types"] as string[] | undefined) ?? [],
    allowed: (params["allowed_payment_method_types"] as string[] | undefined) ?? null,
    payment_data: {
      metadata: merged({}, data.metadata),
      description: data.description ?? null,
      statement_descriptor: data.statement_descriptor ?? null,
      statement_descriptor_suffix: data.statement_descriptor_suffix ?? null,
      transfer_group: data.transfer_group ?? null,
      transfer_data,
      receipt_email: data.receipt_email ?? null,
    },
    payment_intent: null,
  };
  world.store.save("session", session);
  world.timers.add(expires_at, { what: "session.expires", id: session.id });
  return renderSession(world, session);
}

/** Ends an open session: its page takes no payment any more and an unfinished payment intent is cancelled. */
export function expireSession(world: World, session: SessionRecord): void {
  session.status = "expired";
  world.store.save("session", session);
  const intent =
    session.payment_intent === null ? undefined : world.store.get("payment_intent", session.payment_intent);
  if (intent !== undefined && !["succeeded", "processing", "canceled"].includes(intent.status))
    cancelIntent(world, intent, "expired");
  world.emit("checkout.session.expired", renderSession(world, session));
}

const lineItem = hash({
  quantity: whole({ min: 1, max: 10_000 }),
  price_data: required(
    hash({
      currency: required(text(3)),
      unit_amount: required(whole({ min: 0 })),
      product_data: required(
        hash({ name: required(text(5000)), description: text(), images: listOf(url()), metadata: metadata() }),
      ),
      tax_behavior: oneOf("exclusive", "inclusive", "unspecified"),
    }),
  ),
});

const createParams = {
  ...expand,
  mode: required(oneOf("payment")),
  ui_mode: oneOf("hosted_page"),
  line_items: required(listOf(lineItem, { min: 1, max: 100 })),
  success_url: required(url()),
  cancel_url: url(),
  client_reference_id: text(200),
  customer_email: text(800),
  customer_creation: oneOf("always", "if_required"),
  expires_at: whole(),
  locale: text(10),
  metadata: metadata(),
  submit_type: oneOf("auto", "book", "donate", "pay", "subscribe"),
  billing_address_collection: oneOf("auto", "required"),
  payment_method_options: hash({ card: hash({ request_three_d_secure: oneOf("any", "automatic", "challenge") }) }),
  excluded_payment_method_types: listOf(text()),
  allowed_payment_method_types: listOf(oneOf("card")),
  payment_intent_data: hash({
    capture_method: oneOf("automatic", "automatic_async"),
    description: text(1000),
    metadata: metadata(),
    receipt_email: text(800),
    statement_descriptor: text(22),
    statement_descriptor_suffix: text(22),
    transfer_group: text(),
    transfer_data: hash({ destination: required(text()), amount: whole({ min: 1 }) }),
  }),
  automatic_tax: hash({ enabled: required(flag()) }),
};

export const sessionRoutes: Route[] = [
  { method: "POST", path: URL, type: "Checkout.SessionCreateParams", params: createParams, answer: create },
  {
    method: "GET",
    path: URL,
    type: "Checkout.SessionListParams",
    params: { ...paging, created: moment(), payment_intent: text(), status: oneOf("open", "complete", "expired") },
    answer: (world, _ids, params) => {
      const intent = params["payment_intent"] as string | undefined;
      return page(
        world,
        "session",
        intent === undefined ? world.store.row("session") : world.store.row("session", "payment_intent", intent),
        {
          noun: "checkout.session",
          url: URL,
          params,
          keep: (s) => params["status"] === undefined || s.status === params["status"],
          render: (s) => renderSession(world, s),
        },
      );
    },
  },
  {
    method: "GET",
    path: `${URL}/:session`,
    type: "Checkout.SessionRetrieveParams",
    params: expand,
    answer: (world, ids) =>
      renderSession(world, found(world, "session", "checkout.session", ids["session"]!, "session")),
  },
  {
    method: "POST",
    path: `${URL}/:session`,
    type: "Checkout.SessionUpdateParams",
    params: { ...expand, metadata: metadata() },
    answer: (world, ids, params) => {
      const session = found(world, "session", "checkout.session", ids["session"]!, "session");
      session.metadata = merged(session.metadata, params["metadata"]);
      world.store.save("session", session);
      return renderSession(world, session);
    },
  },
  {
    method: "POST",
    path: `${URL}/:session/expire`,
    type: "Checkout.SessionExpireParams",
    params: expand,
    answer: (world, ids) => {
      const session = found(world, "session", "checkout.session", ids["session"]!, "session");
      if (session.status !== "open") {
        throw invalid(
          `Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of ${session.status}`,
        );
      }
      expireSession(world, session);
      return renderSession(world, session);
    },
  },
  {
    method: "GET",
    path: `${URL}/:session/line_items`,
    type: "Checkout.SessionListLineItemsParams",
    params: paging,
    answer: (world, ids) => renderLineItems(found(world, "session", "checkout.session", ids["session"]!, "session")),
  },
];
