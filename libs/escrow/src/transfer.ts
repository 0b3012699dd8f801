import type { Tx } from "@freehold/database";
import type { LockedPayment } from "./hold.ts";
import type { NewIntent } from "./stripe/plan.ts";
import { transferRequest } from "./stripe/requests.ts";

/** The processor's accounts of payees, by party; those without one are missing. */
export async function accountsOf(tx: Tx, payeeIds: readonly string[]): Promise<Map<string, string>> {
  const rows = await tx.payoutAccount.findMany({ where: { partyId: { in: [...payeeIds] } } });
  return new Map(rows.flatMap((row) => (row.accountId === null ? [] : [[row.partyId, row.accountId]])));
}

/** What we ask of the processor for one payout of a pledge. */
export function transferIntent(
  payment: LockedPayment,
  payout: { id: string; payeeId: string },
  amountMinor: bigint,
  accounts: ReadonlyMap<string, string>,
): NewIntent {
  const destination = accounts.get(payout.payeeId);
  if (destination === undefined) throw new Error(`payee ${payout.payeeId} has no account`);
  const params = transferRequest({
    id: payout.id,
    paymentId: payment.id,
    developmentId: payment.developmentId,
    chargeId: payment.chargeId!,
    destination,
    amountMinor,
    currency: payment.currency,
  });
  return {
    request: { purpose: "transfer", params },
    subjectId: payout.id,
    key: `payout_${payout.id}`,
    developmentId: payment.developmentId,
  };
}
