import { Injectable } from "@nestjs/common";
import { type Action, type CloseReason, type ProposalView, refusal, type Stage } from "@freehold/contract";
import { Database, now, type Tx } from "@freehold/database";
import { isId } from "@freehold/values";
import { donatedBy, estimateCap, stakeIn } from "../party/support.ts";
import { PartyService, peopleById, personById } from "../party/party.service.ts";
import { estimateSummary } from "../proposal/ranking.ts";
import { ForgeHintService } from "../release/forge-hint.service.ts";
import { policyInForce } from "../space/policy.ts";
import { developmentView } from "./development.view.ts";
import { moneyView } from "./money-view.ts";
import { actionsFor, whoActs } from "./next-action.ts";

/** The page of a proposal, whole: the story so far, and the one thing this visitor can do next. */
@Injectable()
export class ProposalQueries {
  constructor(
    private readonly database: Database,
    private readonly parties: PartyService,
    private readonly hints: ForgeHintService,
  ) {}

  /** @param viewerId the visitor's party, or null signed out. Refuses proposal_not_found. */
  page(proposalId: string, viewerId: string | null): Promise<ProposalView> {
    return this.database.snapshot((tx) => this.#page(tx, proposalId, viewerId));
  }

  async #page(database: Tx, proposalId: string, viewerId: string | null): Promise<ProposalView> {
    const row = isId(proposalId)
      ? await database.proposal.findUnique({
          where: { id: proposalId },
          include: { project: true, revisions: { orderBy: { number: "desc" }, take: 1 } },
        })
      : null;
    if (row === null) throw refusal("proposal_not_found");
    const { policy } = await policyInForce(database);
    const [revision] = row.revisions;
    const developments = await database.development.findMany({
      where: { proposalId },
      orderBy: { startedAt: "desc" },
      take: 20,
      select: { id: true, developerId: true, ending: true, endedAt: true },
    });
    const currentId = row.currentDevelopmentId;
    const development = currentId === null ? null : await developmentView(database, currentId);
    const people = await peopleById(
      database,
      developments.map((one) => one.developerId),
    );
    const stage = row.stage as Stage;
    const at = await now(database);
    const you =
      viewerId === null
        ? null
        : await this.#you(database, proposalId, viewerId, stage, development, row.proposerId, policy, at);
    const estimates = await estimateSummary(database, proposalId, policy);
    const { next, may } = actionsFor({ stage, development, you, now: at, estimates });
    return {
      id: row.id,
      title: row.title,
      body: revision!.body,
      points: revision!.points as string[],
      revision: revision!.number,
      project: { slug: row.project.slug, name: row.project.name, claimed: row.project.claimedAt !== null },
      proposer: await personById(database, row.proposerId),
      proposedAt: row.createdAt.toISOString(),
      stage,
      stageSince: row.stageSince.toISOString(),
      closed:
        row.closedReason === null ? null : { reason: row.closedReason as CloseReason, note: row.closedNote ?? "" },
      estimates,
      development,
      earlier: developments
        .filter((one) => one.id !== currentId)
        .map((one) => ({
          developer: people.get(one.developerId)!,
          ending: one.ending as ProposalView["earlier"][number]["ending"],
          endedAt: one.endedAt?.toISOString() ?? null,
        })),
      history: await this.#history(database, proposalId),
      you,
      next: next as Action,
      may: [...may],
      ...whoActs(stage, development),
    };
  }

  async #you(
    tx: Tx,
    proposalId: string,
    viewerId: string,
    stage: Stage,
    development: ProposalView["development"],
    proposerId: string,
    policy: Awaited<ReturnType<typeof policyInForce>>["policy"],
    at: Date,
  ): Promise<NonNullable<ProposalView["you"]>> {
    const estimate = await tx.estimate.findFirst({ where: { proposalId, partyId: viewerId, supersededAt: null } });
    const payments =
      development === null
        ? []
        : await tx.payment.findMany({
            where: {
              developmentId: development.id,
              payerId: viewerId,
              kind: "pledge",
              state: { notIn: ["failed", "expired"] },
            },
            orderBy: { id: "desc" },
            take: 20,
          });
    const release = development?.releases.at(-1);
    const open = stage === "in_preview" && development?.preview != null && at < new Date(development.preview.closesAt);
    return {
      estimate: estimate === null ? null : moneyView(estimate.amountMinor),
      estimateCap: moneyView((await estimateCap(tx, viewerId, policy)).minor),
      donated: moneyView(await donatedBy(tx, viewerId, proposalId)),
      pledges: payments.map((payment) => ({
        id: payment.id,
        amount: moneyView(payment.amountMinor),
        state: payment.state,
        canTakeBack: open && (payment.state === "held" || payment.state === "opened"),
      })),
      isDeveloper: development?.developer.id === viewerId,
      isProposer: proposerId === viewerId,
      isStaff: await this.parties.isStaff(tx, viewerId),
      hasStake: development !== null && (await stakeIn(tx, viewerId, development.id)),
      confirmed:
        release !== undefined &&
        (await tx.confirmation.count({ where: { releaseId: release.id, partyId: viewerId } })) > 0,
      disputed:
        release !== undefined && (await tx.dispute.count({ where: { releaseId: release.id, partyId: viewerId } })) > 0,
      webhook: development?.developer.id === viewerId ? await this.#webhook(tx, development.id) : null,
    };
  }

  async #webhook(tx: Tx, developmentId: string) {
    const { repository } = await tx.development.findUniqueOrThrow({
      where: { id: developmentId },
      select: { repository: true },
    });
    return this.hints.webhookFor(repository);
  }

  async #history(tx: Tx, proposalId: string): Promise<ProposalView["history"]> {
    const rows = await tx.history.findMany({
      where: { subjectType: "proposal", subjectId: proposalId },
      orderBy: { sequence: "desc" },
      take: 100,
    });
    const people = await peopleById(
      tx,
      rows.flatMap((row) => (row.actorPartyId === null ? [] : [row.actorPartyId])),
    );
    return rows.map((row) => ({
      at: row.at.toISOString(),
      move: row.move as ProposalView["history"][number]["move"],
      from: row.fromState as Stage | null,
      to: row.toState as Stage,
      who:
        (row.actorPartyId === null ? undefined : people.get(row.actorPartyId)?.name) ??
        machineNames[row.actorKind] ??
        "Freehold",
      why: row.reason,
    }));
  }
}

const machineNames: Readonly<Record<string, string>> = {
  clock: "the clock",
  verifier: "the verifier",
  worker: "Freehold",
};
