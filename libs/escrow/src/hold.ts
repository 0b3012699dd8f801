import { after, type Currency, MINUTE_MS, type Money, Refusal } from "@freehold/values";
import { now, type Tx } from "@freehold/database";
import { booked } from "./reconcile/standing.ts";
import { floorOf } from "./reconcile/transfer-stops.ts";
import type { PaymentState } from "./states.ts";
import { plan } from "./stripe/plan.ts";
import { checkoutRequest } from "./stripe/requests.ts";

/** A payment that a party is about to make on the processor's page. Ids are opaque here. */
export interface NewPayment {
  id: string;
  developmentId: string;
  payerId: string;
  amount: Money;
  /** On top of the amount, paid by the payer. */
  serviceFee: Money;
  platformFeeBasisPoints: number;
  title: string;
  successUrl: string;
  cancelUrl: string;
}

/**
 * The processor keeps a page open for 30 minutes at least: so long, and no longer. A page nobody pays on does not fill a
 * newcomer's feature for a day, and a close has little to wait for.
 */
const PAGE_MS = 31 * MINUTE_MS;

/** Writes the payment and what we mean to ask of the processor, in one transaction. @returns the intent's id */
export async function openPayment(
  tx: Tx,
  payment: NewPayment,
  target: { kind: "pledge"; closesAt: Date } | { kind: "donation"; payeeId: string; destination: string },
): Promise<string> {
  const at = await now(tx);
  const closesAt = target.kind === "pledge" ? target.closesAt : null;
  const expiresAt = after(at, PAGE_MS);
  const params = checkoutRequest({
    id: payment.id,
    kind: target.kind,
    developmentId: payment.developmentId,
    amountMinor: payment.amount.minor,
    serviceFeeMinor: payment.serviceFee.minor,
    currency: payment.amount.currency,
    title: payment.title,
    expiresAtS: Math.floor(expiresAt.getTime() / 1000),
    successUrl: payment.successUrl,
    cancelUrl: payment.cancelUrl,
    authenticate: await hasChargedBack(tx, payment.payerId),
    ...(target.kind === "donation" ? { destination: target.destination } : {}),
  });
  await tx.payment.create({
    data: {
      id: payment.id,
      kind: target.kind,
      developmentId: payment.developmentId,
      payerId: payment.payerId,
      payeeId: target.kind === "donation" ? target.payeeId : null,
      amountMinor: payment.amount.minor,
      serviceFeeMinor: payment.serviceFee.minor,
      platformFeeBasis: payment.platformFeeBasisPoints,
      currency: payment.amount.currency,
      closesAt,
      checkoutExpiresAt: expiresAt,
      createdAt: at,
      stateSince: at,
      checkoutRequest: params as object,
      movedBy: payment.payerId,
    },
  });
  return plan(tx, {
    request: { purpose: "checkout", params },
    subjectId: payment.id,
    key: `payment_${payment.id}_checkout`,
    developmentId: payment.developmentId,
  });
}

/**
 * Own funds are topped up before the first pledge (DESIGN 4): they pay what card fees, and the bank, take beyond the fees of
 * the day. Refuses own_funds_short.
 */
export async function requireOwnFunds(tx: Tx): Promise<void> {
  const [row] = await tx.$queryRaw<{ begun: boolean }[]>`
    SELECT EXISTS (SELECT 1 FROM payment WHERE kind = 'pledge' AND charge_id IS NOT NULL) AS begun`;
  if (row!.begun) return;
  const { clearing, owed, held } = await booked(tx);
  if (clearing - owed < floorOf(held))
    throw new Refusal("own_funds_short", "Freehold cannot hold money yet: its own funds have not been topped up.", {
      floor: floorOf(held).toString(),
    });
}

/** Whether the bank has taken a payment of this payer back, and did not return it (G10). */
async function hasChargedBack(tx: Tx, payerId: string): Promise<boolean> {
  const [row] = await tx.$queryRaw<{ found: boolean }[]>`
    SELECT EXISTS (SELECT 1 FROM payment p JOIN chargeback c ON c.payment_id = p.id
      WHERE p.payer_id = ${payerId}::uuid AND c.state IN ('open', 'lost')) AS found`;
  return row!.found;
}

/** A payment row under lock, as the recipes want it. */
export interface LockedPayment {
  id: string;
  kind: "pledge" | "donation";
  developmentId: string;
  payerId: string;
  payeeId: string | null;
  amountMinor: bigint;
  serviceFeeMinor: bigint;
  platformFeeBasis: number;
  currency: Currency;
  state: PaymentState;
  /** What of it lies in the hold now. */
  heldMinor: bigint;
  closesAt: Date | null;
  chargeId: string | null;
  chargedAt: Date | null;
  processorFeeMinor: bigint | null;
  passedOnId: string | null;
  fraudWarnedAt: Date | null;
  /** Stopped: it is not paid out for the time being. */
  locked: boolean;
}

const columns = `id, kind, development_id AS "developmentId", payer_id AS "payerId", payee_id AS "payeeId",
  amount_minor AS "amountMinor", service_fee_minor AS "serviceFeeMinor", platform_fee_basis_points AS "platformFeeBasis",
  currency, state, held_minor AS "heldMinor", closes_at AS "closesAt", charge_id AS "chargeId", charged_at AS "chargedAt",
  processor_fee_minor AS "processorFeeMinor", passed_on_id AS "passedOnId", fraud_warned_at AS "fraudWarnedAt", locked`;

/** The payment, locked until the transaction ends. */
export async function lockPayment(tx: Tx, paymentId: string): Promise<LockedPayment> {
  const [row] = await tx.$queryRawUnsafe<LockedPayment[]>(
    `SELECT ${columns} FROM payment WHERE id = $1::uuid FOR UPDATE`,
    paymentId,
  );
  if (row === undefined) throw new Error(`payment ${paymentId} does not exist`);
  return row;
}

/** Payments that a condition names, locked in the order of their ids. Those that somebody else works on are passed by. */
export function lockFree(tx: Tx, where: string, ...values: unknown[]): Promise<LockedPayment[]> {
  return tx.$queryRawUnsafe<LockedPayment[]>(
    `SELECT ${columns} FROM payment WHERE ${where} FOR UPDATE SKIP LOCKED`,
    ...values,
  );
}

/**
 * The one way in which a payment changes its state, or what of it is held. The database checks the step and writes it into
 * history under the name of the move.
 * @param by the party that moved it; absent, the vault did
 */
export async function movePayment(
  tx: Tx,
  payment: LockedPayment,
  step: { to?: PaymentState; heldMinor?: bigint; move: string; by?: string | undefined },
): Promise<void> {
  const to = step.to ?? payment.state;
  const heldMinor = step.heldMinor ?? (to === "held" ? payment.heldMinor : 0n);
  const changed = to !== payment.state;
  await tx.payment.update({
    where: { id: payment.id },
    data: {
      heldMinor,
      ...(changed ? { state: to, stateSince: await now(tx), lastMove: step.move, movedBy: step.by ?? null } : {}),
    },
    select: { id: true },
  });
  payment.state = to;
  payment.heldMinor = heldMinor;
}

export const sumsOf = (payment: LockedPayment) => ({
  developmentId: payment.developmentId,
  currency: payment.currency,
  amount: payment.amountMinor,
  serviceFee: payment.serviceFeeMinor,
});

/** What every posting about a payment says of itself; `objectId` is the processor's object that it is about. */
export const aboutPayment = (payment: LockedPayment, at: Date, objectId?: string | null) => ({
  occurredAt: at,
  paymentId: payment.id,
  developmentId: payment.developmentId,
  ...(objectId == null ? {} : { causation: { objectId } }),
});
