import { cardFee } from "./balance.ts";
import { type Decline, FATES } from "./cards.ts";
import type { Card, ChargeRecord, PaymentData, PaymentIntentRecord } from "./records.ts";
import { renderCharge } from "./resources/charge.ts";
import { invalid } from "./refusal.ts";
import { openDispute } from "./resources/dispute-object.ts";
import { renderIntent } from "./resources/payment-intent-object.ts";
import { renderSession } from "./resources/session-object.ts";
import { raiseWarning } from "./resources/warning-object.ts";
import { checkDestination, moveToAccount } from "./resources/transfer-object.ts";
import type { World } from "./world.ts";

export type Attempt =
  | { outcome: "paid"; charge: ChargeRecord }
  | { outcome: "challenge" }
  | { outcome: "delayed"; charge: ChargeRecord }
  | { outcome: "declined"; message: string; charge: ChargeRecord };

export interface Payer {
  email: string | null;
  name: string | null;
}

export const NO_PAYMENT_DATA: PaymentData = {
  metadata: {},
  description: null,
  statement_descriptor_suffix: null,
  statement_descriptor: null,
  transfer_group: null,
  transfer_data: null,
  receipt_email: null,
};

export function createIntent(
  world: World,
  data: PaymentData & Pick<PaymentIntentRecord, "amount" | "currency"> & Partial<PaymentIntentRecord>,
): PaymentIntentRecord {
  const id = world.id("pi_3", 23);
  const intent: PaymentIntentRecord = {
    created: world.now,
    status: "requires_payment_method",
    session: null,
    latest_charge: null,
    payment_method: null,
    challenged: null,
    last_error: null,
    canceled_at: null,
    cancellation_reason: null,
    allowed: null,
    three_d_secure: null,
    return_url: null,
    ...data,
    id,
    secret: `${id}_secret_${world.id("", 25)}`,
  };
  world.store.save("payment_intent", intent);
  world.emit("payment_intent.created", renderIntent(world, intent));
  return intent;
}

/** Tries `card` for the whole amount: paid, declined, or its holder must authenticate first. */
export function attempt(
  world: World,
  intent: PaymentIntentRecord,
  card: Card,
  payer: Payer,
  authenticated = false,
): Attempt {
  const fate = FATES[card.fate] ?? {};
  intent.payment_method = world.id("pm_1", 23);
  const asked = intent.three_d_secure === "any" || intent.three_d_secure === "challenge";
  if (fate.challenge !== undefined && (fate.challenge !== "asked" || asked) && !authenticated) {
    intent.status = "requires_action";
    intent.challenged = card;
    world.store.save("payment_intent", intent);
    world.emit("payment_intent.requires_action", renderIntent(world, intent));
    return { outcome: "challenge" };
  }
  intent.challenged = null;
  if (intent.transfer_data !== null)
    checkDestination(world, intent.transfer_data.destination, "transfer_data[destination]");
  const charge = newCharge(world, intent, card, payer, authenticated);
  intent.latest_charge = charge.id;
  if (fate.decline !== undefined) {
    failCharge(world, intent, charge, fate.decline);
    return { outcome: "declined", message: fate.decline.message, charge };
  }
  if (fate.bankDebit) {
    charge.status = "pending";
    world.store.save("charge", charge);
    intent.status = "processing";
    world.store.save("payment_intent", intent);
    world.timers.add(world.now + world.settings.bank_answer_seconds, { what: "bank.answers", id: intent.id });
    world.emit("charge.pending", renderCharge(world, charge));
    world.emit("payment_intent.processing", renderIntent(world, intent));
    return { outcome: "delayed", charge };
  }
  succeed(world, intent, charge);
  return { outcome: "paid", charge };
}

/** The money came: it is booked with its fee, and a destination charge's share goes on to the account. */
function succeed(world: World, intent: PaymentIntentRecord, charge: ChargeRecord): void {
  charge.status = "succeeded";
  const txn = world.balances.book(world.id("txn_3", 23), world.now, {
    type: charge.bank_debit ? "payment" : "charge",
    amount: charge.amount,
    fee: cardFee(charge.amount, world.settings),
    currency: charge.currency,
    source: charge.id,
    available_on: FATES[charge.card.fate]?.availableAtOnce ? world.now : world.now + world.settings.settle_seconds,
    description: charge.description,
  });
  charge.balance_transaction = txn.id;
  charge.fee_hidden = world.settings.hide_fees;
  world.store.save("charge", charge);
  Object.assign(intent, { status: "succeeded", last_error: null });
  world.store.save("payment_intent", intent);
  if (intent.transfer_data !== null) {
    const group = intent.transfer_group ?? `group_${intent.id}`;
    intent.transfer_group = charge.transfer_group = group;
    const { destination, amount } = intent.transfer_data;
    const transfer = moveToAccount(world, {
      amount: amount ?? charge.amount,
      currency: charge.currency,
      destination,
      source: charge,
      transfer_group: group,
      description: null,
      metadata: {},
    });
    charge.transfer = transfer.id;
    world.store.save("charge", charge);
    world.store.save("payment_intent", intent);
  }
  world.emit("charge.succeeded", renderCharge(world, charge));
  world.emit("payment_intent.succeeded", renderIntent(world, intent));
}

function failCharge(world: World, intent: PaymentIntentRecord, charge: ChargeRecord, why: Decline): void {
  Object.assign(charge, {
    status: "failed",
    failure_code: why.code,
    failure_message: why.message,
    decline_code: why.decline_code,
  });
  world.store.save("charge", charge);
  failIntent(world, intent, { ...why, charge: charge.id }, () =>
    world.emit("charge.failed", renderCharge(world, charge)),
  );
}

/** The bank of a delayed payment answers: the money comes, or it does not and the session stays complete and unpaid. */
export function answerBank(world: World, intent: PaymentIntentRecord, ok: boolean): void {
  const charge = world.store.get("charge", intent.latest_charge ?? "");
  if (intent.status !== "processing" || charge === undefined)
    throw invalid(`Payment ${intent.id} does not wait for a bank.`);
  if (ok) succeed(world, intent, charge);
  else
    failCharge(world, intent, charge, {
      code: "insufficient_funds",
      decline_code: null,
      message: "The payment failed: the bank account has insufficient funds.",
    });
  const session = intent.session === null ? undefined : world.store.get("session", intent.session);
  if (session !== undefined)
    world.emit(`checkout.session.async_payment_${ok ? "succeeded" : "failed"}`, renderSession(world, session));
}

/** The payment did not happen; another card may be tried. */
export function failIntent(
  world: World,
  intent: PaymentIntentRecord,
  error: { code: string; decline_code: string | null; message: string; charge: string | null },
  first: () => void = () => {},
): void {
  const { code, decline_code, message, charge } = error;
  Object.assign(intent, {
    status: "requires_payment_method",
    challenged: null,
    last_error: { code, decline_code, message, charge },
  });
  world.store.save("payment_intent", intent);
  first();
  world.emit("payment_intent.payment_failed", renderIntent(world, intent));
}

/** What the bank does after some test cards have paid. */
export function afterwards(world: World, charge: ChargeRecord): void {
  const after = FATES[charge.card.fate]?.after;
  if (after === "dispute") openDispute(world, charge, { reason: "fraudulent" });
  if (after === "inquiry") openDispute(world, charge, { reason: "fraudulent", inquiry: true });
  if (after === "fraud_warning") raiseWarning(world, charge, "made_with_stolen_card");
}

function newCharge(
  world: World,
  intent: PaymentIntentRecord,
  card: Card,
  payer: Payer,
  authenticated: boolean,
): ChargeRecord {
  return {
    id: world.id(card.fate === "bank_debit" ? "py_3" : "ch_3", 23),
    created: world.now,
    amount: intent.amount,
    currency: intent.currency,
    status: "succeeded",
    failure_code: null,
    failure_message: null,
    decline_code: null,
    payment_intent: intent.id,
    payment_method: intent.payment_method!,
    card,
    bank_debit: card.fate === "bank_debit",
    authenticated,
    email: payer.email,
    name: payer.name,
    balance_transaction: null,
    fee_hidden: false,
    transfer: null,
    refunded: 0,
    transferred: 0,
    dispute: null,
    stripe_report: null,
    metadata: { ...intent.metadata },
    description: intent.description,
    statement_descriptor: intent.statement_descriptor,
    statement_descriptor_suffix: intent.statement_descriptor_suffix,
    transfer_group: intent.transfer_group,
    transfer_data: intent.transfer_data,
    receipt_email: intent.receipt_email,
  };
}
