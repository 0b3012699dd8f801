import { least, newId } from "@freehold/values";
import { now, type Tx } from "@freehold/database";
import { aboutPayment, type LockedPayment, movePayment } from "./hold.ts";
import { post } from "./ledger/post.ts";
import { chargedBack, type ChargebackParts } from "./ledger/postings.ts";
import { planExtra } from "./refund.ts";
import { stepBack } from "./settle.ts";
import { machines } from "./states.ts";
import { resumePayments, stopPayments } from "./stops.ts";
import { completeTask, raiseTask } from "./tasks.ts";
import { giveToWaiting, takeFromWaiting } from "./waiting-refunds.ts";

/** What the processor says about one of the bank's cases: its status, and what it has moved so far. */
export interface SeenDispute {
  id: string;
  status: string;
  reason: string;
  amountMinor: bigint;
  openedAt: Date;
  /** Signed as on our balance there: negative went to the bank. `fee` is what the processor took for it, or gave back. */
  movements: { id: string; amountMinor: bigint; feeMinor: bigint }[];
}

export type BankNews = "charged_back" | "won_back" | "questioned" | "question_dropped";

type State = keyof typeof machines.chargeback;

const knownOpen = new Set([
  "needs_response",
  "under_review",
  "appeal_needs_response",
  "appeal_under_review",
  "warning_needs_response",
  "warning_under_review",
]);

/** An unknown status counts as open: it may have become anything but closed. */
function stateOf({ status, movements }: SeenDispute): State {
  if (status === "won") return "won";
  if (status === "lost") return "lost";
  if (status === "warning_closed" || status === "prevented") return "dropped";
  return status.startsWith("warning_") || movements.length === 0 ? "inquiry" : "open";
}

/**
 * Brings a payment up to what the bank has done. Each movement of money is booked once, by its own id; the state follows.
 * @returns what is new for the people concerned
 */
export async function applyDisputes(tx: Tx, payment: LockedPayment, seen: readonly SeenDispute[]): Promise<BankNews[]> {
  const news: BankNews[] = [];
  for (const dispute of seen) {
    const row = await chargebackOf(tx, payment, dispute);
    const moved = await bookMovements(tx, payment, row.id, dispute);
    if (moved !== 0n) news.push(moved < 0n ? "charged_back" : "won_back");
    const state = stateOf(dispute);
    if (row.isNew || row.state !== state) await follow(tx, payment, row, dispute, state);
    if (row.isNew && state === "inquiry") news.push("questioned");
    if (row.state === "inquiry" && state === "dropped" && !row.isNew) news.push("question_dropped");
  }
  return news;
}

async function chargebackOf(tx: Tx, payment: LockedPayment, dispute: SeenDispute) {
  const row = await tx.chargeback.findUnique({ where: { objectId: dispute.id } });
  if (row !== null) {
    if (row.processorStatus !== dispute.status)
      await tx.chargeback.update({ where: { id: row.id }, data: { processorStatus: dispute.status } });
    return { ...row, state: row.state as State, isNew: false };
  }
  const created = await tx.chargeback.create({
    data: {
      id: newId(),
      paymentId: payment.id,
      objectId: dispute.id,
      state: dispute.movements.length === 0 ? "inquiry" : "open",
      processorStatus: dispute.status,
      reason: dispute.reason,
      amountMinor: dispute.amountMinor,
      currency: payment.currency,
      openedAt: dispute.openedAt,
    },
  });
  return { ...created, state: created.state as State, isNew: true };
}

/** @returns what moved now: negative to the bank, positive back to us */
async function bookMovements(tx: Tx, payment: LockedPayment, id: string, dispute: SeenDispute): Promise<bigint> {
  let moved = 0n;
  for (const movement of dispute.movements) {
    const key = `chargeback_movement:${movement.id}`;
    if ((await tx.ledgerTransaction.count({ where: { idempotencyKey: key } })) > 0) continue;
    moved += movement.amountMinor;
    const parts =
      movement.amountMinor < 0n
        ? await take(tx, payment, id, -movement.amountMinor)
        : await giveBack(tx, payment, id, movement.amountMinor);
    const sign = movement.amountMinor < 0n ? 1n : -1n;
    const all: ChargebackParts = {
      fromHold: sign * parts.fromHold,
      fromRefund: sign * parts.fromRefund,
      loss: sign * parts.loss,
      fee: movement.feeMinor,
    };
    await tx.chargeback.update({
      where: { id },
      data: {
        fromHoldMinor: { increment: all.fromHold },
        fromRefundMinor: { increment: all.fromRefund },
        lossMinor: { increment: all.loss },
        feeMinor: { increment: all.fee },
      },
    });
    await post(tx, {
      ...aboutPayment(payment, await now(tx), dispute.id),
      key,
      event: movement.amountMinor < 0n ? "chargeback" : "chargeback_won",
      legs: chargedBack(payment.developmentId, all, payment.currency),
    });
    if (movement.amountMinor > 0n) await afterGivingBack(tx, payment, id, parts);
  }
  return moved;
}

interface Parts {
  fromHold: bigint;
  fromRefund: bigint;
  loss: bigint;
}
/** The bank takes `sum`: from the hold, from what is on its way back anyway, and the rest is our loss. */
async function take(tx: Tx, payment: LockedPayment, id: string, sum: bigint): Promise<Parts> {
  await stepBack(tx, payment, "the bank took the payment back");
  let fromHold = 0n;
  if (payment.state === "held") {
    fromHold = least(sum, payment.heldMinor);
    const heldMinor = payment.heldMinor - fromHold;
    const to = heldMinor === 0n ? ("charged_back" as const) : ("held" as const);
    await movePayment(tx, payment, { to, heldMinor, move: "charge_back" });
  }
  const waiting = await takeFromWaiting(tx, payment, sum - fromHold, "the bank took the payment back");
  if (waiting.returnEnded && payment.state === "refunding")
    await movePayment(tx, payment, { to: "charged_back", move: "charge_back" });
  const loss = sum - fromHold - waiting.taken;
  if (loss > 0n && payment.kind === "pledge" && ["settling", "paid", "refunding", "refunded"].includes(payment.state))
    await raiseTask(tx, {
      key: `chargeback_loss:${id}`,
      kind: "chargeback_loss",
      cause: `The bank took a payment back that was ${payment.state === "paid" || payment.state === "settling" ? "paid out" : "refunded"} already.`,
      nextStep: "Answer the bank with the evidence; a loss is ours unless there is a written finding of fraud.",
      amount: { minor: loss, currency: payment.currency },
      subjectId: payment.id,
    });
  return { fromHold, fromRefund: waiting.taken, loss };
}

/** The bank gives `sum` back: the exact mirror, the backer's part first. */
async function giveBack(tx: Tx, payment: LockedPayment, id: string, sum: bigint): Promise<Parts> {
  const row = await tx.chargeback.findUniqueOrThrow({ where: { id } });
  const fromRefund = least(sum, row.fromRefundMinor);
  const fromHold = least(sum - fromRefund, row.fromHoldMinor);
  return { fromRefund, fromHold, loss: sum - fromRefund - fromHold };
}

/** What came back goes where it was: into the hold, or on its way to the backer. */
async function afterGivingBack(tx: Tx, payment: LockedPayment, id: string, parts: Parts): Promise<void> {
  if (parts.fromRefund > 0n && (await giveToWaiting(tx, payment, parts.fromRefund)) && payment.state === "charged_back")
    await movePayment(tx, payment, { to: "refunding", move: "win_back" });
  if (parts.fromHold === 0n) return;
  // Once its return was planned, what comes back later follows it.
  const goesBack = (await tx.refund.count({ where: { paymentId: payment.id, purpose: "return" } })) > 0;
  if (!goesBack && (payment.state === "charged_back" || payment.state === "held")) {
    const heldMinor = (payment.state === "held" ? payment.heldMinor : 0n) + parts.fromHold;
    await movePayment(tx, payment, { to: "held", heldMinor, move: "win_back" });
    return;
  }
  // Its pledge has come to its end meanwhile: what the bank gives back late belongs to the backer.
  await planExtra(tx, payment, {
    purpose: `part:won:${id}`,
    kind: "part",
    reason: "won_back_late",
    parts: { fromHold: parts.fromHold, serviceFee: 0n, other: 0n },
  });
}

async function follow(
  tx: Tx,
  payment: LockedPayment,
  row: { id: string; state: State },
  dispute: SeenDispute,
  to: State,
): Promise<void> {
  const isNext = (machines.chargeback[row.state] as readonly State[]).includes(to);
  const path: readonly State[] = to === row.state ? [] : isNext ? [to] : ["open", to];
  let at = row.state;
  for (const step of path) {
    if (!(machines.chargeback[at] as readonly State[]).includes(step)) continue;
    const closed = step === "won" || step === "lost" || step === "dropped";
    await tx.chargeback.update({
      where: { id: row.id },
      data: { state: step, closedAt: closed ? await now(tx) : null },
    });
    at = step;
  }
  const subject = { cause: at === "inquiry" ? "inquiry" : "chargeback", subject: dispute.id } as const;
  if (at === "inquiry" || at === "open") await stopPayments(tx, [payment.id], subject);
  else
    for (const cause of ["inquiry", "chargeback"] as const)
      await resumePayments(tx, [payment.id], { cause, subject: dispute.id });
  payment.locked = (await tx.paymentStop.count({ where: { paymentId: payment.id, liftedAt: null } })) > 0;
  await tell(tx, payment, dispute, at);
}

async function tell(tx: Tx, payment: LockedPayment, dispute: SeenDispute, state: State): Promise<void> {
  const key = `chargeback:${dispute.id}`;
  if (state === "won" || state === "lost" || state === "dropped")
    return completeTask(tx, key, `The bank has decided: ${dispute.status}.`);
  const amount = { minor: dispute.amountMinor, currency: payment.currency };
  const waits = payment.state === "given" || payment.state === "paid" ? "" : "; the payment is not paid out meanwhile";
  const asks = state === "inquiry" ? "asks about a payment" : "has taken a payment back";
  await raiseTask(tx, {
    key,
    kind: "chargeback",
    cause: `The bank ${asks} (${dispute.reason}). What moved is booked${waits}.`,
    nextStep: "Send the bank the evidence at the processor, before the day it names there.",
    amount,
    subjectId: payment.id,
  });
  if (!knownOpen.has(dispute.status))
    await raiseTask(tx, {
      key: `chargeback_status:${dispute.id}:${dispute.status}`,
      kind: "chargeback_status_unknown",
      cause: `The processor gives a case of the bank the status “${dispute.status}”, which we do not know; it counts as open.`,
      nextStep: "Look the case up at the processor and tell the developers of Freehold.",
      amount,
      subjectId: payment.id,
    });
}
