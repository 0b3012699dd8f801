import { now, type Tx } from "@freehold/database";
import { type LockedPayment } from "./hold.ts";
import { planReturns } from "./refund.ts";
import { stepBack } from "./settle.ts";
import { raiseTask } from "./tasks.ts";

/** An early fraud warning of the card networks. */
export interface SeenWarning {
  id: string;
  /** False when the charge was refunded or disputed already. */
  actionable: boolean;
  fraudType: string;
}

/**
 * Fraud found before payout: the pledge goes back whole, the others proceed. Found after it: a flag for a person; the
 * pledge counts for no cap (DESIGN 4).
 * @returns whether the payment was sent back because of it
 */
export async function applyWarnings(tx: Tx, payment: LockedPayment, seen: readonly SeenWarning[]): Promise<boolean> {
  const warning = seen[0];
  if (warning === undefined || payment.fraudWarnedAt !== null) return false;
  await tx.payment.update({ where: { id: payment.id }, data: { fraudWarnedAt: await now(tx) }, select: { id: true } });
  await stepBack(tx, payment, "the card network warned of fraud");
  if (payment.state === "held") {
    await planReturns(tx, [payment], "whole", { reason: "fraud_warned" });
    return true;
  }
  if (["settling", "paid", "given"].includes(payment.state))
    await raiseTask(tx, {
      key: `fraud_warning:${warning.id}`,
      kind: "fraud_warning",
      cause: `The card network warned of fraud (${warning.fraudType}) for a payment that was paid out already.`,
      nextStep: "Look at payer and payee. With a written finding of fraud, reclaim the payment.",
      amount: { minor: payment.amountMinor, currency: payment.currency },
      subjectId: payment.id,
    });
  return false;
}
