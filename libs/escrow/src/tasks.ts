import type { Currency, Money } from "@freehold/values";
import { now, type Tx } from "@freehold/database";

export interface OperatorTask {
  /** The same cause is one task, however often it is met. */
  key: string;
  kind: string;
  cause: string;
  nextStep: string;
  amount?: Money;
  subjectId?: string;
}

/** Leaves something for a person to do, with its cause, its money and its next step. */
export async function raiseTask(tx: Tx, task: OperatorTask): Promise<void> {
  await tx.operatorTask.createMany({
    data: [
      {
        key: task.key,
        kind: task.kind,
        cause: task.cause,
        nextStep: task.nextStep,
        amountMinor: task.amount?.minor ?? null,
        currency: (task.amount?.currency ?? null) as Currency | null,
        subjectId: task.subjectId ?? null,
        createdAt: await now(tx),
      },
    ],
    skipDuplicates: true,
  });
}

/**
 * Nobody has to do anything any more. One that is done already stays as it is.
 * @param by who did it; absent, the cause has gone by itself
 */
export async function completeTask(tx: Tx, key: string, note: string, by?: string): Promise<void> {
  await tx.operatorTask.updateMany({
    where: { key, doneAt: null },
    data: { doneAt: await now(tx), doneBy: by ?? null, note },
  });
}
