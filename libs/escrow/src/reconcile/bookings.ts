import type Stripe from "stripe";
import { formatMoney, usd } from "@freehold/values";
import type { Database, Tx } from "@freehold/database";
import { post } from "../ledger/post.ts";
import { movementBooked, ownFundsAdded } from "../ledger/postings.ts";
import { stopTransfers } from "./transfer-stops.ts";
import { confirmWithdrawal, failWithdrawal } from "./withdraw.ts";

interface Waiting {
  id: string;
  type: string;
  netMinor: bigint;
  sourceId: string;
  occurredAt: Date;
}

/** The processor's words for what moves our own funds: in from the bank, out to it, and back from it. */
const OWN_TYPES = ["topup", "payout", "payout_failure", "payout_cancel"];

/**
 * Books what moved our own funds without a payment of anybody: top-ups, and payouts to our bank, ours or not.
 * Repeating it changes nothing. Calls the processor for payouts it does not know.
 * @returns how many payouts there were that we had not planned
 */
export async function bookOwnMovements(database: Database, stripe: Stripe): Promise<number> {
  const rows = await database.movement.findMany({
    where: { state: { in: ["waiting", "break"] }, type: { in: OWN_TYPES }, currency: "USD" },
    orderBy: [{ occurredAt: "asc" }, { netMinor: "asc" }, { id: "asc" }],
  });
  let unplanned = 0;
  for (const row of rows) {
    const movement: Waiting = { ...row, sourceId: row.sourceId ?? row.id };
    if (movement.type === "topup") await database.transact((tx) => bookTopUp(tx, movement));
    else {
      const withdrawalId = await withdrawalOf(database, stripe, movement.sourceId);
      if (await database.transact((tx) => bookPayout(tx, movement, withdrawalId))) unplanned += 1;
    }
  }
  return unplanned;
}

const bookTopUp = (tx: Tx, movement: Waiting): Promise<void> =>
  post(tx, {
    key: `topup:${movement.id}`,
    event: "own_funds_added",
    occurredAt: movement.occurredAt,
    legs: ownFundsAdded(movement.netMinor, "USD"),
    causation: { objectId: movement.sourceId, movementId: movement.id },
  });

/** The withdrawal a payout belongs to. One whose answer we never got says so itself, by the id of ours that it carries. */
async function withdrawalOf(database: Database, stripe: Stripe, payoutId: string): Promise<string | null> {
  const known = await database.withdrawal.findUnique({ where: { objectId: payoutId }, select: { id: true } });
  if (known !== null) return known.id;
  const { metadata } = await stripe.payouts.retrieve(payoutId);
  const named = metadata?.["withdrawal_id"];
  if (named === undefined || !/^[0-9a-f-]{36}$/.test(named)) return null;
  const row = await database.withdrawal.findUnique({ where: { id: named }, select: { id: true, state: true } });
  // One that has ended without this payout did not order it.
  return row?.state === "planned" ? row.id : null;
}

/** @returns whether it was a payout that we had not planned, and that had not been booked before */
async function bookPayout(tx: Tx, movement: Waiting, withdrawalId: string | null): Promise<boolean> {
  const left = movement.type === "payout";
  if (withdrawalId !== null) {
    await confirmWithdrawal(tx, withdrawalId, { id: movement.sourceId });
    if (!left) await failWithdrawal(tx, withdrawalId);
    return false;
  }
  const key = `${left ? "payout_unplanned" : "payout_returned"}:${movement.id}`;
  if ((await tx.ledgerTransaction.count({ where: { idempotencyKey: key } })) > 0) return false;
  await post(tx, {
    key,
    event: left ? "payout_unplanned" : "payout_returned",
    occurredAt: movement.occurredAt,
    legs: movementBooked("own_funds", movement.netMinor, "USD"),
    causation: { objectId: movement.sourceId, movementId: movement.id },
  });
  if (!left) return false;
  const amount = usd(-movement.netMinor);
  await stopTransfers(
    tx,
    "unplanned_payout",
    movement.sourceId,
    `The processor paid ${formatMoney(amount, { cents: true })} out to our bank, which we did not plan (${movement.sourceId}).`,
    amount,
  );
  return true;
}
