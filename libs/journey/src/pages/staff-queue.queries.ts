import { Injectable } from "@nestjs/common";
import type { PersonView, StaffQueue } from "@freehold/contract";
import { Database, Prisma, type Tx } from "@freehold/database";
import { after } from "@freehold/values";
import { readPlace } from "../cursor.ts";
import { isBlocking, weightOf } from "../dispute/case.ts";
import { peopleById } from "../party/party.service.ts";
import { stakeIn } from "../party/support.ts";
import { msOf } from "../policy.ts";
import { policyVersion } from "../space/policy.ts";
import { requireStaff } from "../space/staff.ts";
import { actOf } from "../space/task-act.ts";
import { moneyView } from "./money-view.ts";

const CASES = 50;
const PAGE = 30;
const DONE = 10;

interface TaskRow {
  id: string;
  key: string;
  kind: string;
  cause: string;
  nextStep: string;
  amount: bigint | null;
  currency: string | null;
  createdAt: Date;
  doneAt: Date | null;
  doneBy: string | null;
  note: string | null;
  developmentId: string | null;
  proposalId: string | null;
  title: string | null;
}

/** What staff have to do: cases by the nearest deadline, and operators' tasks, the one that has waited longest first. */
@Injectable()
export class StaffQueueQueries {
  constructor(private readonly database: Database) {}

  /** @param place where the tasks go on. Refuses not_staff; request_invalid what is no place in the list. */
  async queue(partyId: string, place?: string): Promise<StaffQueue> {
    const database = this.database;
    await requireStaff(database, partyId);
    const from = readPlace(place);
    const open = await tasks(
      database,
      Prisma.sql`
      t.done_at IS NULL AND (${from}::uuid IS NULL
        OR (t.created_at, t.id) > (SELECT x.created_at, x.id FROM operator_task x WHERE x.id = ${from}::uuid))
      ORDER BY t.created_at, t.id LIMIT ${PAGE + 1}`,
    );
    const done = await tasks(database, Prisma.sql`t.done_at IS NOT NULL ORDER BY t.done_at DESC, t.id LIMIT ${DONE}`);
    const shown = open.slice(0, PAGE);
    const stakes = await stakesIn(database, partyId, shown);
    const people = await peopleById(
      database,
      done.flatMap((task) => task.doneBy ?? []),
    );
    return {
      cases: await this.#cases(partyId),
      tasks: shown.map((task) => ({ ...taskView(task), hasStake: stakes.has(task.developmentId ?? "") })),
      nextTasks: open.length > PAGE ? shown.at(-1)!.id : null,
      done: done.map((task) => ({
        ...taskView(task),
        doneAt: task.doneAt!.toISOString(),
        doneBy: (people.get(task.doneBy ?? "") ?? null) satisfies PersonView | null,
        note: task.note,
      })),
    };
  }

  async #cases(partyId: string): Promise<StaffQueue["cases"]> {
    const database = this.database;
    const rows = await database.case.findMany({
      where: { ruling: null, closedAt: null },
      orderBy: { openedAt: "asc" },
      take: CASES,
      include: {
        disputes: { select: { id: true } },
        release: { include: { development: { include: { proposal: true } } } },
      },
    });
    const cases = await Promise.all(
      rows.map(async (row) => {
        const { development } = row.release;
        const policy = await policyVersion(database, development.policyVersionId);
        const due = after(row.openedAt, msOf(policy, row.admitted === null ? "admission_within" : "ruling_target"));
        return {
          id: row.id,
          proposal: { id: development.proposal.id, title: development.proposal.title },
          openedAt: row.openedAt.toISOString(),
          due: due.toISOString(),
          disputes: row.disputes.length,
          blocking: isBlocking(await weightOf(database, row.id, row.developmentId), row.admitted, policy),
          hasStake: await stakeIn(database, partyId, row.developmentId),
        };
      }),
    );
    return cases.toSorted((a, b) => a.due.localeCompare(b.due));
  }
}

/** Tasks with the development they are about: the vault names payments, refunds, payouts, chargebacks and developments by id. */
const tasks = (tx: Tx, which: Prisma.Sql) => tx.$queryRaw<TaskRow[]>`
  SELECT t.id, t.key, t.kind, t.cause, t.next_step AS "nextStep", t.amount_minor AS amount, t.currency, t.created_at AS "createdAt",
    t.done_at AS "doneAt", t.done_by AS "doneBy", t.note, d.id AS "developmentId", p.id AS "proposalId", p.title
  FROM operator_task t
  LEFT JOIN payout o ON o.id = t.subject_id LEFT JOIN refund r ON r.id = t.subject_id
  LEFT JOIN chargeback c ON c.id = t.subject_id
  LEFT JOIN payment m ON m.id = COALESCE(o.payment_id, r.payment_id, c.payment_id, t.subject_id)
  LEFT JOIN release e ON e.id = t.subject_id
  LEFT JOIN development d ON d.id = COALESCE(m.development_id, e.development_id, t.subject_id)
  LEFT JOIN proposal p ON p.id = d.proposal_id
  WHERE ${which}`;

async function stakesIn(tx: Tx, partyId: string, rows: readonly TaskRow[]): Promise<Set<string>> {
  const found = new Set<string>();
  for (const id of new Set(rows.flatMap((row) => row.developmentId ?? [])))
    if (await stakeIn(tx, partyId, id)) found.add(id);
  return found;
}

const taskView = (task: TaskRow) => ({
  id: task.id,
  kind: task.kind,
  cause: task.cause,
  amount: task.amount === null ? null : moneyView(task.amount, task.currency ?? "USD"),
  nextStep: task.nextStep,
  act: actOf(task.key).act,
  releaseId: actOf(task.key).act === "judge" ? (actOf(task.key).subject.split(":")[0] ?? null) : null,
  createdAt: task.createdAt.toISOString(),
  proposal: task.proposalId === null ? null : { id: task.proposalId, title: task.title! },
});
