import { atProcessorAgainstBooks, secretsIn } from "./processor-books.ts";
import type { Market } from "./market.ts";
import { replayed } from "./replay.ts";

/**
 * The invariants I1–I12, one function, which every money test calls at its end. What is in the rows is proved by the vault's
 * own `check` (I1, I2, I3, I5, I7, I8, I11); what only both sides together show is compared here.
 * @param developmentId proves the rows of this development alone, for suites of thousands of stories; the rest is left out
 * @returns findings, one sentence each; empty is right
 */
export async function findingsOf(market: Market, developmentId?: string): Promise<string[]> {
  const { findings } = await market.vault.check(developmentId);
  if (developmentId !== undefined) return findings;
  return [
    ...findings,
    // I4, I5, I6, I7: per charge and in all, the processor holds and has done what the books say.
    ...(await atProcessorAgainstBooks(market)),
    // I9: everything that was ever said once more, latest first, changes nothing.
    ...(await replayed(market)),
    // I10: every call, answer and event fits the processor's own types, and none of them was kept with a secret in it.
    ...(await market.stripe.control.faults()),
    ...secretsIn(await market.stripe.control.journal()),
    // I12
    ...(await owedWithoutCause(market)),
  ];
}

/** I12: with nothing under way, what is owed to backers and payees is nothing, unless a person has a task for it. */
async function owedWithoutCause(market: Market): Promise<string[]> {
  const [busy] = await market.asOwner<{ busy: boolean }>(`
    SELECT EXISTS (SELECT 1 FROM intent WHERE state IN ('PLANNED', 'SENT', 'UNKNOWN'))
      OR EXISTS (SELECT 1 FROM inbox_event WHERE state = 'stored') OR EXISTS (SELECT 1 FROM refund WHERE state = 'planned')
      OR EXISTS (SELECT 1 FROM operator_task WHERE done_at IS NULL) AS busy`);
  if (busy!.busy) return [];
  const rows = await market.asOwner<{ code: string; balance: string }>(
    "SELECT code, balance FROM ledger_account WHERE purpose IN ('refund_payable', 'payee') AND balance <> 0",
  );
  return rows.map((row) => `owed, and nobody is about to pay it: ${row.code} ${row.balance}`);
}
