import { least } from "@freehold/values";
import type { Tx } from "@freehold/database";
import type { LockedPayment } from "./hold.ts";
import { refundIntent } from "./refund.ts";
import { callOff, nextAttempt, planAll } from "./stripe/plan.ts";

/**
 * Refunds of ours that have not gone out become smaller, or unnecessary: the bank, or somebody at the processor, returns the
 * money in our stead.
 * @returns how much of `sum` they had to return, and whether the payment's own return is no longer needed
 */
export async function takeFromWaiting(
  tx: Tx,
  payment: LockedPayment,
  sum: bigint,
  why: string,
): Promise<{ taken: bigint; returnEnded: boolean }> {
  const refunds = await tx.refund.findMany({
    where: { paymentId: payment.id, state: { in: ["planned", "parked"] }, objectId: null },
    orderBy: [{ createdAt: "asc" }, { id: "asc" }],
  });
  let taken = 0n;
  let returnEnded = false;
  for (const refund of refunds) {
    if (taken === sum || !(await callOff(tx, "refund", [refund.id], why))) continue;
    const open = refund.amountMinor - refund.absorbedMinor;
    const part = least(sum - taken, open);
    await tx.refund.update({
      where: { id: refund.id },
      data: { absorbedMinor: { increment: part }, ...(part === open ? { state: "absorbed" } : {}) },
    });
    if (part < open) await planRest(tx, payment, refund.id, open - part);
    else if (refund.purpose === "return") returnEnded = true;
    taken += part;
  }
  return { taken, returnEnded };
}

/**
 * The bank gives back what it had returned in our stead: our refunds have to return it after all.
 * @returns whether the payment's own return is needed again
 */
export async function giveToWaiting(tx: Tx, payment: LockedPayment, sum: bigint): Promise<boolean> {
  const refunds = await tx.refund.findMany({
    where: { paymentId: payment.id, absorbedMinor: { gt: 0n } },
    orderBy: [{ createdAt: "desc" }, { id: "desc" }],
  });
  let left = sum;
  let returnNeeded = false;
  for (const refund of refunds) {
    const part = least(left, refund.absorbedMinor);
    if (part === 0n) continue;
    await callOff(tx, "refund", [refund.id], "the bank gave the payment back");
    await tx.refund.update({
      where: { id: refund.id },
      data: { absorbedMinor: { decrement: part }, ...(refund.state === "absorbed" ? { state: "planned" } : {}) },
    });
    await planRest(tx, payment, refund.id, refund.amountMinor - refund.absorbedMinor + part);
    if (refund.purpose === "return") returnNeeded = true;
    left -= part;
  }
  return returnNeeded;
}

async function planRest(tx: Tx, payment: LockedPayment, refundId: string, amount: bigint): Promise<void> {
  await planAll(tx, [refundIntent(payment, refundId, amount, await nextAttempt(tx, "refund", refundId))]);
}
