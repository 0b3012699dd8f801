import { after, type Currency, MINUTE_MS, type Money } from "@freehold/values";
import { now, type Tx } from "@freehold/database";
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
    },
  });
  return plan(
    tx,
    { purpose: "checkout", params },
    { id: payment.id, key: `payment_${payment.id}_checkout`, developmentId: payment.developmentId },
  );
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
  state: string;
  closesAt: Date | null;
  chargeId: string | null;
  chargedAt: Date | null;
  processorFeeMinor: bigint | null;
  locked: boolean;
}

const columns = `id, kind, development_id AS "developmentId", payer_id AS "payerId", payee_id AS "payeeId",
  amount_minor AS "amountMinor", service_fee_minor AS "serviceFeeMinor", platform_fee_basis_points AS "platformFeeBasis",
  currency, state, closes_at AS "closesAt", charge_id AS "chargeId", charged_at AS "chargedAt",
  processor_fee_minor AS "processorFeeMinor", locked`;

/** The payment, locked until the transaction ends. */
export async function lockPayment(tx: Tx, paymentId: string): Promise<LockedPayment> {
  const [row] = await tx.$queryRawUnsafe<LockedPayment[]>(
    `SELECT ${columns} FROM payment WHERE id = $1::uuid FOR UPDATE`,
    paymentId,
  );
  if (row === undefined) throw new Error(`payment ${paymentId} does not exist`);
  return row;
}

/** Every payment of a development in one of the states, locked in the order of their ids. */
export function lockPaymentsOf(tx: Tx, developmentId: string, states: readonly string[]): Promise<LockedPayment[]> {
  return tx.$queryRawUnsafe<LockedPayment[]>(
    `SELECT ${columns} FROM payment WHERE development_id = $1::uuid AND state = ANY($2::text[]) ORDER BY id FOR UPDATE`,
    developmentId,
    states,
  );
}

export const sumsOf = (payment: LockedPayment) => ({
  developmentId: payment.developmentId,
  currency: payment.currency,
  amount: payment.amountMinor,
  serviceFee: payment.serviceFeeMinor,
});
