import { least, newId } from "@freehold/values";
import { now, type Tx } from "@freehold/database";
import { aboutPayment, type LockedPayment, movePayment } from "./hold.ts";
import { post } from "./ledger/post.ts";
import { refundedOutside } from "./ledger/postings.ts";
import { refundRow } from "./refund.ts";
import { stepBack } from "./settle.ts";
import { raiseTask } from "./tasks.ts";
import { takeFromWaiting } from "./waiting-refunds.ts";

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
  const fromHold = payment.state === "held" ? least(amount, payment.heldMinor) : 0n;
  const waiting = await takeFromWaiting(tx, payment, amount - fromHold, "it was made at the processor");
  const fromRefund = waiting.taken;
  const left = amount - fromHold - fromRefund;
  const serviceFee = payment.state === "held" ? least(left, await serviceFeeLeft(tx, payment)) : 0n;
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
  else if (waiting.returnEnded && payment.state === "refunding")
    await movePayment(tx, payment, { to: "refunded", move: "refund_outside" });
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
