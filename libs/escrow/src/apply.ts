import type { Money } from "@freehold/values";
import { now, type Tx } from "@freehold/database";
import { type LockedPayment, lockPayment, sumsOf } from "./hold.ts";
import { post } from "./ledger/post.ts";
import { charged, donationCharged, donationPassedOn, feeTaken } from "./ledger/postings.ts";
import { applyRefund, planRefund } from "./refund.ts";
import type { Observation } from "./stripe/observation.ts";
import { raiseTask } from "./tasks.ts";

/**
 * What an observation changed; the room that owns the payment moves the story by it. `refunded` may be said more than once:
 * the refund's own call may have booked it before anybody looked.
 */
export type Fact =
  | {
      kind: "held" | "late" | "given" | "expired" | "refunded" | "refund_owed";
      paymentId: string;
      payment: PaymentFacts;
    }
  | { kind: "unchanged"; paymentId: string; payment: PaymentFacts };

export interface PaymentFacts {
  kind: "pledge" | "donation";
  developmentId: string;
  payerId: string;
  amount: Money;
  chargedAt: Date | null;
}

/**
 * Brings a payment up to what the processor says. Repeating it, or doing it in any order, changes nothing more.
 * A charge counts if and only if the processor created it before the close; a later one goes back whole.
 */
export async function applyObservation(tx: Tx, seen: Observation): Promise<Fact> {
  const payment = await lockPayment(tx, seen.paymentId);
  const at = await now(tx);
  let kind: Fact["kind"] = "unchanged";
  let chargedAt = payment.chargedAt;

  if (payment.state === "opened") {
    if (seen.charge?.succeeded === true) {
      if (!(await sumsAgree(tx, payment, seen.charge))) return factOf("unchanged", payment, null);
      kind = await takeCharge(tx, payment, seen, at);
      chargedAt = seen.charge.createdAt;
    } else if (seen.checkout === "complete" && seen.charge?.failed === true) {
      await tx.payment.update({ where: { id: payment.id }, data: { state: "failed", stateSince: at } });
      kind = "expired";
    } else if (seen.checkout === "expired") {
      await tx.payment.update({ where: { id: payment.id }, data: { state: "expired", stateSince: at } });
      kind = "expired";
    }
  }
  if (seen.charge?.succeeded === true && (payment.state === "expired" || payment.state === "failed")) {
    await raiseTask(tx, {
      key: `charge_unexpected:${payment.id}`,
      kind: "charge_unexpected",
      cause: "The processor charged a payment that had ended here; nothing was booked.",
      nextStep: "Refund the charge at the processor and find out how it came about.",
      amount: { minor: seen.charge.amountMinor, currency: payment.currency },
      subjectId: payment.id,
    });
    return factOf(kind, payment, chargedAt);
  }
  if (seen.charge?.succeeded === true) await takeFee(tx, payment, seen.charge, at);
  for (const refund of seen.refunds) {
    if (refund.refundId === null) {
      await raiseTask(tx, {
        key: `refund_unknown:${refund.id}`,
        kind: "refund_unknown",
        cause: `The processor shows the refund ${refund.id}, which we did not plan.`,
        nextStep: "Find out who made it, and book it.",
        amount: { minor: refund.amountMinor, currency: payment.currency },
        subjectId: payment.id,
      });
      continue;
    }
    const outcome = await applyRefund(tx, refund.refundId, refund);
    if (outcome === "refunded") kind = "refunded";
    if (outcome === "owed") kind = "refund_owed";
  }
  return factOf(kind, payment, chargedAt);
}

const factOf = (kind: Fact["kind"], payment: LockedPayment, chargedAt: Date | null): Fact => ({
  kind,
  paymentId: payment.id,
  payment: {
    kind: payment.kind,
    developmentId: payment.developmentId,
    payerId: payment.payerId,
    amount: { minor: payment.amountMinor, currency: payment.currency },
    chargedAt,
  },
});

/** What was charged must be what the row says; anything else is for a person, and nothing is booked. */
async function sumsAgree(tx: Tx, payment: LockedPayment, charge: NonNullable<Observation["charge"]>): Promise<boolean> {
  const expected = payment.amountMinor + payment.serviceFeeMinor;
  if (charge.amountMinor === expected && charge.currency === payment.currency) return true;
  await raiseTask(tx, {
    key: `charge_differs:${payment.id}`,
    kind: "charge_differs",
    cause: `The processor charged ${charge.amountMinor} ${charge.currency}; the payment is ${expected} ${payment.currency}.`,
    nextStep: "Refund the charge at the processor and find out how it came about.",
    amount: { minor: charge.amountMinor, currency: payment.currency },
    subjectId: payment.id,
  });
  return false;
}

async function takeCharge(tx: Tx, payment: LockedPayment, seen: Observation, at: Date): Promise<Fact["kind"]> {
  const charge = seen.charge!;
  const donation = payment.kind === "donation";
  const late = payment.closesAt !== null && charge.createdAt.getTime() >= payment.closesAt.getTime();
  await tx.payment.update({
    where: { id: payment.id },
    data: {
      state: donation ? "given" : "held",
      stateSince: at,
      late,
      paymentIntentId: seen.paymentIntentId,
      chargeId: charge.id,
      chargedAt: charge.createdAt,
      cardFingerprint: charge.cardFingerprint,
    },
  });
  const base = {
    occurredAt: charge.createdAt,
    paymentId: payment.id,
    developmentId: payment.developmentId,
    causation: { chargeId: charge.id },
  };
  if (donation) {
    await post(tx, {
      ...base,
      key: `donation:${payment.id}`,
      event: "donation",
      legs: donationCharged(sumsOf(payment)),
    });
    await post(tx, {
      ...base,
      key: `donation_passed_on:${payment.id}`,
      event: "donation_passed_on",
      legs: donationPassedOn(sumsOf(payment)),
    });
    return "given";
  }
  await post(tx, { ...base, key: `charge:${payment.id}`, event: "charge", legs: charged(sumsOf(payment)) });
  if (!late) return "held";
  await planRefund(tx, payment.id, "whole", "came_too_late");
  return "late";
}

async function takeFee(
  tx: Tx,
  payment: LockedPayment,
  charge: NonNullable<Observation["charge"]>,
  at: Date,
): Promise<void> {
  if (charge.feeMinor === null || payment.processorFeeMinor !== null) return;
  await tx.payment.update({ where: { id: payment.id }, data: { processorFeeMinor: charge.feeMinor } });
  if (charge.feeMinor === 0n) return;
  await post(tx, {
    key: `processor_fee:${payment.id}`,
    event: "processor_fee",
    occurredAt: at,
    paymentId: payment.id,
    developmentId: payment.developmentId,
    legs: feeTaken(charge.feeMinor, payment.currency),
    causation: { chargeId: charge.id },
  });
}
