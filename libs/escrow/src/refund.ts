import { newId, Refusal } from "@freehold/values";
import { now, type Tx } from "@freehold/database";
import { aboutPayment, type LockedPayment, lockPayment, movePayment } from "./hold.ts";
import { post, type Posting, postAll } from "./ledger/post.ts";
import { type RefundParts, refundPlanned } from "./ledger/postings.ts";
import { type NewIntent, planAll } from "./stripe/plan.ts";
import { refundRequest } from "./stripe/requests.ts";

/** `pledge` returns what is held, `whole` the service fee as well (DESIGN 4). */
export type RefundKind = "pledge" | "whole";

export interface Because {
  reason: string;
  /** The party that asked for it; absent, the vault or the clock did. */
  by?: string | undefined;
}

/**
 * Plans the return of one held payment. One that is on its way back already, or with the bank, stays as it is.
 * Refuses payment_not_held in any other state.
 */
export async function planRefund(tx: Tx, paymentId: string, kind: RefundKind, because: Because): Promise<void> {
  const payment = await lockPayment(tx, paymentId);
  if (["refunding", "refunded", "charged_back"].includes(payment.state)) return;
  if (payment.state !== "held" || payment.chargeId === null)
    throw new Refusal("payment_not_held", "This payment is not in the hold.", { state: payment.state });
  await planReturns(tx, [payment], kind, because);
}

/** Plans the return of held payments, all in a few statements however many they are. The caller holds their locks. */
export async function planReturns(
  tx: Tx,
  payments: readonly LockedPayment[],
  kind: RefundKind,
  because: Because,
): Promise<void> {
  if (payments.length === 0) return;
  const at = await now(tx);
  const feesReturned = kind === "whole" ? await serviceFeesReturned(tx, payments) : new Map<string, bigint>();
  const rows = payments.map((payment) => ({
    payment,
    id: newId(),
    parts: {
      fromHold: payment.heldMinor,
      serviceFee: kind === "whole" ? payment.serviceFeeMinor - (feesReturned.get(payment.id) ?? 0n) : 0n,
      other: 0n,
    },
  }));
  await tx.refund.createMany({
    data: rows.map(({ payment, id, parts }) => ({
      ...refundRow(payment, id, parts, at),
      kind,
      purpose: "return",
      reason: because.reason,
    })),
  });
  await tx.$executeRaw`
    UPDATE payment SET state = 'refunding', held_minor = 0, state_since = ${at}::timestamptz, last_move = ${because.reason},
      moved_by = ${because.by ?? null}::uuid
    WHERE id = ANY(${payments.map((payment) => payment.id)}::uuid[])`;
  await postAll(
    tx,
    rows.map(({ payment, id, parts }) => plannedPosting(payment, id, parts, at)),
  );
  await planAll(
    tx,
    rows.map(({ payment, id, parts }) => refundIntent(payment, id, sumOf(parts))),
  );
}

/** What of each payment's service fee has gone back already (by a refund made at the processor). */
async function serviceFeesReturned(tx: Tx, payments: readonly LockedPayment[]): Promise<Map<string, bigint>> {
  const rows = await tx.$queryRaw<{ id: string; sum: bigint }[]>`
    SELECT payment_id AS id, sum(service_fee_minor)::bigint AS sum FROM refund
    WHERE payment_id = ANY(${payments.map((payment) => payment.id)}::uuid[]) GROUP BY payment_id`;
  return new Map(rows.map((row) => [row.id, row.sum]));
}

/**
 * Returns a part of a held payment; the rest stays held. All of it is the same as a refund of the pledge.
 * Refusals, in this order: payment_not_held, amount_too_small, refund_exceeds_payment.
 * @param key says which part this is: the same key never returns twice
 */
export async function planPart(
  tx: Tx,
  paymentId: string,
  amount: bigint,
  key: string,
  because: Because,
): Promise<void> {
  const payment = await lockPayment(tx, paymentId);
  const purpose = `part:${key}`;
  if ((await tx.refund.count({ where: { paymentId, purpose } })) > 0) return;
  // A part that was everything became the payment's own return, which bears no key.
  const wasAll = { paymentId, purpose: "return", kind: "pledge", fromHoldMinor: amount };
  if (payment.state !== "held" && (await tx.refund.count({ where: wasAll })) > 0) return;
  if (payment.state !== "held")
    throw new Refusal("payment_not_held", "This payment is not in the hold.", { state: payment.state });
  if (amount <= 0n) throw new Refusal("amount_too_small", "A refund returns something.");
  if (amount > payment.heldMinor)
    throw new Refusal("refund_exceeds_payment", "That is more than is held of this payment.", {
      held: payment.heldMinor.toString(),
    });
  if (amount === payment.heldMinor) return planReturns(tx, [payment], "pledge", because);
  await movePayment(tx, payment, { heldMinor: payment.heldMinor - amount, move: because.reason });
  await planExtra(tx, payment, { purpose, kind: "part", reason: because.reason, parts: fromHold(amount) });
}

const fromHold = (amount: bigint): RefundParts => ({ fromHold: amount, serviceFee: 0n, other: 0n });

/** A refund beside the payment's own ending; `legs` when its money does not come from the hold. */
export async function planExtra(
  tx: Tx,
  payment: LockedPayment,
  refund: {
    purpose: string;
    kind: "part" | "remainder";
    reason: string;
    parts: RefundParts;
    legs?: Posting["legs"];
    objectId?: string;
  },
): Promise<void> {
  const at = await now(tx);
  const id = newId();
  await tx.refund.create({
    data: {
      ...refundRow(payment, id, refund.parts, at),
      kind: refund.kind,
      purpose: refund.purpose,
      reason: refund.reason,
    },
  });
  const posting = plannedPosting(payment, id, refund.parts, at);
  await post(tx, {
    ...posting,
    ...(refund.legs === undefined ? {} : { legs: refund.legs }),
    ...(refund.objectId === undefined ? {} : { causation: { refundId: id, objectId: refund.objectId } }),
  });
  await planAll(tx, [refundIntent(payment, id, sumOf(refund.parts))]);
}

const sumOf = (parts: RefundParts): bigint => parts.fromHold + parts.serviceFee + parts.other;

export const refundRow = (payment: LockedPayment, id: string, parts: RefundParts, at: Date) => ({
  id,
  paymentId: payment.id,
  amountMinor: sumOf(parts),
  fromHoldMinor: parts.fromHold,
  serviceFeeMinor: parts.serviceFee,
  otherMinor: parts.other,
  currency: payment.currency,
  createdAt: at,
});

const plannedPosting = (payment: LockedPayment, id: string, parts: RefundParts, at: Date): Posting => ({
  ...aboutPayment(payment, at),
  key: `refund_planned:${id}`,
  event: "refund_planned",
  legs: refundPlanned(payment.developmentId, parts, payment.currency),
  causation: { refundId: id },
});

export const refundIntent = (payment: LockedPayment, id: string, amountMinor: bigint, attempt = 1): NewIntent => ({
  request: {
    purpose: "refund",
    params: refundRequest({ id, paymentId: payment.id, chargeId: payment.chargeId!, amountMinor }),
  },
  subjectId: id,
  key: `refund_${id}`,
  developmentId: payment.developmentId,
  attempt,
});
