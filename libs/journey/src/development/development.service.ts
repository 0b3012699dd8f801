import { Inject, Injectable } from "@nestjs/common";
import { type CreateDevelopment, refusal } from "@freehold/contract";
import { enqueue, now, type Tx } from "@freehold/database";
import type { ForgeVerifier, RepositoryDescription } from "@freehold/forge-verify";
import { after, newId } from "@freehold/values";
import { endDeadlines, setDeadline } from "../deadline.ts";
import { byClock, lockProposal, moveProposal } from "../history/record.ts";
import { concernedWith, notify, proposalPath } from "../notice/notify.ts";
import { lockParty, personById } from "../party/party.service.ts";
import { rankProposal } from "../proposal/ranking.ts";
import { isNewDeveloper } from "../party/support.ts";
import { msOf, type Policy } from "../policy.ts";
import { policyInForce } from "../space/policy.ts";
import { requireStage } from "../stage.ts";
import { VERIFIER } from "../world.ts";
import { lockDevelopment, requireDeveloper, requireRunning } from "./development.ts";

@Injectable()
export class DevelopmentService {
  constructor(@Inject(VERIFIER) private readonly verifier: ForgeVerifier) {}

  /**
   * The public repository behind an address a person typed. Asks the forge; takes no transaction.
   * Refusals: repository_not_found, repository_not_public, repository_unreachable.
   */
  async lookUp(address: string): Promise<RepositoryDescription> {
    const seen = await this.verifier.resolve(address);
    if (!seen.ok) {
      if (seen.fault === "not_found" || seen.fault === "malformed" || seen.fault === "unsafe_url")
        throw refusal("repository_not_found", "No public GitHub or Tangled repository was found at that address.");
      throw refusal("repository_unreachable");
    }
    if (seen.value.visibility === "private") throw refusal("repository_not_public");
    return seen.value;
  }

  /**
   * 003-15: marks a proposal as in development; the destination is pinned by its stable id. The state of the repository at
   * this moment is recorded by a job, so that old code can never be released as new.
   * Refusals, in this order: proposal_not_found, reserved_by_another, wrong_stage, funding_refused, preview_date_invalid,
   * destination_not_accepted, two_declines, wait_after_lapse, too_many_reservations.
   */
  async reserve(
    tx: Tx,
    partyId: string,
    proposalId: string,
    body: CreateDevelopment,
    destination: RepositoryDescription,
  ): Promise<{ id: string }> {
    const proposal = await lockProposal(tx, proposalId);
    if (proposal === null) throw refusal("proposal_not_found");
    if (proposal.stage === "in_development") throw refusal("reserved_by_another");
    requireStage(proposal.stage, ["open"], "Reserving");
    const { id: policyVersionId, policy } = await policyInForce(tx);
    const at = await now(tx);
    const row = await tx.proposal.findUniqueOrThrow({ where: { id: proposalId }, include: { project: true } });
    if (row.project.fundingState === "refused") throw refusal("funding_refused");
    const expected = new Date(body.expectedPreviewAt);
    if (expected <= at || expected > after(at, msOf(policy, "expected_preview_max")))
      throw refusal("preview_date_invalid");
    await this.#requireDestination(tx, partyId, body.destination, destination);
    await lockParty(tx, partyId);
    await this.#requireFreeHands(tx, partyId, proposalId, policy, at);

    const repository = await tx.repository.upsert({
      where: { forge_stableId: { forge: destination.forge, stableId: destination.stableId } },
      create: {
        id: newId(),
        forge: destination.forge,
        stableId: destination.stableId,
        slug: destination.slug,
        webUrl: destination.webUrl,
        cloneUrl: destination.cloneUrl,
        firstSeen: at,
      },
      update: { slug: destination.slug, webUrl: destination.webUrl, cloneUrl: destination.cloneUrl },
    });
    const id = newId();
    const reservedUntil = after(expected, msOf(policy, "reservation_grace"));
    await tx.development.create({
      data: {
        id,
        proposalId,
        developerId: partyId,
        policyVersionId,
        repositoryId: repository.id,
        destination: body.destination,
        expectedPreviewAt: expected,
        reservedUntil,
        goalMinor: body.goal === undefined ? null : BigInt(body.goal.minor),
        currency: "USD",
        startedAt: at,
      },
    });
    await tx.payeeLine.create({
      data: { id: newId(), developmentId: id, partyId, basisPoints: 10_000, reason: "developer" },
    });
    await tx.proposal.update({ where: { id: proposalId }, data: { currentDevelopmentId: id } });
    // Their own number would tell the others nothing any more.
    await tx.estimate.updateMany({ where: { proposalId, partyId, supersededAt: null }, data: { supersededAt: at } });
    await rankProposal(tx, proposalId, policy);
    await moveProposal(
      tx,
      proposalId,
      "reserve",
      { partyId, as: "developer" },
      { policyVersionId, detail: { developmentId: id } },
    );
    await setDeadline(tx, "reservation_lapses", id, reservedUntil);
    await enqueue(tx, "development.baseline", { developmentId: id });
    const developer = await personById(tx, partyId);
    await notify(tx, await concernedWith(tx, proposalId), {
      key: `development:${id}:started`,
      kind: "development_started",
      sentence: `${developer.name} has started to build “${proposal.title}”.`,
      path: proposalPath(proposalId),
    });
    return { id };
  }

  async #requireDestination(
    tx: Tx,
    partyId: string,
    kind: "own" | "project",
    found: RepositoryDescription,
  ): Promise<void> {
    if (kind === "project")
      throw refusal(
        "destination_not_accepted",
        "Releasing into the project's own repository needs its maintainer's written acceptance. Your own public repository is always possible.",
      );
    if (found.ownerDid === undefined) return;
    const owner = await tx.identity.count({ where: { partyId, value: found.ownerDid, validUntil: null } });
    if (owner === 0) throw refusal("destination_not_accepted", "This repository belongs to somebody else.");
  }

  async #requireFreeHands(tx: Tx, partyId: string, proposalId: string, policy: Policy, at: Date): Promise<void> {
    const before = await tx.development.findMany({
      where: { proposalId, developerId: partyId, endedAt: { not: null } },
      orderBy: { endedAt: "desc" },
      select: { ending: true, endedAt: true },
    });
    if (before.filter((one) => one.ending === "declined" || one.ending === "silent").length >= 2)
      throw refusal("two_declines");
    const [last] = before;
    if (last !== undefined && (last.ending === "lapsed" || last.ending === "given_up")) {
      const waitUntil = after(last.endedAt!, msOf(policy, "wait_after_lapse"));
      const wanted = await tx.development.count({
        where: { proposalId, developerId: { not: partyId }, startedAt: { gt: last.endedAt! } },
      });
      if (at < waitUntil && wanted > 0) throw refusal("wait_after_lapse");
    }
    const running = await tx.development.count({ where: { developerId: partyId, endedAt: null, preview: null } });
    const limit = (await isNewDeveloper(tx, partyId, policy)) ? policy.reservations_newcomer : policy.reservations;
    if (running >= limit)
      throw refusal(
        "too_many_reservations",
        `You may reserve ${limit === 1 ? "one proposal" : `${limit} proposals`} at a time.`,
        { limit },
      );
  }

  /** The developer lets it go; the estimates stay. Refusals: development_not_found, not_developer, wrong_stage. */
  async giveUp(tx: Tx, partyId: string, developmentId: string, note: string): Promise<void> {
    const { development, proposal } = await lockDevelopment(tx, developmentId);
    requireDeveloper(development, partyId);
    requireRunning(development, proposal);
    await moveProposal(tx, development.proposalId, "give_up", { partyId, as: "developer" }, { reason: note });
    await this.#end(tx, development, "given_up", note);
  }

  /** The reservation ran out without a preview: the clock's work. */
  async lapse(tx: Tx, developmentId: string): Promise<void> {
    const { development, proposal } = await lockDevelopment(tx, developmentId);
    if (proposal.stage !== "in_development" || development.endedAt !== null) return;
    await moveProposal(tx, development.proposalId, "lapse", byClock);
    await this.#end(tx, development, "lapsed", null);
  }

  async #end(
    tx: Tx,
    development: { id: string; proposalId: string },
    ending: string,
    note: string | null,
  ): Promise<void> {
    const at = await now(tx);
    await tx.development.update({ where: { id: development.id }, data: { endedAt: at, ending, endingNote: note } });
    await tx.proposal.update({ where: { id: development.proposalId }, data: { currentDevelopmentId: null } });
    await endDeadlines(tx, development.id, ["reservation_lapses"], at);
    await notify(tx, await concernedWith(tx, development.proposalId), {
      key: `development:${development.id}:ended`,
      kind: "development_ended",
      sentence:
        ending === "lapsed"
          ? "A reservation has lapsed; the proposal is open again and your estimate stands."
          : "The developer has given it up; the proposal is open again and your estimate stands.",
      path: proposalPath(development.proposalId),
    });
  }
}
