import { newId, Refusal } from "@freehold/values";
import { now, type Tx } from "@freehold/database";
import { type LockedPayment, lockPayment, sumsOf } from "./hold.ts";
import { post } from "./ledger/post.ts";
import { refundConfirmed, refundFailed, refundPlanned } from "./ledger/postings.ts";
import { paymentMayMove } from "./states.ts";
import { plan } from "./stripe/plan.ts";
import { refundRequest } from "./stripe/requests.ts";
import { raiseTask } from "./tasks.ts";

export type RefundKind = "pledge" | "whole";

/**
 * Plans the return of one held payment: `pledge` returns P, `whole` returns P and the service fee (DESIGN 4).
 * A payment that is on its way back already stays as it is. Refuses payment_not_held in any other state.
 */
export async function planRefund(tx: Tx, paymentId: string, kind: RefundKind, reason: string): Promise<void> {
  return planRefundOf(tx, await lockPayment(tx, paymentId), kind, reason);
}

export async function planRefundOf(tx: Tx, payment: LockedPayment, kind: RefundKind, reason: string): Promise<void> {
  if (payment.state === "refunding" || payment.state === "refunded") return;
  if (payment.state !== "held" || payment.chargeId === null || !paymentMayMove("held", "refunding"))
    throw new Refusal("payment_not_held", "This payment is not in the hold.", { state: payment.state });
  const at = await now(tx);
  const id = newId();
  const amountMinor = kind === "whole" ? payment.amountMinor + payment.serviceFeeMinor : payment.amountMinor;
  await tx.refund.create({
    data: { id, paymentId: payment.id, kind, reason, amountMinor, currency: payment.currency, createdAt: at },
  });
  await tx.payment.update({ where: { id: payment.id }, data: { state: "refunding", stateSince: at } });
  await post(tx, {
    key: `refund_planned:${payment.id}`,
    event: "refund_planned",
    occurredAt: at,
    paymentId: payment.id,
    developmentId: payment.developmentId,
    legs: refundPlanned(kind, sumsOf(payment)),
    causation: { refundId: id, reason },
  });
  await plan(
    tx,
    {
      purpose: "refund",
      params: refundRequest({ id, paymentId: payment.id, chargeId: payment.chargeId, amountMinor }),
    },
    { id, key: `payment_${payment.id}_refund`, developmentId: payment.developmentId },
  );
}

/**
 * What became of a refund at the processor; booked once each. `succeeded` confirms, `failed` makes it owed.
 * @returns where it stands, also when that was booked before: our own call may learn it ahead of any room
 */
export async function applyRefund(
  tx: Tx,
  refundId: string,
  object: { id: string; status: string | null },
): Promise<"refunded" | "owed" | null> {
  const [row] = await tx.$queryRaw<{ state: string; paymentId: string; amountMinor: bigint }[]>`
    SELECT state, payment_id AS "paymentId", amount_minor AS "amountMinor" FROM refund WHERE id = ${refundId}::uuid FOR UPDATE`;
  if (row === undefined) throw new Error(`refund ${refundId} does not exist`);
  const payment = await lockPayment(tx, row.paymentId);
  const at = await now(tx);
  const waiting = row.state === "planned" || row.state === "parked";
  if (waiting && object.status !== "succeeded" && object.status !== "failed" && object.status !== "canceled") {
    await tx.refund.update({ where: { id: refundId }, data: { objectId: object.id } });
    return null;
  }
  const returned = object.status === "succeeded";
  const base = { occurredAt: at, paymentId: payment.id, developmentId: payment.developmentId, causation: { refundId } };
  if (waiting) {
    await post(tx, {
      ...base,
      key: `refund_confirmed:${refundId}`,
      event: "refund_confirmed",
      legs: refundConfirmed(payment.developmentId, row.amountMinor, payment.currency),
    });
    await tx.refund.update({
      where: { id: refundId },
      data: { state: "confirmed", objectId: object.id, confirmedAt: at },
    });
    await tx.payment.update({ where: { id: payment.id }, data: { state: "refunded", stateSince: at } });
    if (returned) return "refunded";
  } else if (row.state !== "confirmed") return null;
  else if (returned) return "refunded";
  await post(tx, {
    ...base,
    key: `refund_failed:${refundId}`,
    event: "refund_failed",
    legs: refundFailed(payment.developmentId, row.amountMinor, payment.currency),
  });
  await tx.refund.update({ where: { id: refundId }, data: { state: "owed" } });
  await raiseTask(tx, {
    key: `refund_owed:${refundId}`,
    kind: "refund_owed",
    cause: "The bank sent a refund back; the money lies with us and belongs to the backer.",
    nextStep: "Ask the backer for another way, return the money to where it came from, and note how.",
    amount: { minor: row.amountMinor, currency: payment.currency },
    subjectId: payment.id,
  });
  return "owed";
}
