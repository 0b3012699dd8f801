import { isId } from "@freehold/values";
import type { Database } from "@freehold/database";
import type { Envelope } from "./signed.ts";

/** What a message of the processor is about: a payment of ours, a payee's account there, or a payout to our own bank. */
export type Subject = { paymentId: string } | { accountId: string } | { payoutId: string };

/**
 * The message names a payment of ours that is not written down yet, or whose page is not: it is tried again, and parked in
 * the end. The processor may be quicker than the transaction that made it act.
 */
export class NotYet extends Error {}

type Told = NonNullable<NonNullable<Envelope["data"]>["object"]>;

/** Finds what a message is about; null when it is about nothing of ours. Throws NotYet. */
export async function subjectOf(database: Database, event: Envelope): Promise<Subject | null> {
  if (event.object === "v2.core.event") {
    const account = event.related_object?.id;
    return account === undefined ? null : { accountId: account };
  }
  if (typeof event.account === "string") return { accountId: event.account };
  const told = event.data?.object;
  if (told === undefined) return null;
  if (event.type.startsWith("payout.")) return typeof told.id === "string" ? { payoutId: told.id } : null;
  const named = [told.metadata?.["payment_id"], told["client_reference_id"]].find(
    (value): value is string => typeof value === "string" && isId(value),
  );
  const payment = await paymentNamed(database, named);
  if (payment?.state === "opened" && payment.checkoutId === null)
    throw new NotYet(`the page of the payment ${payment.id} is not written down yet`);
  const paymentId = payment?.id ?? (await paymentBehind(database, told));
  if (paymentId !== null) return { paymentId };
  if (named !== undefined) throw new NotYet(`it is about the payment ${named}, which we do not have`);
  return null;
}

async function paymentNamed(database: Database, id: string | undefined) {
  if (id === undefined) return null;
  return database.payment.findUnique({ where: { id }, select: { id: true, state: true, checkoutId: true } });
}

/** Looks for the object itself, and for those it points at, wherever we keep an id of the processor's. */
async function paymentBehind(database: Database, told: Told): Promise<string | null> {
  const fields = ["id", "charge", "payment_intent", "transfer", "source_transaction"];
  const ids = fields.flatMap((field) => {
    const value = told[field];
    const id = typeof value === "object" && value !== null ? (value as { id?: unknown }).id : value;
    return typeof id === "string" ? [id] : [];
  });
  if (ids.length === 0) return null;
  const [row] = await database.$queryRaw<{ id: string }[]>`
    SELECT id FROM payment WHERE charge_id = ANY(${ids}) OR payment_intent_id = ANY(${ids}) OR checkout_id = ANY(${ids})
      OR passed_on_id = ANY(${ids})
    UNION ALL SELECT payment_id FROM refund WHERE object_id = ANY(${ids})
    UNION ALL SELECT payment_id FROM payout WHERE object_id = ANY(${ids})
    UNION ALL SELECT payment_id FROM chargeback WHERE object_id = ANY(${ids})
    UNION ALL SELECT p.payment_id FROM transfer_reversal r JOIN payout p ON p.id = r.payout_id WHERE r.object_id = ANY(${ids})
    LIMIT 1`;
  return row?.id ?? null;
}
