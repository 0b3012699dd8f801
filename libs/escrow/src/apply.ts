import type { Money } from "@freehold/values";
import { now, type Tx } from "@freehold/database";
import { continueBatch } from "./batch.ts";
import { absorbRefund } from "./absorb.ts";
import { applyDisputes, type BankNews } from "./chargeback.ts";
import { aboutPayment, type LockedPayment, lockPayment, movePayment, sumsOf } from "./hold.ts";
import { post } from "./ledger/post.ts";
import { charged, chargedWrongly, donationCharged, donationPassedOn, feeTaken } from "./ledger/postings.ts";
import { takeOutsideRefund } from "./outside-refund.ts";
import { confirmReversal, takeOutsideReversal } from "./reclaim.ts";
import { planExtra, planReturns } from "./refund.ts";
import { applyRefund } from "./refund-outcome.ts";
import type { PaymentState } from "./states.ts";
import type { Observation } from "./stripe/observation.ts";
import { raiseTask } from "./tasks.ts";
import { applyWarnings } from "./warning.ts";

/**
 * What an observation changed; the room that owns the payment moves the story by it. `refunded` may be said more than once:
 * the refund's own call may have booked it before anybody looked.
 */
export interface Fact {
  kind: "held" | "late" | "given" | "expired" | "refunded" | "refund_owed" | "refunded_in_part" | "unchanged";
  /** What the bank did, beside that. */
  bank: (BankNews | "fraud_warned")[];
  paymentId: string;
  payment: PaymentFacts;
}

export interface PaymentFacts {
  kind: "pledge" | "donation";
  developmentId: string;
  payerId: string;
  amount: Money;
  /** What of it lies in the hold now. */
  held: Money;
  state: PaymentState;
  chargedAt: Date | null;
}

/**
 * Brings a payment up to what the processor says. Repeating it, or doing it in any order, changes nothing more.
 * A charge counts if and only if the processor created it before the close; a later one goes back whole.
 */
export async function applyObservation(tx: Tx, seen: Observation): Promise<Fact> {
  const payment = await lockPayment(tx, seen.paymentId);
  const { charge } = seen;
  let kind: Fact["kind"] = "unchanged";
  if (payment.state === "opened") {
    if (charge?.succeeded === true)
      kind = sumsAgree(payment, charge) ? await takeCharge(tx, payment, seen) : await refuseCharge(tx, payment, seen);
    else if (seen.checkout === "expired" || (seen.checkout === "complete" && charge?.failed === true)) {
      await movePayment(tx, payment, { to: seen.checkout === "expired" ? "expired" : "failed", move: "run_out" });
      kind = "expired";
    }
  } else if (charge?.succeeded === true && payment.chargeId === null) await refuseCharge(tx, payment, seen);
  if (charge?.succeeded !== true || payment.chargeId === null) return factOf(kind, [], payment);

  await takeFee(tx, payment, charge);
  for (const refund of seen.refunds) kind = (await takeRefund(tx, payment, refund)) ?? kind;
  const bank: Fact["bank"] = await applyDisputes(tx, payment, seen.disputes);
  if (await applyWarnings(tx, payment, seen.warnings)) bank.push("fraud_warned");
  for (const reversal of seen.reversals)
    if (reversal.reversalId === null) await takeOutsideReversal(tx, reversal.payoutId, reversal);
    else await confirmReversal(tx, reversal.reversalId, reversal);
  // Held again, or only now, though its development's ending is decided: it follows the others.
  if (payment.state === "held") await continueBatch(tx, payment.developmentId);
  return factOf(kind, bank, payment);
}

const factOf = (kind: Fact["kind"], bank: Fact["bank"], payment: LockedPayment): Fact => ({
  kind,
  bank,
  paymentId: payment.id,
  payment: {
    kind: payment.kind,
    developmentId: payment.developmentId,
    payerId: payment.payerId,
    amount: { minor: payment.amountMinor, currency: payment.currency },
    held: { minor: payment.heldMinor, currency: payment.currency },
    state: payment.state,
    chargedAt: payment.chargedAt,
  },
});

type Charge = NonNullable<Observation["charge"]>;

/** What was charged must be what the row says. */
const sumsAgree = (payment: LockedPayment, charge: Charge): boolean =>
  charge.amountMinor === payment.amountMinor + payment.serviceFeeMinor && charge.currency === payment.currency;

async function keepCharge(tx: Tx, payment: LockedPayment, seen: Observation, charge: Charge, late: boolean) {
  await tx.payment.update({
    where: { id: payment.id },
    data: {
      late,
      paymentIntentId: seen.paymentIntentId,
      chargeId: charge.id,
      chargedAt: charge.createdAt,
      cardFingerprint: charge.cardFingerprint,
      passedOnId: charge.passedOnId,
    },
    select: { id: true },
  });
  payment.chargeId = charge.id;
  payment.chargedAt = charge.createdAt;
}

/** A charge of another sum, or on a payment that had ended: all of it goes back, and a person is told. */
async function refuseCharge(tx: Tx, payment: LockedPayment, seen: Observation): Promise<Fact["kind"]> {
  const charge = seen.charge!;
  const amount = { minor: charge.amountMinor, currency: payment.currency };
  const [key, cause] =
    payment.state === "opened"
      ? [
          "charge_differs",
          `The processor charged ${charge.amountMinor} ${charge.currency} for a payment of another sum.`,
        ]
      : ["charge_unexpected", "The processor charged a payment that had ended here."];
  await raiseTask(tx, {
    key: `${key}:${payment.id}`,
    kind: key,
    cause: `${cause} ${charge.currency === payment.currency ? "All of it is on its way back." : "Nothing was booked."}`,
    nextStep:
      charge.currency === payment.currency
        ? "Find out how it came about; the money goes back by itself."
        : "Refund the charge at the processor and find out how it came about.",
    amount,
    subjectId: payment.id,
  });
  if (payment.state === "opened") await movePayment(tx, payment, { to: "failed", move: "refuse_charge" });
  // Another currency has no account in the books.
  if (charge.currency !== payment.currency) return "expired";
  await keepCharge(tx, payment, seen, charge, true);
  await planExtra(tx, payment, {
    purpose: `part:unexpected:${charge.id}`,
    kind: "part",
    reason: key,
    parts: { fromHold: 0n, serviceFee: 0n, other: charge.amountMinor },
    legs: chargedWrongly(payment.developmentId, charge.amountMinor, payment.currency),
    objectId: charge.id,
  });
  return "expired";
}

async function takeCharge(tx: Tx, payment: LockedPayment, seen: Observation): Promise<Fact["kind"]> {
  const charge = seen.charge!;
  const donation = payment.kind === "donation";
  const late = payment.closesAt !== null && charge.createdAt.getTime() >= payment.closesAt.getTime();
  await keepCharge(tx, payment, seen, charge, late);
  const about = aboutPayment(payment, charge.createdAt, charge.id);
  if (donation) {
    await movePayment(tx, payment, { to: "given", move: "donate", by: payment.payerId });
    const legs = donationCharged(sumsOf(payment));
    await post(tx, { ...about, key: `donation:${payment.id}`, event: "donation", legs });
    await post(tx, {
      ...aboutPayment(payment, charge.createdAt, charge.passedOnId),
      key: `donation_passed_on:${payment.id}`,
      event: "donation_passed_on",
      legs: donationPassedOn(sumsOf(payment)),
    });
    return "given";
  }
  await movePayment(tx, payment, {
    to: "held",
    heldMinor: payment.amountMinor,
    move: "pledge",
    by: payment.payerId,
  });
  await post(tx, { ...about, key: `charge:${payment.id}`, event: "charge", legs: charged(sumsOf(payment)) });
  if (!late) return "held";
  await planReturns(tx, [payment], "whole", { reason: "came_too_late" });
  return "late";
}

async function takeFee(tx: Tx, payment: LockedPayment, charge: Charge): Promise<void> {
  if (charge.feeMinor === null || payment.processorFeeMinor !== null) return;
  await tx.payment.update({
    where: { id: payment.id },
    data: { processorFeeMinor: charge.feeMinor },
    select: { id: true },
  });
  if (charge.feeMinor === 0n) return;
  await post(tx, {
    ...aboutPayment(payment, await now(tx), charge.id),
    key: `processor_fee:${payment.id}`,
    event: "processor_fee",
    legs: feeTaken(charge.feeMinor, payment.currency),
  });
}

async function takeRefund(
  tx: Tx,
  payment: LockedPayment,
  refund: Observation["refunds"][number],
): Promise<Fact["kind"] | null> {
  const known = await tx.refund.findFirst({
    where: {
      paymentId: payment.id,
      OR: [{ objectId: refund.id }, ...(refund.refundId === null ? [] : [{ id: refund.refundId }])],
    },
    select: { id: true },
  });
  if (known === null) {
    if (!(await takeOutsideRefund(tx, payment, refund))) return null;
    return payment.state === "refunded" ? "refunded" : "refunded_in_part";
  }
  const outcome = await applyRefund(tx, known.id, refund, absorbRefund);
  // Booked on a row of its own reading: this one is brought up to it.
  Object.assign(payment, await lockPayment(tx, payment.id));
  return outcome === "refunded"
    ? payment.state === "refunded"
      ? "refunded"
      : null
    : outcome === "owed"
      ? "refund_owed"
      : null;
}
