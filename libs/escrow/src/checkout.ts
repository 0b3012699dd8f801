import type Stripe from "stripe";
import { type Database, now, type Tx } from "@freehold/database";
import { Refusal } from "@freehold/values";
import type { Intents } from "./stripe/intents.ts";

/** What becomes of a payment between its beginning and its charge: the processor's page. The verbs are described in `vault.ts`. */

export async function closeAt(tx: Tx, developmentId: string, at: Date): Promise<void> {
  await tx.$executeRaw`
    UPDATE payment SET closes_at = LEAST(closes_at, ${at}::timestamptz)
    WHERE development_id = ${developmentId}::uuid AND kind = 'pledge' AND state = 'opened'`;
}

const open = (developmentId: string) => ({ developmentId, kind: "pledge", state: "opened" });

export async function hasOpenCheckouts(tx: Tx, developmentId: string): Promise<boolean> {
  return (await tx.payment.count({ where: open(developmentId) })) > 0;
}

export async function openCheckouts(database: Database, developmentId: string): Promise<string[]> {
  const rows = await database.payment.findMany({ where: open(developmentId), select: { id: true }, take: 500 });
  return rows.map((row) => row.id);
}

export async function expireCheckout(
  database: Database,
  stripe: Stripe,
  intents: Intents,
  paymentId: string,
): Promise<void> {
  const payment = await database.payment.findUniqueOrThrow({ where: { id: paymentId } });
  if (payment.state !== "opened") return;
  if (payment.checkoutId !== null) {
    const session = await stripe.checkout.sessions.retrieve(payment.checkoutId);
    if (session.status === "open") await stripe.checkout.sessions.expire(payment.checkoutId);
    return;
  }
  // Nobody was ever sent to a page. An intent that may still make one is ended first, so that none appears later.
  await database.transact(async (tx) => {
    const ended = await tx.intent.updateMany({
      where: { purpose: "checkout", subjectId: paymentId, state: "PLANNED" },
      data: { state: "REJECTED", error: "closed before it was sent" },
    });
    if (ended.count > 0)
      await tx.payment.updateMany({
        where: { id: paymentId, state: "opened" },
        data: { state: "expired", lastMove: "run_out", movedBy: null, stateSince: await now(tx) },
      });
  });
  await intents.performDue({ developmentId: payment.developmentId });
}

/**
 * A refund that the processor refuses again and again is looked at as well: the bank may have the money, and nobody told us
 * that either. Each part of the question has an index of its own; in any order, so that none starves.
 */
export async function unheard(database: Database, limit = 50): Promise<string[]> {
  const rows = await database.$queryRaw<{ id: string }[]>`
    SELECT id FROM (
      SELECT id FROM payment WHERE state = 'opened' AND checkout_expires_at < clock_now()
      UNION
      SELECT payment_id FROM refund WHERE state IN ('planned', 'parked') AND (object_id IS NOT NULL OR state = 'parked')) AS waiting
    ORDER BY random() LIMIT ${limit}`;
  return rows.map((row) => row.id);
}

export async function begun(
  tx: Tx,
  paymentId: string,
  of: { developmentId: string; amountMinor: bigint },
): Promise<string | null> {
  const payment = await tx.payment.findUnique({ where: { id: paymentId } });
  if (payment === null) return null;
  if (payment.developmentId !== of.developmentId || payment.amountMinor !== of.amountMinor)
    throw new Refusal("idempotency_key_reused", "This Idempotency-Key was used for another request.");
  const intent = await tx.intent.findFirstOrThrow({
    where: { purpose: "checkout", subjectId: paymentId },
    orderBy: { attempt: "desc" },
    select: { id: true },
  });
  return intent.id;
}
