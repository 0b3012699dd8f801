import { newId, Refusal } from "@freehold/values";
import { now, type Tx } from "@freehold/database";
import { aboutPayment, lockPayment } from "./hold.ts";
import { post } from "./ledger/post.ts";
import { owedAfterFinding, reversalConfirmed, transferReversedOutside } from "./ledger/postings.ts";
import type { Because } from "./refund.ts";
import { planAll } from "./stripe/plan.ts";
import { reversalRequest } from "./stripe/requests.ts";
import { completeTask, raiseTask } from "./tasks.ts";
import { accountsOf, transferIntent } from "./transfer.ts";

/**
 * What these payees owe us, minor units, by party. Locked until the transaction ends, so that two settlements never keep
 * the same claim back twice.
 */
export async function claimsOn(tx: Tx, payeeIds: readonly string[]): Promise<Map<string, bigint>> {
  for (const id of [...payeeIds].toSorted())
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended('receivable:' || ${id}, 0))`;
  // What is being taken back from their account at this moment is not kept back as well.
  const rows = await tx.$queryRaw<{ id: string; claim: bigint }[]>`
    SELECT a.owner_id AS id, (a.balance - COALESCE((
      SELECT sum((i.request->'reversal'->>'amount')::bigint) FROM payout o JOIN transfer_reversal v ON v.payout_id = o.id
      JOIN intent i ON i.purpose = 'reversal' AND i.subject_id = v.id AND i.state IN ('PLANNED', 'SENT', 'UNKNOWN')
      WHERE o.payee_id = a.owner_id), 0))::bigint AS claim
    FROM ledger_account a WHERE a.purpose = 'receivable' AND a.owner_id = ANY(${[...payeeIds]}::uuid[]) AND a.balance > 0`;
  return new Map(rows.filter((row) => row.claim > 0n).map((row) => [row.id, row.claim]));
}

/**
 * After a written finding of self-dealing or fraud the payees of a paid pledge owe it to us (DESIGN 4, after payout): it is
 * taken back from their accounts where it still lies there, and otherwise kept back from what they are paid next.
 * Asked again, it changes nothing. Refuses payment_not_paid.
 */
export async function reclaim(tx: Tx, paymentId: string, because: Because): Promise<void> {
  const payment = await lockPayment(tx, paymentId);
  if (payment.state !== "paid") throw new Refusal("payment_not_paid", "This payment was not paid out.");
  const at = await now(tx);
  const payouts = await tx.payout.findMany({
    where: { paymentId, state: "confirmed", reversals: { none: { origin: "ours" } } },
    orderBy: { id: "asc" },
  });
  for (const payout of payouts) {
    const owed = payout.amountMinor - payout.reversedMinor;
    if (owed <= 0n) continue;
    const id = newId();
    await tx.transferReversal.create({
      data: {
        id,
        payoutId: payout.id,
        amountMinor: owed,
        currency: payout.currency,
        origin: "ours",
        reason: because.reason,
        createdAt: at,
      },
    });
    await post(tx, {
      ...aboutPayment(payment, at),
      key: `owed_after_finding:${payout.id}`,
      event: "owed_after_finding",
      legs: owedAfterFinding(payout.payeeId, owed, payment.currency),
    });
    const transferred = payout.amountMinor - payout.nettedMinor - payout.reversedMinor;
    if (transferred <= 0n) continue;
    await planAll(tx, [
      {
        request: {
          purpose: "reversal",
          params: reversalRequest({
            id,
            transferId: payout.objectId!,
            amountMinor: transferred < owed ? transferred : owed,
          }),
        },
        subjectId: id,
        key: `reversal_${id}`,
        developmentId: payment.developmentId,
      },
    ]);
  }
}

/** A reversal of ours went through: the claim is smaller by it. */
export async function confirmReversal(tx: Tx, reversalId: string, object: { id: string; amountMinor: bigint }) {
  const row = await tx.transferReversal.findUniqueOrThrow({ where: { id: reversalId }, include: { payout: true } });
  const payment = await lockPayment(tx, row.payout.paymentId);
  const { state } = await tx.transferReversal.findUniqueOrThrow({ where: { id: reversalId } });
  if (state !== "planned") return;
  const at = await now(tx);
  await tx.transferReversal.update({
    where: { id: reversalId },
    data: { state: "confirmed", objectId: object.id, confirmedAt: at },
  });
  await tx.payout.update({
    where: { id: row.payoutId },
    data: { reversedMinor: { increment: object.amountMinor } },
  });
  await post(tx, {
    ...aboutPayment(payment, at, object.id),
    key: `reversal_confirmed:${reversalId}`,
    event: "reversal_confirmed",
    legs: reversalConfirmed(row.payout.payeeId, object.amountMinor, payment.currency),
  });
}

/** The payee's account does not hold it any more: the claim stays, and is kept back from what they are paid next. */
export async function refuseReversal(tx: Tx, reversalId: string, cause: string): Promise<void> {
  const row = await tx.transferReversal.findUniqueOrThrow({ where: { id: reversalId }, include: { payout: true } });
  if (row.state !== "planned") return;
  await tx.transferReversal.update({ where: { id: reversalId }, data: { state: "refused" } });
  await raiseTask(tx, {
    key: `claim:${reversalId}`,
    kind: "claim_open",
    cause: `Money could not be taken back from a payee's account: ${cause.slice(0, 200)}`,
    nextStep: "It is kept back from their next payouts by itself; ask them for it if there are none.",
    amount: { minor: row.amountMinor, currency: "USD" },
    subjectId: row.payout.paymentId,
  });
}

/** Somebody reversed a transfer at the processor: the money lies with us and is owed to the payee again. */
export async function takeOutsideReversal(
  tx: Tx,
  payoutId: string,
  object: { id: string; amountMinor: bigint },
): Promise<boolean> {
  const payout = await tx.payout.findUniqueOrThrow({ where: { id: payoutId } });
  const payment = await lockPayment(tx, payout.paymentId);
  if ((await tx.transferReversal.count({ where: { objectId: object.id } })) > 0) return false;
  const at = await now(tx);
  const id = newId();
  await tx.transferReversal.create({
    data: {
      id,
      payoutId,
      amountMinor: object.amountMinor,
      currency: payout.currency,
      state: "confirmed",
      origin: "outside",
      objectId: object.id,
      reason: "reversed at the processor",
      createdAt: at,
      confirmedAt: at,
    },
  });
  await tx.payout.update({ where: { id: payoutId }, data: { reversedMinor: { increment: object.amountMinor } } });
  await post(tx, {
    ...aboutPayment(payment, at, object.id),
    key: `transfer_reversed:${object.id}`,
    event: "transfer_reversed",
    legs: transferReversedOutside(payout.payeeId, object.amountMinor, payment.currency),
  });
  await raiseTask(tx, {
    key: `transfer_reversed:${id}`,
    kind: "transfer_reversed",
    cause: "A payout was reversed at the processor, not by us; the money lies with us and is owed to the payee.",
    nextStep: "Find out who reversed it and why; then pay it again.",
    amount: { minor: object.amountMinor, currency: payment.currency },
    subjectId: payment.id,
  });
  return true;
}

/** Pays again what was reversed at the processor. Asked twice, it pays once. Refuses reversal_not_found. */
export async function payAgain(tx: Tx, reversalId: string): Promise<void> {
  const row = await tx.transferReversal.findUnique({ where: { id: reversalId }, include: { payout: true } });
  if (row === null || row.origin !== "outside" || row.state !== "confirmed")
    throw new Refusal("reversal_not_found", "There is no such reversal to make good.");
  const payment = await lockPayment(tx, row.payout.paymentId);
  const purpose = `again:${reversalId}`;
  if ((await tx.payout.count({ where: { paymentId: payment.id, purpose } })) > 0) return;
  const id = newId();
  const { payeeId } = row.payout;
  await tx.payout.create({
    data: {
      id,
      paymentId: payment.id,
      payeeId,
      purpose,
      amountMinor: row.amountMinor,
      currency: row.currency,
      createdAt: await now(tx),
    },
  });
  const accounts = await accountsOf(tx, [payeeId]);
  await planAll(tx, [transferIntent(payment, { id, payeeId }, row.amountMinor, accounts)]);
  await completeTask(tx, `transfer_reversed:${reversalId}`, "Paid again.");
}
