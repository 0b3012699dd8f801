import { allocate, basisPointsDown, newId } from "@freehold/values";
import { now, type Tx } from "@freehold/database";
import { aboutPayment, type LockedPayment, lockFree, lockPayment, movePayment } from "./hold.ts";
import { post, type Posting, postAll } from "./ledger/post.ts";
import { keptBack, mirrored, settlementAuthorised, shareGivenBack, transferConfirmed } from "./ledger/postings.ts";
import { claimsOn } from "./reclaim.ts";
import { planExtra, planReturns } from "./refund.ts";
import { callOff, planAll } from "./stripe/plan.ts";
import { accountsOf, transferIntent } from "./transfer.ts";

/** One payee's share of every pledge of a development. */
export interface PayeeShare {
  payeeId: string;
  /** Of 10,000 in all. */
  basisPoints: number;
}

interface Portion {
  payeeId: string;
  amount: bigint;
  /** The platform's part that goes with this share. */
  platformFee: bigint;
}

/**
 * How what is held of one pledge is split: the platform's part rounded down, the rest by largest remainder, exactly; the
 * platform's part over the shares by the same rule, so that a share can be given back with its own part of it.
 */
export function split(
  heldMinor: bigint,
  platformFeeBasisPoints: number,
  shares: readonly PayeeShare[],
): { platformFee: bigint; payees: Portion[] } {
  const platformFee = basisPointsDown(heldMinor, BigInt(platformFeeBasisPoints));
  const parts = allocate(
    heldMinor - platformFee,
    shares.map((share) => BigInt(share.basisPoints)),
  );
  const payees = shares
    .map((share, i) => ({ payeeId: share.payeeId, amount: parts[i]! }))
    .filter((payee) => payee.amount > 0n);
  const fees = allocate(
    platformFee,
    payees.map((payee) => payee.amount),
  );
  return { platformFee, payees: payees.map((payee, i) => ({ ...payee, platformFee: fees[i]! })) };
}

/**
 * Moves held pledges to their payees' accounts in the ledger and plans one transfer for each payee and pledge. What a payee
 * owes us after a finding is kept back first. The caller holds the payments' locks.
 */
export async function authorisePayouts(
  tx: Tx,
  payments: readonly LockedPayment[],
  shares: readonly PayeeShare[],
): Promise<void> {
  if (payments.length === 0) return;
  const at = await now(tx);
  const payeeIds = shares.map((share) => share.payeeId);
  const accounts = await accountsOf(tx, payeeIds);
  const claims = await claimsOn(tx, payeeIds);
  const payouts: (Portion & { id: string; payment: LockedPayment; netted: bigint })[] = [];
  const postings: Posting[] = [];
  for (const payment of payments) {
    const { platformFee, payees } = split(payment.heldMinor, payment.platformFeeBasis, shares);
    const own = payees.map((payee) => {
      const claim = claims.get(payee.payeeId) ?? 0n;
      const netted = claim < payee.amount ? claim : payee.amount;
      claims.set(payee.payeeId, claim - netted);
      return { ...payee, id: newId(), payment, netted };
    });
    payouts.push(...own);
    postings.push({
      ...aboutPayment(payment, at),
      key: `settlement_authorised:${own[0]!.id}`,
      event: "settlement_authorised",
      legs: settlementAuthorised(payment.developmentId, payment.heldMinor, own, platformFee, payment.currency),
    });
    for (const { id, payeeId, netted } of own.filter((payout) => payout.netted > 0n))
      postings.push({
        ...aboutPayment(payment, at),
        key: `kept_back:${id}`,
        event: "kept_back",
        legs: keptBack(payeeId, netted, payment.currency),
      });
  }
  await tx.$executeRaw`
    UPDATE payment SET state = 'settling', held_minor = 0, state_since = ${at}::timestamptz, last_move = 'settle', moved_by = NULL
    WHERE id = ANY(${payments.map((payment) => payment.id)}::uuid[])`;
  await tx.payout.createMany({
    data: payouts.map((payout) => ({
      id: payout.id,
      paymentId: payout.payment.id,
      payeeId: payout.payeeId,
      purpose: "payout",
      amountMinor: payout.amount,
      platformFeeMinor: payout.platformFee,
      nettedMinor: payout.netted,
      currency: payout.payment.currency,
      createdAt: at,
    })),
  });
  await postAll(tx, postings);
  const sent = payouts.filter((payout) => payout.netted < payout.amount);
  await planAll(
    tx,
    sent.map((payout) => transferIntent(payout.payment, payout, payout.amount - payout.netted, accounts)),
  );
  // What was kept back in full needs no transfer.
  for (const payout of payouts.filter((one) => one.netted === one.amount))
    await confirmPayout(tx, payout.id, `kept_back_${payout.id}`);
}

/** A transfer is out: post it, and close the pledge when it was the last one. */
export async function confirmPayout(tx: Tx, payoutId: string, objectId: string): Promise<void> {
  const found = await tx.payout.findUniqueOrThrow({ where: { id: payoutId }, select: { paymentId: true } });
  const payment = await lockPayment(tx, found.paymentId);
  const row = await tx.payout.findUniqueOrThrow({ where: { id: payoutId } });
  if (row.state !== "planned") return;
  const at = await now(tx);
  await tx.payout.update({
    where: { id: payoutId },
    data: { state: "confirmed", objectId, confirmedAt: at },
    select: { id: true },
  });
  const sent = row.amountMinor - row.nettedMinor;
  if (sent > 0n)
    await post(tx, {
      ...aboutPayment(payment, at, objectId),
      key: `transfer_confirmed:${payoutId}`,
      event: "transfer_confirmed",
      legs: transferConfirmed(row.payeeId, sent, payment.currency),
    });
  await closeIfPaid(tx, payment);
}

async function closeIfPaid(tx: Tx, payment: LockedPayment): Promise<void> {
  if (payment.state !== "settling") return;
  // What is paid again for a reversal waits for itself.
  const waiting = await tx.payout.count({ where: { paymentId: payment.id, purpose: "payout", state: "planned" } });
  if (waiting === 0) await movePayment(tx, payment, { to: "paid", move: "pay" });
}

/**
 * Takes a pledge back out of its settlement, if none of its transfers can have gone out: everything as it was before, the
 * exact mirror. Only the bank, or the latest day, may ask for it.
 * @returns whether it is held again
 */
export async function stepBack(tx: Tx, payment: LockedPayment, why: string): Promise<boolean> {
  if (payment.state !== "settling") return false;
  const payouts = await tx.payout.findMany({
    where: { paymentId: payment.id, state: { not: "stopped" } },
    orderBy: { id: "asc" },
  });
  if (payouts.some((payout) => payout.state !== "planned")) return false;
  const ids = payouts.map((payout) => payout.id);
  if (!(await callOff(tx, "transfer", ids, why))) return false;
  await tx.payout.updateMany({ where: { id: { in: ids } }, data: { state: "stopped" } });
  const at = await now(tx);
  const held = payouts.reduce((sum, payout) => sum + payout.amountMinor + payout.platformFeeMinor, 0n);
  const fee = payouts.reduce((sum, payout) => sum + payout.platformFeeMinor, 0n);
  const shares = payouts.map((payout) => ({ payeeId: payout.payeeId, amount: payout.amountMinor }));
  await postAll(tx, [
    ...payouts.filter((payout) => payout.nettedMinor > 0n).map((payout) => nettingUndone(payment, payout, at)),
    {
      ...aboutPayment(payment, at),
      key: `settlement_stopped:${ids[0]!}`,
      event: "settlement_stopped",
      legs: mirrored(settlementAuthorised(payment.developmentId, held, shares, fee, payment.currency)),
    },
  ]);
  await movePayment(tx, payment, { to: "held", heldMinor: held, move: "stop_payout" });
  return true;
}

const nettingUndone = (
  payment: LockedPayment,
  payout: { id: string; payeeId: string; nettedMinor: bigint },
  at: Date,
): Posting => ({
  ...aboutPayment(payment, at),
  key: `kept_back_undone:${payout.id}`,
  event: "kept_back_undone",
  legs: mirrored(keptBack(payout.payeeId, payout.nettedMinor, payment.currency)),
});

/**
 * The latest day has come and a payee still cannot be paid (F6): what did not go out goes back to the backer, with the
 * platform's part of it. A pledge of which nothing went out goes back whole.
 * @returns false while a transfer is out of which nobody knows yet what became of it
 */
async function giveBackUnpaid(tx: Tx, payment: LockedPayment): Promise<boolean> {
  if (payment.state !== "settling") return true;
  if (await stepBack(tx, payment, "the latest day came before the payee could be paid")) {
    await planReturns(tx, [payment], "whole", { reason: "payee_unpayable" });
    return true;
  }
  const payouts = await tx.payout.findMany({
    where: { paymentId: payment.id, purpose: "payout", state: "planned" },
    orderBy: { id: "asc" },
  });
  const at = await now(tx);
  let returned = 0n;
  let known = true;
  const legs: Posting["legs"][number][] = [];
  for (const payout of payouts) {
    if (!(await callOff(tx, "transfer", [payout.id], "the latest day came before the payee could be paid"))) {
      known = false;
      continue;
    }
    await tx.payout.update({ where: { id: payout.id }, data: { state: "stopped" } });
    if (payout.nettedMinor > 0n) await post(tx, nettingUndone(payment, payout, at));
    const share = { payeeId: payout.payeeId, amount: payout.amountMinor };
    legs.push(...shareGivenBack(payment.developmentId, share, payout.platformFeeMinor, payment.currency));
    returned += payout.amountMinor + payout.platformFeeMinor;
  }
  if (returned > 0n) {
    const purpose = known ? "remainder" : `remainder:${payouts[0]!.id}`;
    const parts = { fromHold: returned, serviceFee: 0n, other: 0n };
    await planExtra(tx, payment, { purpose, kind: "remainder", reason: "payee_unpayable", parts, legs });
  }
  await closeIfPaid(tx, payment);
  return known;
}

/** How many pledges of a settlement end in one transaction. */
const PORTION = 200;

/**
 * The latest day of a settlement: what could not be paid out by now goes back to the backers, a portion at a time.
 * @returns `unknown` while something is out of which nobody knows yet what became of it
 */
export async function endSettlement(tx: Tx, developmentId: string): Promise<"ended" | "more" | "unknown"> {
  const payments = await lockFree(
    tx,
    `id IN (SELECT id FROM payment WHERE development_id = $1::uuid AND state = 'settling' ORDER BY id LIMIT ${PORTION})`,
    developmentId,
  );
  let known = true;
  for (const payment of payments) if (!(await giveBackUnpaid(tx, payment))) known = false;
  if (!known) return "unknown";
  return (await tx.payment.count({ where: { developmentId, state: "settling" } })) === 0 ? "ended" : "more";
}
