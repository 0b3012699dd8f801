import { type Database, now, type Tx } from "@freehold/database";
import { absorbRefund } from "./absorb.ts";
import { lockPayment } from "./hold.ts";
import { confirmReversal, refuseReversal } from "./reclaim.ts";
import { applyRefund } from "./refund-outcome.ts";
import { confirmPayout } from "./settle.ts";
import type { OwnFunds } from "./own-funds.ts";
import type { TransferStops } from "./reconcile/transfer-stops.ts";
import type { PayoutAccounts } from "./stripe/accounts.ts";
import type { IntentRules, Sent } from "./stripe/intents.ts";

/** What each kind of intent does to its rows when it went through, when it was refused, and what it has to wait for. */
export function intentRules(
  database: Database,
  vault: { accounts: PayoutAccounts; ownFunds: OwnFunds; transferStops: TransferStops },
): IntentRules {
  return {
    confirm: (tx, sent) =>
      sent.purpose === "payout" ? vault.ownFunds.confirmWithdrawal(tx, sent.subjectId, sent.object) : confirm(tx, sent),
    async refused(tx, intent, cause) {
      if (intent.purpose !== "payout") return refused(tx, intent, cause);
      await vault.ownFunds.failWithdrawal(tx, intent.subjectId);
      return true;
    },
    async mayGo({ purpose, subjectId }) {
      if (purpose === "refund") return refundMayGo(database, subjectId);
      if (purpose !== "transfer" && purpose !== "payout") return null;
      const stop = await vault.transferStops.reason();
      if (stop !== null || purpose === "payout") return stop;
      const payout = await database.payout.findUniqueOrThrow({
        where: { id: subjectId },
        select: { payeeId: true, purpose: true, payment: { select: { locked: true, fraudWarnedAt: true } } },
      });
      if (payout.payment.locked) return "the payment is stopped";
      // What a person pays again was looked at by that person.
      if (payout.purpose === "payout" && payout.payment.fraudWarnedAt !== null)
        return "the card network warned of fraud";
      // A payee's status is read anew just before each transfer; refunds always may go.
      const { state } = await vault.accounts.refresh(payout.payeeId);
      return state === "payable" ? null : `the payee is ${state}`;
    },
  };
}

/** While the bank has a payment, nothing of it is refunded (D12); the processor would refuse, or it would go out twice. */
async function refundMayGo(database: Database, refundId: string): Promise<string | null> {
  const [row] = await database.$queryRaw<{ taken: boolean }[]>`
    SELECT EXISTS (SELECT 1 FROM refund r JOIN payment_stop s ON s.payment_id = r.payment_id
      WHERE r.id = ${refundId}::uuid AND s.cause = 'chargeback' AND s.lifted_at IS NULL) AS taken`;
  return row!.taken ? "the bank has the payment" : null;
}

async function confirm(tx: Tx, sent: Sent): Promise<void> {
  switch (sent.purpose) {
    case "checkout":
      await tx.payment.update({
        where: { id: sent.subjectId },
        data: { checkoutId: sent.object.id, checkoutUrl: sent.object.url },
        select: { id: true },
      });
      return;
    case "refund":
      await applyRefund(tx, sent.subjectId, sent.object, absorbRefund);
      return;
    case "transfer":
      return confirmPayout(tx, sent.subjectId, sent.object.id);
    case "reversal":
      return confirmReversal(tx, sent.subjectId, { id: sent.object.id, amountMinor: sent.object.amountMinor! });
  }
}

/** A definite refusal. What still has to move gets another attempt; true means that there is to be none. */
async function refused(tx: Tx, intent: { purpose: string; subjectId: string }, cause: string): Promise<boolean> {
  if (intent.purpose === "checkout") {
    await tx.payment.updateMany({
      where: { id: intent.subjectId, state: "opened" },
      data: { state: "failed", stateSince: await now(tx), lastMove: "run_out", movedBy: null },
    });
    return true;
  }
  if (intent.purpose === "reversal") {
    await refuseReversal(tx, intent.subjectId, cause);
    return true;
  }
  return intent.purpose === "refund" && IS_BACK.test(cause) ? isBackAlready(tx, intent.subjectId) : false;
}

/** The processor has nothing left of the charge to refund. */
const IS_BACK = /^(charge_disputed|refund_disputed_payment|charge_already_refunded)\b|greater than unrefunded amount/;

/**
 * A refund that was on its way when the bank took the payment, or somebody refunded it by hand, did not go out after all: what
 * was counted as our loss is the backer's already. @returns whether that settles the attempt; the rest, if any, has a new one
 */
async function isBackAlready(tx: Tx, refundId: string): Promise<boolean> {
  const { paymentId } = await tx.refund.findUniqueOrThrow({ where: { id: refundId }, select: { paymentId: true } });
  const payment = await lockPayment(tx, paymentId);
  const refund = await tx.refund.findUniqueOrThrow({ where: { id: refundId } });
  return absorbRefund(tx, payment, refund);
}
