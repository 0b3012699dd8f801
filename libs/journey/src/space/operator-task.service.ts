import { Injectable } from "@nestjs/common";
import { type MovementAccount, refusal } from "@freehold/contract";
import { enqueue, now, type Tx } from "@freehold/database";
import { Vault } from "@freehold/escrow";
import { isAnswerable } from "@freehold/forge-verify";
import { isId, newId } from "@freehold/values";
import { record } from "../history/record.ts";
import { actOf } from "./task-act.ts";
import { requireNoStake, requireStaff } from "./staff.ts";

interface Task {
  key: string;
  doneAt: Date | null;
  kind: string;
  subjectId: string | null;
}

interface TaskAnswer {
  note: string;
  account?: MovementAccount | undefined;
  accepted?: boolean | undefined;
}

/** What a person has to do about money, and that they did it. */
@Injectable()
export class OperatorTaskService {
  constructor(private readonly vault: Vault) {}

  /**
   * Staff say that a task is done, and how. For some kinds saying so is the act: an owed refund is noted as returned by other
   * means, a reversed payout is paid again, a parked message is tried again, an unknown movement is booked into the account
   * named; a release that the machine could not judge is checked again with what was found. Refuses not_staff,
   * task_not_found, has_stake (in the development it is about), task_done, account_needed, finding_needed, and what the vault
   * refuses.
   */
  async complete(tx: Tx, partyId: string, taskId: string, { note, account, accepted }: TaskAnswer): Promise<void> {
    await requireStaff(tx, partyId);
    const [task] = isId(taskId)
      ? await tx.$queryRaw<Task[]>`
          SELECT key, done_at AS "doneAt", kind, subject_id AS "subjectId" FROM operator_task WHERE id = ${taskId}::uuid FOR UPDATE`
      : [];
    if (task === undefined) throw refusal("task_not_found");
    const developmentId = await developmentOf(tx, task.subjectId);
    if (developmentId !== null) await requireNoStake(tx, partyId, developmentId);
    if (task.doneAt !== null) throw refusal("task_done");
    const { act, subject } = actOf(task.key);
    if (act === "classify" && account === undefined) throw refusal("account_needed");
    if (act === "judge") await judge(tx, partyId, subject, note, accepted);
    if (act === "note_repaid") await this.vault.noteRepaid(tx, subject, note);
    if (act === "pay_again") await this.vault.payAgain(tx, subject);
    if (act === "try_again") await this.vault.inbox.retry(tx, subject, { partyId, note });
    if (act === "classify") await this.vault.movements.classify(tx, subject, account!, { partyId, note });
    await tx.operatorTask.update({ where: { id: taskId }, data: { doneAt: await now(tx), doneBy: partyId, note } });
    await record(tx, {
      subjectType: "operator_task",
      subjectId: taskId,
      by: { partyId, as: "staff" },
      move: "complete",
      from: "open",
      to: "done",
      reason: note,
      detail: { kind: task.kind },
    });
  }
}

/**
 * A person's finding on what the machine could not judge about a release; what it may answer is the verifier's to say.
 * The checks run again with it. `subject` is the release and the question: `<id>:<reason>:…`. Refuses finding_needed.
 */
async function judge(
  tx: Tx,
  partyId: string,
  subject: string,
  note: string,
  accepted: boolean | undefined,
): Promise<void> {
  const [releaseId = "", reason = ""] = subject.split(":");
  if (isAnswerable(reason) && accepted === undefined) throw refusal("finding_needed");
  // Saying so of a repository that is too large means: look again with more patience.
  if (isAnswerable(reason) || (reason === "repo_too_large" && accepted !== false)) {
    await tx.releaseFinding.create({
      data: { id: newId(), releaseId, reason, accepted: accepted ?? true, note, partyId, at: await now(tx) },
    });
  }
  const { count } = await tx.release.updateMany({
    where: { id: releaseId, state: "needs_human" },
    data: { state: "submitted", checkedAt: null },
  });
  if (count > 0) await enqueue(tx, "release.check", { releaseId });
  else await tx.verification.updateMany({ where: { releaseId }, data: { nextLookAt: await now(tx) } });
}

/** The development that a task's subject belongs to: the vault names payments, refunds, payouts and developments by their ids. */
async function developmentOf(tx: Tx, subjectId: string | null): Promise<string | null> {
  if (subjectId === null) return null;
  const [row] = await tx.$queryRaw<{ id: string }[]>`
    SELECT id FROM development WHERE id = ${subjectId}::uuid
    UNION ALL SELECT development_id FROM release WHERE id = ${subjectId}::uuid
    UNION ALL SELECT development_id FROM payment WHERE id = ${subjectId}::uuid
    UNION ALL SELECT m.development_id FROM refund r JOIN payment m ON m.id = r.payment_id WHERE r.id = ${subjectId}::uuid
    UNION ALL SELECT m.development_id FROM payout o JOIN payment m ON m.id = o.payment_id WHERE o.id = ${subjectId}::uuid
    UNION ALL SELECT m.development_id FROM chargeback c JOIN payment m ON m.id = c.payment_id WHERE c.id = ${subjectId}::uuid
    LIMIT 1`;
  return row?.id ?? null;
}
