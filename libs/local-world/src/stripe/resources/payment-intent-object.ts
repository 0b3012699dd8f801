import { invalid } from "../refusal.ts";
import type { PaymentIntentRecord, TransferData } from "../records.ts";
import type { Answer } from "../route.ts";
import type { World } from "../world.ts";
import { checkDestination } from "./transfer-object.ts";

export function renderIntent(world: World, intent: PaymentIntentRecord): Answer {
  const error = intent.last_error;
  return {
    id: intent.id,
    object: "payment_intent",
    allowed_payment_method_types: intent.allowed,
    amount: intent.amount,
    amount_capturable: 0,
    amount_details: { tip: {} },
    amount_received: intent.status === "succeeded" ? intent.amount : 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: intent.session === null ? { allow_redirects: "always", enabled: true } : null,
    canceled_at: intent.canceled_at,
    cancellation_reason: intent.cancellation_reason,
    capture_method: "automatic_async",
    client_secret: intent.secret,
    confirmation_method: "automatic",
    created: intent.created,
    currency: intent.currency,
    customer: null,
    customer_account: null,
    description: intent.description,
    excluded_payment_method_types: null,
    last_payment_error:
      error === null
        ? null
        : {
            ...(error.charge === null ? {} : { charge: error.charge }),
            code: error.code,
            ...(error.decline_code === null ? {} : { decline_code: error.decline_code }),
            doc_url: `https://stripe.com/docs/error-codes/${error.code.replaceAll("_", "-")}`,
            message: error.message,
            type: error.charge === null ? "invalid_request_error" : "card_error",
          },
    latest_charge: intent.latest_charge,
    livemode: false,
    managed_payments: null,
    metadata: intent.metadata,
    next_action:
      intent.status === "requires_action"
        ? {
            redirect_to_url: { return_url: intent.return_url, url: challengeUrl(world, intent) },
            type: "redirect_to_url",
          }
        : null,
    on_behalf_of: null,
    payment_method: intent.status === "requires_payment_method" ? null : intent.payment_method,
    payment_method_configuration_details: null,
    payment_method_options: {
      card: {
        installments: null,
        mandate_options: null,
        network: null,
        request_three_d_secure: intent.three_d_secure ?? "automatic",
      },
    },
    payment_method_types: ["card"],
    payment_record: null,
    processing: null,
    receipt_email: intent.receipt_email,
    review: null,
    setup_future_usage: null,
    shipping: null,
    source: null,
    statement_descriptor: intent.statement_descriptor,
    statement_descriptor_suffix: intent.statement_descriptor_suffix,
    status: intent.status,
    transfer_data:
      intent.transfer_data === null
        ? null
        : {
            ...(intent.transfer_data.amount === null ? {} : { amount: intent.transfer_data.amount }),
            destination: intent.transfer_data.destination,
          },
    transfer_group: intent.transfer_group,
  };
}

export function challengeUrl(world: World, intent: PaymentIntentRecord): string {
  return `${world.origin}/c/challenge/${intent.id}`;
}

/** Checks a destination charge's split: the account can be paid, and not more than the charge. */
export function checkTransferData(world: World, data: TransferData, amount: number, at: string): void {
  checkDestination(world, data.destination, `${at}[destination]`);
  if (data.amount !== null && (data.amount > amount || data.amount < 1)) {
    throw invalid(`The transfer amount must be at least 1 and at most the charge amount (${amount}).`, {
      param: `${at}[amount]`,
    });
  }
}

export function cancelIntent(world: World, intent: PaymentIntentRecord, reason: string | null): void {
  Object.assign(intent, { status: "canceled", canceled_at: world.now, cancellation_reason: reason, challenged: null });
  world.store.save("payment_intent", intent);
  world.emit("payment_intent.canceled", renderIntent(world, intent));
}
