import { newId } from "@freehold/values";
import { now, type Tx } from "@freehold/database";

/** Why a payment is not paid out for the time being. */
export interface StopCause {
  cause: "chargeback" | "inquiry" | "case" | "staff";
  /** What it is about: the bank's case, the backers' case, whoever stopped it. The same one stops only once. */
  subject: string;
}

/** Stops payments: none of them is paid out until every stop is lifted. Refunds are never stopped. Repeating it changes nothing. */
export async function stopPayments(
  tx: Tx,
  paymentIds: readonly string[],
  { cause, subject }: StopCause,
): Promise<void> {
  if (paymentIds.length === 0) return;
  const since = await now(tx);
  await tx.paymentStop.createMany({
    data: paymentIds.map((paymentId) => ({ id: newId(), paymentId, cause, subject, since })),
    skipDuplicates: true,
  });
  await tx.payment.updateMany({ where: { id: { in: [...paymentIds] } }, data: { locked: true } });
}

/** Lifts one stop; a payment is free again when it was the last one. */
export async function resumePayments(
  tx: Tx,
  paymentIds: readonly string[],
  { cause, subject }: StopCause,
): Promise<void> {
  if (paymentIds.length === 0) return;
  const ids = [...paymentIds];
  await tx.paymentStop.updateMany({
    where: { paymentId: { in: ids }, cause, subject, liftedAt: null },
    data: { liftedAt: await now(tx) },
  });
  await tx.$executeRaw`
    UPDATE payment p SET locked = false WHERE id = ANY(${ids}::uuid[]) AND locked
      AND NOT EXISTS (SELECT 1 FROM payment_stop s WHERE s.payment_id = p.id AND s.lifted_at IS NULL)`;
}
