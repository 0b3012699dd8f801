import { Refusal } from "@freehold/values";
import { now, type Tx } from "@freehold/database";
import { aboutPayment, type LockedPayment, lockPayment, movePayment } from "./hold.ts";
import { post } from "./ledger/post.ts";
import { refundConfirmed, refundFailed, refundRepaid } from "./ledger/postings.ts";
import { completeTask, raiseTask } from "./tasks.ts";

interface RefundState {
  id: string;
  state: string;
  purpose: string;
  paymentId: string;
  amountMinor: bigint;
  absorbedMinor: bigint;
}

/**
 * What became of a refund at the processor; booked once each. `succeeded` confirms; `failed` makes it owed, or, when the
 * bank has taken the money for the backer meanwhile, nothing is owed any more (`absorb` answers how much).
 * @returns where it stands, also when that was booked before: our own call may learn it ahead of any room
 */
export async function applyRefund(
  tx: Tx,
  refundId: string,
  object: { id: string; status: string | null },
  absorb: (tx: Tx, payment: LockedPayment, refund: RefundState) => Promise<boolean>,
): Promise<"refunded" | "owed" | null> {
  const found = await tx.refund.findUniqueOrThrow({ where: { id: refundId }, select: { paymentId: true } });
  const payment = await lockPayment(tx, found.paymentId);
  const row = await tx.refund.findUniqueOrThrow({ where: { id: refundId } });
  const at = await now(tx);
  const waiting = row.state === "planned" || row.state === "parked";
  const ended = object.status === "succeeded" || object.status === "failed" || object.status === "canceled";
  if (!ended) {
    // An answer that the processor kept under our key may be older than what we have seen since: it unmakes nothing.
    if (waiting) await tx.refund.update({ where: { id: refundId }, data: { objectId: object.id } });
    return null;
  }
  const returned = object.status === "succeeded";
  const amount = row.amountMinor - row.absorbedMinor;
  const about = aboutPayment(payment, at, object.id);
  if (waiting) {
    if (!returned && (await absorb(tx, payment, row))) return null;
    await post(tx, {
      ...about,
      key: `refund_confirmed:${refundId}`,
      event: "refund_confirmed",
      legs: refundConfirmed(payment.developmentId, amount, payment.currency),
    });
    await tx.refund.update({
      where: { id: refundId },
      data: { state: "confirmed", objectId: object.id, confirmedAt: at },
    });
    await completeTask(tx, `intent:refund:${refundId}`, "The refund went out.");
    if (payment.state === "refunding" && row.purpose === "return")
      await movePayment(tx, payment, { to: "refunded", move: "refund" });
    if (returned) return "refunded";
  } else if (row.state !== "confirmed" || object.id !== row.objectId) return null;
  else if (returned) return "refunded";
  await post(tx, {
    ...about,
    key: `refund_failed:${refundId}`,
    event: "refund_failed",
    legs: refundFailed(payment.developmentId, amount, payment.currency),
  });
  await tx.refund.update({ where: { id: refundId }, data: { state: "owed" } });
  await raiseTask(tx, {
    key: `refund_owed:${refundId}`,
    kind: "refund_owed",
    cause: "The bank sent a refund back; the money lies with us and belongs to the backer.",
    nextStep: "Ask the backer for another way, return the money to where it came from, and note how.",
    amount: { minor: amount, currency: payment.currency },
    subjectId: payment.id,
  });
  return "owed";
}

/**
 * A person has returned an owed refund by other means (the platform's own bank): the money at the processor is ours now.
 * Refuses refund_not_owed.
 */
export async function noteRepaid(tx: Tx, refundId: string, note: string): Promise<void> {
  const found = await tx.refund.findUnique({ where: { id: refundId }, select: { paymentId: true } });
  if (found === null) throw new Refusal("refund_not_owed", "No such refund is owed.");
  const payment = await lockPayment(tx, found.paymentId);
  const row = await tx.refund.findUniqueOrThrow({ where: { id: refundId } });
  if (row.state === "repaid") return;
  if (row.state !== "owed") throw new Refusal("refund_not_owed", "No such refund is owed.", { state: row.state });
  await tx.refund.update({ where: { id: refundId }, data: { state: "repaid", note } });
  await post(tx, {
    ...aboutPayment(payment, await now(tx)),
    key: `refund_repaid:${refundId}`,
    event: "refund_repaid",
    legs: refundRepaid(payment.developmentId, row.amountMinor - row.absorbedMinor, payment.currency),
  });
  await completeTask(tx, `refund_owed:${refundId}`, note);
}
