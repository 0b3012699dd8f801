import { Injectable } from "@nestjs/common";
import { type CaseView, type DisputeGround, type PreviewKind, refusal, type Ruling } from "@freehold/contract";
import { Database } from "@freehold/database";
import { after, isId } from "@freehold/values";
import { isBlocking, weightOf } from "../dispute/case.ts";
import { PartyService, peopleById, personById } from "../party/party.service.ts";
import { stakeIn } from "../party/support.ts";
import { msOf } from "../policy.ts";
import { policyVersion } from "../space/policy.ts";
import { outageAsGround } from "../preview/preview-watch.ts";
import { moneyView } from "./money-view.ts";
import { availabilityIn, keptFile, uptimeOf } from "./uptime.view.ts";

/** One case with both sides beside the preview and the release. */
@Injectable()
export class CaseQueries {
  constructor(
    private readonly database: Database,
    private readonly parties: PartyService,
  ) {}

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
    const preview = development.preview!;
    const policy = await policyVersion(database, development.policyVersionId);
    const weight = await weightOf(database, row.id, development.id);
    const people = await peopleById(
      database,
      row.disputes.map((dispute) => dispute.partyId),
    );
    const held = await database.payment.groupBy({
      by: ["payerId"],
      where: { developmentId: development.id, kind: "pledge", state: "held" },
      _sum: { heldMinor: true },
    });
    const heldBy = new Map(held.map((one) => [one.payerId, one._sum.heldMinor ?? 0n]));
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
        id: preview.id,
        kind: preview.kind as PreviewKind,
        url: preview.url,
        kept: keptFile(preview),
        howToReach: preview.howToReach,
        points: preview.points as string[],
        uptime: await uptimeOf(database, preview),
        outage: outageAsGround(await availabilityIn(database, preview.id, row.releaseId), policy),
      },
      release: { branch: row.release.branch, commit: row.release.commit, webUrl: development.repository.webUrl },
      mayRule: staff && !stake && row.ruling === null,
    };
  }
}
