import { formatMoney, type Money, Refusal, usd } from "@freehold/values";
import { now, type Tx } from "@freehold/database";
import { post } from "../ledger/post.ts";
import { withdrawalConfirmed, withdrawalFailed, withdrawalPlanned } from "../ledger/postings.ts";
import { plan } from "../stripe/plan.ts";
import { payoutRequest } from "../stripe/requests.ts";
import { booked } from "./standing.ts";
import { floorOf, reasonToWait } from "./transfer-stops.ts";

/** Own funds that shall leave for the platform's bank. The caller has proved that both people are staff. */
export interface NewWithdrawal {
  id: string;
  amount: Money;
  requestedBy: string;
  approvedBy: string;
}

/** One at a time, so that two which each keep the floor do not pass it together. */
const WITHDRAWAL_LOCK = 4_200_002;

/**
 * Takes own funds off and plans their payout to the platform's bank.
 * Refusals, in this order: idempotency_key_reused (same id, other sum), second_signature_needed (one person alone),
 * amount_too_small (nothing or less), transfers_stopped, below_floor.
 * @returns the intent to perform; the one of the first time when it is repeated
 */
export async function withdraw(tx: Tx, withdrawal: NewWithdrawal): Promise<string> {
  const { id, amount } = withdrawal;
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(${WITHDRAWAL_LOCK})`;
  const begun = await tx.withdrawal.findUnique({ where: { id } });
  if (begun !== null) {
    if (begun.amountMinor !== amount.minor || begun.currency !== amount.currency)
      throw new Refusal("idempotency_key_reused", "This withdrawal was begun with another sum.");
    const intent = await tx.intent.findFirstOrThrow({
      where: { purpose: "payout", subjectId: id },
      orderBy: { attempt: "desc" },
      select: { id: true },
    });
    return intent.id;
  }
  if (withdrawal.requestedBy === withdrawal.approvedBy)
    throw new Refusal("second_signature_needed", "Somebody else has to sign a withdrawal as well.");
  if (amount.minor <= 0n) throw new Refusal("amount_too_small", "A withdrawal takes more than nothing.");
  const stopped = await reasonToWait(tx);
  if (stopped !== null) throw new Refusal("transfers_stopped", stopped);
  const { clearing, owed, held } = await booked(tx);
  const left = clearing - owed - amount.minor;
  const floor = floorOf(held);
  if (left < floor)
    throw new Refusal("below_floor", `Own funds of ${formatMoney(usd(floor))} have to stay.`, {
      floorMinor: floor.toString(),
      ownFundsMinor: (clearing - owed).toString(),
    });

  const at = await now(tx);
  await tx.withdrawal.create({
    data: {
      id,
      amountMinor: amount.minor,
      currency: amount.currency,
      requestedBy: withdrawal.requestedBy,
      approvedBy: withdrawal.approvedBy,
      createdAt: at,
    },
  });
  await post(tx, {
    key: `withdrawal_planned:${id}`,
    event: "withdrawal_planned",
    occurredAt: at,
    legs: withdrawalPlanned(amount.minor, amount.currency),
    causation: { withdrawalId: id },
  });
  return plan(tx, {
    request: { purpose: "payout", params: payoutRequest({ id, amountMinor: amount.minor, currency: amount.currency }) },
    subjectId: id,
    key: `withdrawal_${id}`,
    developmentId: null,
  });
}

interface Locked {
  state: "planned" | "confirmed" | "failed";
  amountMinor: bigint;
  currency: Money["currency"];
  objectId: string | null;
}

async function lock(tx: Tx, id: string): Promise<Locked> {
  const [row] = await tx.$queryRaw<Locked[]>`
    SELECT state, amount_minor AS "amountMinor", currency, object_id AS "objectId" FROM withdrawal WHERE id = ${id}::uuid FOR UPDATE`;
  if (row === undefined) throw new Error(`withdrawal ${id} does not exist`);
  return row;
}

/** The processor has sent it: booked once, whoever hears of it first. */
export async function confirmWithdrawal(tx: Tx, id: string, object: { id: string }): Promise<void> {
  const { state, amountMinor, currency } = await lock(tx, id);
  if (state !== "planned") return;
  const at = await now(tx);
  await tx.withdrawal.update({ where: { id }, data: { state: "confirmed", objectId: object.id, confirmedAt: at } });
  await post(tx, {
    key: `withdrawal_confirmed:${id}`,
    event: "withdrawal_confirmed",
    occurredAt: at,
    legs: withdrawalConfirmed(amountMinor, currency),
    causation: { withdrawalId: id, objectId: object.id },
  });
}

/** It never left, or the bank sent it back: the money is own funds again. Booked once, whoever hears of it first. */
export async function failWithdrawal(tx: Tx, id: string): Promise<void> {
  const { state, amountMinor, currency, objectId } = await lock(tx, id);
  if (state === "failed") return;
  const at = await now(tx);
  await tx.withdrawal.update({ where: { id }, data: { state: "failed" } });
  await post(tx, {
    key: `withdrawal_failed:${id}`,
    event: "withdrawal_failed",
    occurredAt: at,
    legs: withdrawalFailed(amountMinor, state === "confirmed" ? "psp_clearing" : "withdrawal_payable", currency),
    causation: { withdrawalId: id, ...(objectId === null ? {} : { objectId }) },
  });
}
