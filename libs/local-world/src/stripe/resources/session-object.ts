import type { LineItemRecord, SessionRecord } from "../records.ts";
import { list, type Answer } from "../route.ts";
import type { World } from "../world.ts";

export function renderSession(world: World, session: SessionRecord): Answer {
  const done = session.status === "complete";
  // Complete and unpaid: the bank of a delayed payment has not answered, or said no.
  const paid =
    done &&
    session.payment_intent !== null &&
    world.store.get("payment_intent", session.payment_intent)?.status === "succeeded";
  const email = session.email ?? session.customer_email;
  return {
    id: session.id,
    object: "checkout.session",
    adaptive_pricing: { enabled: false },
    after_expiration: null,
    allow_promotion_codes: null,
    allowed_payment_method_types: session.allowed ?? null,
    amount_subtotal: session.amount,
    amount_total: session.amount,
    automatic_tax: { enabled: false, liability: null, provider: null, status: null },
    billing_address_collection: null,
    cancel_url: session.cancel_url,
    client_reference_id: session.client_reference_id,
    client_secret: null,
    collected_information: done ? { business_name: null, individual_name: null, shipping_details: null } : null,
    consent: null,
    consent_collection: null,
    created: session.created,
    currency: session.currency,
    currency_conversion: null,
    custom_fields: [],
    custom_text: { after_submit: null, shipping_address: null, submit: null, terms_of_service_acceptance: null },
    customer: null,
    customer_account: null,
    customer_creation: session.customer_creation,
    customer_details:
      email === null
        ? null
        : {
            address: done
              ? { city: null, country: "US", line1: null, line2: null, postal_code: null, state: null }
              : null,
            business_name: null,
            email,
            individual_name: null,
            name: session.name,
            phone: null,
            tax_exempt: "none",
            tax_ids: done ? [] : null,
          },
    customer_email: session.customer_email,
    discounts: [],
    ...(session.excluded.length > 0 ? { excluded_payment_method_types: session.excluded } : {}),
    expires_at: session.expires_at,
    integration_identifier: null,
    invoice: null,
    invoice_creation: {
      enabled: false,
      invoice_data: {
        account_tax_ids: null,
        custom_fields: null,
        description: null,
        footer: null,
        issuer: null,
        metadata: {},
        rendering_options: null,
      },
    },
    livemode: false,
    locale: session.locale,
    managed_payments: null,
    metadata: session.metadata,
    mode: "payment",
    origin_context: null,
    payment_intent: session.payment_intent,
    payment_link: null,
    payment_method_collection: "if_required",
    payment_method_configuration_details: null,
    payment_method_options: { card: { request_three_d_secure: session.three_d_secure ?? "automatic" } },
    payment_method_types: ["card"],
    payment_status: paid ? "paid" : "unpaid",
    permissions: null,
    phone_number_collection: { enabled: false },
    recovered_from: null,
    saved_payment_method_options: null,
    setup_intent: null,
    shipping_address_collection: null,
    shipping_cost: null,
    shipping_options: [],
    status: session.status,
    submit_type: session.submit_type,
    subscription: null,
    success_url: session.success_url,
    total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
    ui_mode: "hosted_page",
    url: session.status === "open" ? `${world.origin}/c/pay/${session.id}` : null,
    wallet_options: null,
  };
}

export function renderLineItems(session: SessionRecord): Answer {
  return list(
    session.line_items.map((item) => renderLineItem(session, item)),
    `/v1/checkout/sessions/${session.id}/line_items`,
  );
}

function renderLineItem(session: SessionRecord, item: LineItemRecord): Answer {
  const total = item.unit_amount * item.quantity;
  return {
    id: item.id,
    object: "item",
    adjustable_quantity: null,
    amount_discount: 0,
    amount_subtotal: total,
    amount_tax: 0,
    amount_total: total,
    currency: session.currency,
    description: item.name,
    metadata: {},
    price: {
      id: item.price,
      object: "price",
      active: false,
      billing_scheme: "per_unit",
      created: session.created,
      currency: session.currency,
      custom_unit_amount: null,
      livemode: false,
      lookup_key: null,
      metadata: {},
      nickname: null,
      product: item.product,
      recurring: null,
      tax_behavior: "unspecified",
      tiers_mode: null,
      transform_quantity: null,
      type: "one_time",
      unit_amount: item.unit_amount,
      unit_amount_decimal: String(item.unit_amount),
    },
    quantity: item.quantity,
  };
}
