import { Injectable } from "@nestjs/common";
import { type CaseView, type DisputeGround, refusal, type Ruling, type StaffQueue } from "@freehold/contract";
import { Database } from "@freehold/database";
import { after, isId } from "@freehold/values";
import { isBlocking, weightOf } from "../dispute/case.ts";
import { PartyService, peopleById, personById } from "../party/party.service.ts";
import { stakeIn } from "../party/support.ts";
import { msOf } from "../policy.ts";
import { policyVersion } from "../space/policy.ts";
import { requireStaff } from "../space/staff.ts";
import { moneyView } from "./money-view.ts";

/** What staff have to do, and one case with both sides beside the preview and the release. */
@Injectable()
export class CaseQueries {
  constructor(
    private readonly database: Database,
    private readonly parties: PartyService,
  ) {}

  /** Refuses not_staff. The nearest deadline first. */
  async queue(partyId: string): Promise<StaffQueue> {
    const database = this.database;
    await requireStaff(database, partyId);
    const cases = await database.case.findMany({
      where: { ruling: null, closedAt: null },
      orderBy: { openedAt: "asc" },
      take: 50,
      include: {
        disputes: { select: { id: true } },
        release: { include: { development: { include: { proposal: true } } } },
      },
    });
    const tasks = await database.operatorTask.findMany({
      where: { doneAt: null },
      orderBy: { createdAt: "asc" },
      take: 100,
    });
    return {
      cases: await Promise.all(
        cases.map(async (row) => {
          const policy = await policyVersion(database, row.release.development.policyVersionId);
          const due = after(row.openedAt, msOf(policy, row.admitted === null ? "admission_within" : "ruling_target"));
          return {
            id: row.id,
            proposal: { id: row.release.development.proposal.id, title: row.release.development.proposal.title },
            openedAt: row.openedAt.toISOString(),
            due: due.toISOString(),
            disputes: row.disputes.length,
            blocking: isBlocking(await weightOf(database, row.id, row.developmentId), row.admitted, policy),
            hasStake: await stakeIn(database, partyId, row.developmentId),
          };
        }),
      ),
      tasks: tasks.map((task) => ({
        id: task.id,
        kind: task.kind,
        cause: task.cause,
        amount: task.amountMinor === null ? null : moneyView(task.amountMinor),
        nextStep: task.nextStep,
        createdAt: task.createdAt.toISOString(),
      })),
    };
  }

  /** A case, for staff and for those it concerns. Refuses case_not_found, also to everybody else. */
  async one(caseId: string, viewerId: string): Promise<CaseView> {
    const database = this.database;
    const row = isId(caseId)
      ? await database.case.findUnique({
          where: { id: caseId },
          include: {
            disputes: { orderBy: { at: "asc" } },
            panels: { include: { findings: { orderBy: { at: "desc" } } } },
            release: { include: { development: { include: { proposal: true, preview: true, repository: true } } } },
          },
        })
      : null;
    if (row === null) throw refusal("case_not_found");
    const { development } = row.release;
    const staff = await this.parties.isStaff(database, viewerId);
    const stake = await stakeIn(database, viewerId, development.id);
    if (!staff && !stake) throw refusal("case_not_found");
    const policy = await policyVersion(database, development.policyVersionId);
    const weight = await weightOf(database, row.id, development.id);
    const people = await peopleById(
      database,
      row.disputes.map((dispute) => dispute.partyId),
    );
    const held = await database.payment.groupBy({
      by: ["payerId"],
      where: { developmentId: development.id, kind: "pledge", state: "held" },
      _sum: { amountMinor: true },
    });
    const heldBy = new Map(held.map((one) => [one.payerId, one._sum.amountMinor ?? 0n]));
    const finding = row.panels.flatMap((panel) => panel.findings).find((one) => one.ruling === row.ruling);
    return {
      id: row.id,
      proposal: { id: development.proposal.id, title: development.proposal.title },
      developer: await personById(database, development.developerId),
      openedAt: row.openedAt.toISOString(),
      admitBy: after(row.openedAt, msOf(policy, "admission_within")).toISOString(),
      ruleBy: after(row.openedAt, msOf(policy, "ruling_target")).toISOString(),
      blocking: row.closedAt === null && isBlocking(weight, row.admitted, policy),
      admitted: row.admitted,
      state: row.ruling === null ? "open" : "ruled",
      held: moneyView(weight.held),
      disputedHeld: moneyView(weight.disputed),
      disputes: row.disputes.map((dispute) => ({
        // Who disputes, and with how much, is for staff and for themselves.
        person: staff || dispute.partyId === viewerId ? people.get(dispute.partyId)! : null,
        ground: dispute.ground as DisputeGround,
        statement: dispute.statement,
        at: dispute.at.toISOString(),
        held: staff || dispute.partyId === viewerId ? moneyView(heldBy.get(dispute.partyId) ?? 0n) : null,
      })),
      ruling: row.ruling as Ruling | null,
      reasons: row.reasons,
      ruledBy: finding === undefined ? null : await personById(database, finding.partyId),
      ruledAt: row.ruledAt?.toISOString() ?? null,
      takesEffectAt: row.takesEffectAt?.toISOString() ?? null,
      preview: {
        url: development.preview!.url,
        howToReach: development.preview!.howToReach,
        points: development.preview!.points as string[],
      },
      release: { branch: row.release.branch, commit: row.release.commit, webUrl: development.repository.webUrl },
      mayRule: staff && !stake && row.ruling === null,
    };
  }
}
