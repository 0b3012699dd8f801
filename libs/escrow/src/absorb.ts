import { least } from "@freehold/values";
import { now, type Tx } from "@freehold/database";
import { aboutPayment, type LockedPayment, movePayment } from "./hold.ts";
import { post } from "./ledger/post.ts";
import { refundAbsorbed } from "./ledger/postings.ts";
import { refundIntent } from "./refund.ts";
import { nextAttempt, planAll } from "./stripe/plan.ts";

/**
 * A refund of ours did not go out, or came back, while the bank has taken the money for the backer, or somebody has refunded it
 * by hand at the processor: what was counted as our loss is what we were to return, and nothing is owed twice.
 * @returns whether the refund's end is settled by that
 */
export async function absorbRefund(
  tx: Tx,
  payment: LockedPayment,
  refund: { id: string; purpose: string; amountMinor: bigint; absorbedMinor: bigint },
): Promise<boolean> {
  const row = await tx.chargeback.findFirst({
    where: { paymentId: payment.id, state: { in: ["open", "lost"] }, lossMinor: { gt: 0n } },
    orderBy: { openedAt: "asc" },
  });
  const lost = row?.lossMinor ?? (await lostByHand(tx, payment.id));
  if (lost <= 0n) return false;
  const open = refund.amountMinor - refund.absorbedMinor;
  const taken = least(open, lost);
  const attempt = await nextAttempt(tx, "refund", refund.id);
  await post(tx, {
    ...aboutPayment(payment, await now(tx)),
    // Each time the bank thinks again there has been another attempt.
    key: `refund_absorbed:${refund.id}:${attempt}`,
    event: "refund_absorbed",
    legs: refundAbsorbed(payment.developmentId, taken, payment.currency, row === null ? "refund_loss" : "dispute_loss"),
  });
  if (row !== null)
    await tx.chargeback.update({
      where: { id: row.id },
      data: { lossMinor: { decrement: taken }, fromRefundMinor: { increment: taken } },
    });
  await tx.refund.update({
    where: { id: refund.id },
    data: { absorbedMinor: { increment: taken }, objectId: null, ...(taken === open ? { state: "absorbed" } : {}) },
  });
  if (taken === open) {
    if (payment.state === "refunding" && refund.purpose === "return")
      await movePayment(
        tx,
        payment,
        row === null ? { to: "refunded", move: "refund_outside" } : { to: "charged_back", move: "charge_back" },
      );
  } else await planAll(tx, [refundIntent(payment, refund.id, open - taken, attempt)]);
  return true;
}

/** What was refunded by hand at the processor beyond what was ours to give back, and counts as our loss. */
async function lostByHand(tx: Tx, paymentId: string): Promise<bigint> {
  const [row] = await tx.$queryRaw<{ sum: bigint }[]>`
    SELECT COALESCE(sum(e.amount_minor), 0)::bigint AS sum FROM ledger_transaction t JOIN ledger_entry e ON e.transaction_id = t.id
    JOIN ledger_account a ON a.id = e.account_id WHERE t.payment_id = ${paymentId}::uuid AND a.purpose = 'refund_loss'`;
  return row!.sum;
}
