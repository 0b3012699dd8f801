import { least, newId } from "@freehold/values";
import { now, type Tx } from "@freehold/database";
import { aboutPayment, type LockedPayment, movePayment } from "./hold.ts";
import { post } from "./ledger/post.ts";
import { refundedOutside } from "./ledger/postings.ts";
import { refundIntent, refundRow } from "./refund.ts";
import { stepBack } from "./settle.ts";
import { callOff, nextAttempt, planAll } from "./stripe/plan.ts";
import { raiseTask } from "./tasks.ts";

/**
 * A refund that somebody made at the processor (its dashboard): it is booked as what it is, once. It comes from the hold
 * first, then from the service fee; of what was no longer ours to give back, it is our loss. A person is told.
 * @returns whether it was new
 */
export async function takeOutsideRefund(
  tx: Tx,
  payment: LockedPayment,
  object: { id: string; amountMinor: bigint; status: string },
): Promise<boolean> {
  if (object.status !== "succeeded") return false;
  const purpose = `outside:${object.id}`;
  if ((await tx.refund.count({ where: { paymentId: payment.id, purpose } })) > 0) return false;
  const at = await now(tx);
  const id = newId();
  const amount = object.amountMinor;
  await stepBack(tx, payment, "it was refunded at the processor");
  const fromRefund = payment.state === "refunding" ? await takeOver(tx, payment, amount) : 0n;
  const fromHold = payment.state === "held" ? least(amount, payment.heldMinor) : 0n;
  const serviceFee = payment.state === "held" ? least(amount - fromHold, await serviceFeeLeft(tx, payment)) : 0n;
  const parts = { fromHold, serviceFee, other: amount - fromHold - serviceFee - fromRefund };
  await tx.refund.create({
    data: {
      ...refundRow(payment, id, { ...parts, other: parts.other + fromRefund }, at),
      kind: "outside",
      purpose,
      reason: "refunded_at_the_processor",
      state: "confirmed",
      objectId: object.id,
      confirmedAt: at,
    },
  });
  if (fromHold > 0n) await takeFromHold(tx, payment, fromHold);
  await post(tx, {
    ...aboutPayment(payment, at, object.id),
    key: `refunded_outside:${object.id}`,
    event: "refunded_outside",
    legs: refundedOutside(payment.developmentId, parts, fromRefund, payment.currency),
  });
  await raiseTask(tx, {
    key: `refund_outside:${object.id}`,
    kind: "refund_outside",
    cause: `A refund was made at the processor, not by us${parts.other > 0n ? "; the money was no longer held, so it is our loss" : ""}. It is booked.`,
    nextStep: "Find out who made it and why; refunds are made here, so that the story knows of them.",
    amount: { minor: amount, currency: payment.currency },
    subjectId: payment.id,
  });
  return true;
}

async function takeFromHold(tx: Tx, payment: LockedPayment, amount: bigint): Promise<void> {
  const heldMinor = payment.heldMinor - amount;
  const move = "refund_outside";
  if (heldMinor > 0n) return movePayment(tx, payment, { heldMinor, move });
  await movePayment(tx, payment, { to: "refunding", move });
  await movePayment(tx, payment, { to: "refunded", move });
}

async function serviceFeeLeft(tx: Tx, payment: LockedPayment): Promise<bigint> {
  const { _sum } = await tx.refund.aggregate({
    where: { paymentId: payment.id },
    _sum: { serviceFeeMinor: true },
  });
  return payment.serviceFeeMinor - (_sum.serviceFeeMinor ?? 0n);
}

/** A refund of ours that has not gone out returns so much less, or nothing any more. */
async function takeOver(tx: Tx, payment: LockedPayment, amount: bigint): Promise<bigint> {
  const ours = await tx.refund.findFirst({
    where: { paymentId: payment.id, purpose: "return", state: { in: ["planned", "parked"] }, objectId: null },
  });
  if (ours === null || !(await callOff(tx, "refund", [ours.id], "it was made at the processor"))) return 0n;
  const open = ours.amountMinor - ours.absorbedMinor;
  const taken = least(open, amount);
  const rest = open - taken;
  await tx.refund.update({
    where: { id: ours.id },
    data: { absorbedMinor: { increment: taken }, ...(rest === 0n ? { state: "absorbed" } : {}) },
  });
  if (rest === 0n) await movePayment(tx, payment, { to: "refunded", move: "refund_outside" });
  else await planAll(tx, [refundIntent(payment, ours.id, rest, await nextAttempt(tx, "refund", ours.id))]);
  return taken;
}
