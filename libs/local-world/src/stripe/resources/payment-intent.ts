import { cardNamed } from "../cards.ts";
import { checkAmount, checkCurrency } from "../currency.ts";
import { expand, flag, hash, listOf, metadata, moment, oneOf, paging, required, text, url, whole } from "../params.ts";
import { afterwards, attempt, createIntent, NO_PAYMENT_DATA } from "../payment.ts";
import { declined, invalid, Refusal } from "../refusal.ts";
import type { PaymentIntentRecord } from "../records.ts";
import { found, merged, page, type Answer, type Route } from "../route.ts";
import type { World } from "../world.ts";
import { cancelIntent, checkTransferData, renderIntent } from "./payment-intent-object.ts";

const URL = "/v1/payment_intents";

function confirm(
  world: World,
  intent: PaymentIntentRecord,
  pm: string | undefined,
  returnUrl: string | undefined,
): Answer {
  if (intent.session !== null)
    throw invalid("You cannot confirm this PaymentIntent because it was created by Checkout.", {
      code: "payment_intent_unexpected_state",
    });
  if (intent.status !== "requires_payment_method" && intent.status !== "requires_confirmation") {
    throw declined(
      "payment_intent_unexpected_state",
      `You cannot confirm this PaymentIntent because it has a status of ${intent.status}.`,
    );
  }
  if (pm === undefined) {
    throw invalid(
      "You cannot confirm this PaymentIntent because it's missing a payment method. Update the PaymentIntent with a payment method and then confirm it again.",
      { code: "payment_intent_unexpected_state" },
    );
  }
  const card = cardNamed(pm, new Date(world.now * 1000));
  if (card === undefined)
    throw invalid(`No such PaymentMethod: '${pm}'`, { code: "resource_missing", param: "payment_method" });
  if (returnUrl !== undefined) intent.return_url = returnUrl;
  const result = attempt(world, intent, card, { email: intent.receipt_email, name: null });
  if (result.outcome === "paid") afterwards(world, result.charge);
  if (result.outcome === "declined") {
    const error = intent.last_error!;
    throw new Refusal(
      402,
      {
        type: "card_error",
        code: error.code,
        ...(error.decline_code === null ? {} : { decline_code: error.decline_code }),
        charge: result.charge.id,
        message: error.message,
        payment_intent: renderIntent(world, intent),
      },
      { kept: true },
    );
  }
  return renderIntent(world, intent);
}

const transferData = hash({ destination: required(text()), amount: whole({ min: 1 }) });
const common = {
  ...expand,
  description: text(1000),
  metadata: metadata(),
  receipt_email: text(800),
  statement_descriptor_suffix: text(22),
  transfer_group: text(),
};

export const intentRoutes: Route[] = [
  {
    method: "POST",
    path: URL,
    type: "PaymentIntentCreateParams",
    params: {
      ...common,
      amount: required(whole()),
      currency: required(text(3)),
      confirm: flag(),
      payment_method: text(),
      return_url: url(),
      transfer_data: transferData,
      payment_method_options: hash({ card: hash({ request_three_d_secure: oneOf("any", "automatic", "challenge") }) }),
      allowed_payment_method_types: listOf(oneOf("card")),
      automatic_payment_methods: hash({ enabled: required(flag()), allow_redirects: oneOf("always", "never") }),
    },
    answer: (world, _ids, params) => {
      const currency = checkCurrency(params["currency"] as string);
      const amount = params["amount"] as number;
      checkAmount(amount, currency, "amount");
      const given = params["transfer_data"] as { destination: string; amount?: number } | undefined;
      const transfer_data =
        given === undefined ? null : { destination: given.destination, amount: given.amount ?? null };
      if (transfer_data !== null) checkTransferData(world, transfer_data, amount, "transfer_data");
      const intent = createIntent(world, {
        ...NO_PAYMENT_DATA,
        amount,
        currency,
        transfer_data,
        metadata: merged({}, params["metadata"]),
        description: (params["description"] as string | undefined) ?? null,
        receipt_email: (params["receipt_email"] as string | undefined) ?? null,
        statement_descriptor_suffix: (params["statement_descriptor_suffix"] as string | undefined) ?? null,
        transfer_group: (params["transfer_group"] as string | undefined) ?? null,
        return_url: (params["return_url"] as string | undefined) ?? null,
        three_d_secure:
          (params["payment_method_options"] as { card?: { request_three_d_secure?: string } } | undefined)?.card
            ?.request_three_d_secure ?? null,
        allowed: (params["allowed_payment_method_types"] as string[] | undefined) ?? null,
      });
      return params["confirm"] === true
        ? confirm(world, intent, params["payment_method"] as string | undefined, undefined)
        : renderIntent(world, intent);
    },
  },
  {
    method: "POST",
    path: `${URL}/:intent/confirm`,
    type: "PaymentIntentConfirmParams",
    params: { ...expand, payment_method: text(), return_url: url() },
    answer: (world, ids, params) =>
      confirm(
        world,
        found(world, "payment_intent", "payment_intent", ids["intent"]!, "intent"),
        params["payment_method"] as string | undefined,
        params["return_url"] as string | undefined,
      ),
  },
  {
    method: "POST",
    path: `${URL}/:intent/cancel`,
    type: "PaymentIntentCancelParams",
    params: { ...expand, cancellation_reason: oneOf("duplicate", "fraudulent", "requested_by_customer", "abandoned") },
    answer: (world, ids, params) => {
      const intent = found(world, "payment_intent", "payment_intent", ids["intent"]!, "intent");
      if (intent.session !== null) {
        throw invalid(
          "You cannot cancel this PaymentIntent because it was created by Checkout. Expire the Checkout Session instead.",
          { code: "payment_intent_unexpected_state" },
        );
      }
      if (intent.status === "succeeded" || intent.status === "canceled") {
        throw declined(
          "payment_intent_unexpected_state",
          `You cannot cancel this PaymentIntent because it has a status of ${intent.status}.`,
        );
      }
      cancelIntent(world, intent, (params["cancellation_reason"] as string | undefined) ?? null);
      return renderIntent(world, intent);
    },
  },
  {
    method: "POST",
    path: `${URL}/:intent`,
    type: "PaymentIntentUpdateParams",
    params: common,
    answer: (world, ids, params) => {
      const intent = found(world, "payment_intent", "payment_intent", ids["intent"]!, "intent");
      intent.metadata = merged(intent.metadata, params["metadata"]);
      for (const name of ["description", "receipt_email", "statement_descriptor_suffix", "transfer_group"] as const) {
        if (params[name] !== undefined) intent[name] = params[name] as string;
      }
      world.store.save("payment_intent", intent);
      return renderIntent(world, intent);
    },
  },
  {
    method: "GET",
    path: URL,
    type: "PaymentIntentListParams",
    params: { ...paging, created: moment() },
    answer: (world, _ids, params) =>
      page(world, "payment_intent", world.store.row("payment_intent"), {
        noun: "payment_intent",
        url: URL,
        params,
        render: (i) => renderIntent(world, i),
      }),
  },
  {
    method: "GET",
    path: `${URL}/:intent`,
    type: "PaymentIntentRetrieveParams",
    params: { ...expand, client_secret: text() },
    answer: (world, ids) =>
      renderIntent(world, found(world, "payment_intent", "payment_intent", ids["intent"]!, "intent")),
  },
];
