import { FATES } from "../cards.ts";
import { expand, metadata, moment, paging, text } from "../params.ts";
import type { ChargeRecord } from "../records.ts";
import { found, merged, page, type Answer, type Route } from "../route.ts";
import type { World } from "../world.ts";

const URL = "/v1/charges";

export function renderCharge(world: World, charge: ChargeRecord): Answer {
  const paid = charge.status === "succeeded";
  const suffix = charge.statement_descriptor_suffix;
  return {
    id: charge.id,
    object: "charge",
    amount: charge.amount,
    amount_captured: paid ? charge.amount : 0,
    amount_refunded: charge.refunded,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: charge.fee_hidden ? null : charge.balance_transaction,
    billing_details: {
      address: { city: null, country: charge.card.country, line1: null, line2: null, postal_code: null, state: null },
      email: charge.email,
      name: charge.name,
      phone: null,
      tax_id: null,
    },
    calculated_statement_descriptor: suffix === null ? "FREEHOLD" : `FREEHOLD* ${suffix}`,
    captured: paid,
    created: charge.created,
    currency: charge.currency,
    customer: null,
    description: charge.description,
    disputed: charge.dispute !== null,
    failure_balance_transaction: null,
    failure_code: charge.failure_code,
    failure_message: charge.failure_message,
    fraud_details: charge.stripe_report === null ? {} : { stripe_report: charge.stripe_report },
    livemode: false,
    metadata: charge.metadata,
    on_behalf_of: null,
    outcome: outcome(charge),
    paid,
    payment_intent: charge.payment_intent,
    payment_method: charge.payment_method,
    payment_method_details: charge.bank_debit
      ? { type: "us_bank_account", us_bank_account: bankDetails(charge) }
      : { card: cardDetails(charge), type: "card" },
    receipt_email: charge.receipt_email,
    receipt_number: null,
    receipt_url: paid ? `${world.origin}/c/receipt/${charge.id}` : null,
    refunded: paid && charge.refunded === charge.amount,
    review: null,
    shipping: null,
    source: null,
    source_transfer: null,
    statement_descriptor: charge.statement_descriptor,
    statement_descriptor_suffix: suffix,
    status: charge.status,
    ...(charge.transfer === null ? {} : { transfer: charge.transfer }),
    transfer_data: charge.transfer_data,
    transfer_group: charge.transfer_group,
  };
}

function outcome(charge: ChargeRecord): Answer {
  const paid = charge.status !== "failed";
  return {
    advice_code: paid ? null : "try_again_later",
    network_advice_code: null,
    network_decline_code: paid ? null : "01",
    network_status: paid ? "approved_by_network" : "declined_by_network",
    reason: paid ? null : (charge.decline_code ?? charge.failure_code),
    risk_level: "normal",
    risk_score: 8,
    seller_message: paid ? "Payment complete." : "The bank did not return any further details with this decline.",
    type: paid ? "authorized" : "issuer_declined",
  };
}

function bankDetails(charge: ChargeRecord): Answer {
  return {
    account_holder_type: "individual",
    account_type: "checking",
    bank_name: "STRIPE TEST BANK",
    fingerprint: charge.card.fingerprint,
    last4: charge.card.last4,
    payment_reference: null,
    routing_number: "110000000",
  };
}

function cardDetails(charge: ChargeRecord): Answer {
  const { card } = charge;
  return {
    amount_authorized: charge.status === "succeeded" ? charge.amount : null,
    authorization_code: charge.status === "succeeded" ? "123456" : null,
    brand: card.brand,
    checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: "pass" },
    country: card.country,
    electronic_commerce_indicator: charge.authenticated ? "05" : null,
    exp_month: card.exp_month,
    exp_year: card.exp_year,
    extended_authorization: { status: "disabled" },
    fingerprint: card.fingerprint,
    funding: card.funding,
    incremental_authorization: { status: "unavailable" },
    installments: null,
    last4: card.last4,
    mandate: null,
    multicapture: { status: "unavailable" },
    network: card.brand,
    network_token: { used: false },
    network_transaction_id: charge.id.slice(-15),
    overcapture: { maximum_amount_capturable: charge.amount, status: "unavailable" },
    regulated_status: "unregulated",
    three_d_secure: charge.authenticated
      ? {
          authentication_flow: "challenge",
          electronic_commerce_indicator: "05",
          exemption_indicator: null,
          result: "authenticated",
          result_reason: null,
          transaction_id: charge.id.slice(-20),
          version: "2.2.0",
        }
      : null,
    transaction_link_id: null,
    wallet: null,
  };
}

/** What the card of this charge is made to do when refunded. */
export const refundFate = (charge: ChargeRecord): "fails" | "pends" | undefined => FATES[charge.card.fate]?.refund;

export const chargeRoutes: Route[] = [
  {
    method: "GET",
    path: URL,
    type: "ChargeListParams",
    params: { ...paging, created: moment(), payment_intent: text(), transfer_group: text() },
    answer: (world, _ids, params) => {
      const intent = params["payment_intent"] as string | undefined;
      const group = params["transfer_group"] as string | undefined;
      const row =
        intent !== undefined
          ? world.store.row("charge", "payment_intent", intent)
          : group !== undefined
            ? world.store.row("charge", "transfer_group", group)
            : world.store.row("charge");
      return page(world, "charge", row, {
        noun: "charge",
        url: URL,
        params,
        keep: (c) => group === undefined || c.transfer_group === group,
        render: (c) => renderCharge(world, c),
      });
    },
  },
  {
    method: "GET",
    path: `${URL}/:charge`,
    type: "ChargeRetrieveParams",
    params: expand,
    answer: (world, ids) => renderCharge(world, found(world, "charge", "charge", ids["charge"]!)),
  },
  {
    method: "POST",
    path: `${URL}/:charge`,
    type: "ChargeUpdateParams",
    params: { ...expand, description: text(), metadata: metadata() },
    answer: (world, ids, params) => {
      const charge = found(world, "charge", "charge", ids["charge"]!);
      charge.metadata = merged(charge.metadata, params["metadata"]);
      if (params["description"] !== undefined) charge.description = params["description"] as string;
      world.store.save("charge", charge);
      world.emit("charge.updated", renderCharge(world, charge));
      return renderCharge(world, charge);
    },
  },
];
