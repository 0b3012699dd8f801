import { least } from "@freehold/values";
import { now, type Tx } from "@freehold/database";
import { aboutPayment, type LockedPayment, movePayment } from "./hold.ts";
import { post } from "./ledger/post.ts";
import { refundAbsorbed } from "./ledger/postings.ts";
import { refundIntent } from "./refund.ts";
import { nextAttempt, planAll } from "./stripe/plan.ts";

/**
 * A refund of ours failed at the processor while the bank has taken the money for the backer: nothing is owed twice.
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
  if (row === null) return false;
  const open = refund.amountMinor - refund.absorbedMinor;
  const taken = least(open, row.lossMinor);
  await post(tx, {
    ...aboutPayment(payment, await now(tx)),
    key: `refund_absorbed:${refund.id}:${row.id}`,
    event: "refund_absorbed",
    legs: refundAbsorbed(payment.developmentId, taken, payment.currency),
  });
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
      await movePayment(tx, payment, { to: "charged_back", move: "charge_back" });
  } else
    await planAll(tx, [refundIntent(payment, refund.id, open - taken, await nextAttempt(tx, "refund", refund.id))]);
  return true;
}
