import { allocate, basisPointsDown, newId } from "@freehold/values";
import { now, type Tx } from "@freehold/database";
import { type LockedPayment, lockPayment, sumsOf } from "./hold.ts";
import { post } from "./ledger/post.ts";
import { settlementAuthorised, transferConfirmed } from "./ledger/postings.ts";
import { plan } from "./stripe/plan.ts";
import { transferRequest } from "./stripe/requests.ts";

/** One payee's share of every pledge of a development. */
export interface PayeeShare {
  payeeId: string;
  /** Of 10,000 in all. */
  basisPoints: number;
}

/** How one held pledge is split: the platform's part rounded down, the rest by largest remainder, exactly. */
export function split(
  amountMinor: bigint,
  platformFeeBasisPoints: number,
  shares: readonly PayeeShare[],
): { platformFee: bigint; payees: { payeeId: string; amount: bigint }[] } {
  const platformFee = basisPointsDown(amountMinor, BigInt(platformFeeBasisPoints));
  const parts = allocate(
    amountMinor - platformFee,
    shares.map((share) => BigInt(share.basisPoints)),
  );
  const payees = shares.map((share, i) => ({ payeeId: share.payeeId, amount: parts[i]! }));
  return { platformFee, payees: payees.filter((payee) => payee.amount > 0n) };
}

/** Moves one held pledge to its payees' accounts in the ledger and plans one transfer for each of them. */
export async function authorisePayout(
  tx: Tx,
  payment: LockedPayment,
  shares: readonly PayeeShare[],
  accounts: ReadonlyMap<string, string>,
): Promise<void> {
  const at = await now(tx);
  const { platformFee, payees } = split(payment.amountMinor, payment.platformFeeBasis, shares);
  await tx.payment.update({ where: { id: payment.id }, data: { state: "settling", stateSince: at } });
  await post(tx, {
    key: `settlement_authorised:${payment.id}`,
    event: "settlement_authorised",
    occurredAt: at,
    paymentId: payment.id,
    developmentId: payment.developmentId,
    legs: settlementAuthorised(sumsOf(payment), payees, platformFee),
  });
  for (const payee of payees) {
    const id = newId();
    const destination = accounts.get(payee.payeeId);
    if (destination === undefined) throw new Error(`payee ${payee.payeeId} has no account`);
    await tx.payout.create({
      data: {
        id,
        paymentId: payment.id,
        payeeId: payee.payeeId,
        purpose: "payout",
        amountMinor: payee.amount,
        currency: payment.currency,
        createdAt: at,
      },
    });
    const params = transferRequest({
      id,
      paymentId: payment.id,
      developmentId: payment.developmentId,
      chargeId: payment.chargeId!,
      destination,
      amountMinor: payee.amount,
      currency: payment.currency,
    });
    await plan(
      tx,
      { purpose: "transfer", params },
      { id, key: `payment_${payment.id}_transfer_${payee.payeeId}`, developmentId: payment.developmentId },
    );
  }
}

/** A transfer is out: post it, and close the pledge when it was the last one. */
export async function confirmPayout(tx: Tx, payoutId: string, objectId: string): Promise<void> {
  const [row] = await tx.$queryRaw<{ state: string; paymentId: string; payeeId: string; amountMinor: bigint }[]>`
    SELECT state, payment_id AS "paymentId", payee_id AS "payeeId", amount_minor AS "amountMinor"
    FROM payout WHERE id = ${payoutId}::uuid FOR UPDATE`;
  if (row === undefined) throw new Error(`payout ${payoutId} does not exist`);
  if (row.state !== "planned") return;
  const payment = await lockPayment(tx, row.paymentId);
  const at = await now(tx);
  await tx.payout.update({ where: { id: payoutId }, data: { state: "confirmed", objectId, confirmedAt: at } });
  await post(tx, {
    key: `transfer_confirmed:${payoutId}`,
    event: "transfer_confirmed",
    occurredAt: at,
    paymentId: payment.id,
    developmentId: payment.developmentId,
    legs: transferConfirmed(row.payeeId, row.amountMinor, payment.currency),
    causation: { payoutId },
  });
  const waiting = await tx.payout.count({ where: { paymentId: payment.id, state: "planned" } });
  if (waiting === 0) await tx.payment.update({ where: { id: payment.id }, data: { state: "paid", stateSince: at } });
}
