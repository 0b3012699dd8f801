import { Injectable } from "@nestjs/common";
import { refusal } from "@freehold/contract";
import { type Database, enqueue, now, type Tx } from "@freehold/database";
import { Vault } from "@freehold/escrow";
import { after, earlier, formatMoney, newId, sayMoment, usd } from "@freehold/values";
import { endDeadlines, setDeadline } from "../deadline.ts";
import { heldOf, lockDevelopment, requireDeveloper, requireRunning } from "../development/development.ts";
import { byClock, moveProposal } from "../history/record.ts";
import { backersOf, concernedWith, notify, proposalPath } from "../notice/notify.ts";
import { personById } from "../party/party.service.ts";
import { PledgeService } from "../pledge/pledge.service.ts";
import { msOf } from "../policy.ts";
import { standingNow } from "../preview/preview-visits.ts";
import { policyVersion } from "../space/policy.ts";
import { requireStage } from "../stage.ts";
import { Refunding } from "./refunding.ts";

@Injectable()
export class DecisionService {
  constructor(
    private readonly vault: Vault,
    private readonly pledges: PledgeService,
    private readonly refunding: Refunding,
  ) {}

  /**
   * Closes a preview whose end has come (half-open: a charge made before it counts). Open checkouts are closed at the
   * processor and looked at once more; the total and the developer's time start when none is unresolved.
   * @returns whether it is closed; false means: come back soon
   */
  async closePreview(database: Database, developmentId: string): Promise<boolean> {
    const due = await database.transact(async (tx) => {
      const { development, proposal } = await lockDevelopment(tx, developmentId);
      const { preview } = development;
      if (proposal.stage !== "in_preview" || preview === null || (await now(tx)) < preview.closesAt) return false;
      await this.vault.close(tx, developmentId, preview.closesAt);
      return true;
    });
    if (!due) return true;
    await this.resolveCheckouts(database, developmentId);
    return database.transact((tx) => this.#finishClosing(tx, developmentId));
  }

  /** Closes every open page of a development at the processor and applies what became of it. */
  async resolveCheckouts(database: Database, developmentId: string): Promise<void> {
    for (const paymentId of await this.vault.openCheckouts(developmentId)) {
      try {
        await this.vault.expireCheckout(paymentId);
        const seen = await this.vault.observe(paymentId);
        await database.transact(async (tx) => this.pledges.applyFact(tx, await this.vault.apply(tx, seen)));
      } catch {
        // One page that cannot be closed now holds up its own development's total, not the other payments: it stays open
        // and is met again.
        continue;
      }
    }
  }

  async #finishClosing(tx: Tx, developmentId: string): Promise<boolean> {
    const { development, proposal } = await lockDevelopment(tx, developmentId);
    if (proposal.stage !== "in_preview" || development.preview === null) return true;
    if (await this.vault.hasOpenCheckouts(tx, developmentId)) return false;
    const at = await now(tx);
    await tx.preview.update({ where: { developmentId }, data: { closedAt: development.preview.closesAt } });
    const held = await heldOf(tx, developmentId);
    const developer = await personById(tx, development.developerId);
    if (held.count === 0) {
      await moveProposal(tx, proposal.id, "close_empty", byClock, { detail: { developmentId } });
      // What the bank gives back later has no development any more to be held for.
      await this.vault.refundAll(tx, developmentId, "whole", "nothing_held");
      await tx.development.update({ where: { id: developmentId }, data: { endedAt: at, ending: "nothing_held" } });
      await tx.proposal.update({ where: { id: proposal.id }, data: { currentDevelopmentId: null } });
      await endDeadlines(tx, developmentId, ["decide_by"], at);
      await notify(tx, await concernedWith(tx, proposal.id), {
        key: `development:${developmentId}:empty`,
        kind: "development_ended",
        sentence: `The preview of “${proposal.title}” has closed and nothing is held; the proposal is open again.`,
        path: proposalPath(proposal.id),
      });
      return true;
    }
    const policy = await policyVersion(tx, development.policyVersionId);
    const dueAt = earlier(after(at, msOf(policy, "decision_within")), development.decideBy ?? at);
    await moveProposal(tx, proposal.id, "close_preview", byClock, {
      policyVersionId: development.policyVersionId,
      detail: { developmentId, held: held.sum.toString(), backers: held.count, decideUntil: dueAt.toISOString() },
    });
    await setDeadline(tx, "decision_due", developmentId, dueAt);
    await notify(tx, [development.developerId], {
      key: `development:${developmentId}:decide`,
      kind: "decision_due",
      sentence: `${formatMoney(usd(held.sum))} is held for “${proposal.title}”. Decide by ${sayMoment(dueAt)}; silence declines.`,
      path: proposalPath(proposal.id),
    });
    await notify(tx, await backersOf(tx, developmentId), {
      key: `development:${developmentId}:closed`,
      kind: "preview_closed",
      sentence: `The preview of “${proposal.title}” has closed. ${developer.name} decides by ${sayMoment(dueAt)}.`,
      path: proposalPath(proposal.id),
    });
    return true;
  }

  /**
   * 003-43: a preview that was down for longer than its end may move closes, and everything goes back, the service fee as
   * well: the backers are not to blame. Asked again under the lock; what has changed meanwhile changes nothing here.
   */
  async closeForOutage(tx: Tx, developmentId: string): Promise<void> {
    const { development, proposal } = await lockDevelopment(tx, developmentId);
    const { preview } = development;
    const at = await now(tx);
    if (proposal.stage !== "in_preview" || proposal.currentDevelopmentId !== developmentId) return;
    if (preview === null || at >= preview.closesAt) return;
    const policy = await policyVersion(tx, development.policyVersionId);
    if (!(await standingNow(tx, preview, at, policy)).gone) return;
    await this.refunding.refundEveryone(tx, development, {
      move: "close_for_outage",
      by: byClock,
      ending: "preview_down",
      sentence:
        `The preview of “${proposal.title}” was down for more than ${policy.outage_moves_at_most} hours in all and has closed; ` +
        "everything is on its way back, the service fee as well.",
    });
    await tx.preview.update({ where: { developmentId }, data: { closedAt: at } });
  }

  /**
   * 003-31: "it was not enough". Possible at any time from the preview on, immediate; the developer receives nothing, the
   * pledges go back, the service fees do not. Refusals: development_not_found, not_developer, wrong_stage.
   */
  async decline(tx: Tx, partyId: string, developmentId: string, note: string | undefined): Promise<void> {
    const { development, proposal } = await lockDevelopment(tx, developmentId);
    requireDeveloper(development, partyId);
    const developer = await personById(tx, partyId);
    await this.refunding.refundEveryone(tx, development, {
      move: "decline",
      by: { partyId, as: "developer" },
      ending: await declinedAs(tx, developmentId),
      sentence: `${developer.name} has decided not to release “${proposal.title}”; every pledge is on its way back.`,
      note,
    });
    await this.#keep(tx, developmentId, "decline", partyId, note);
  }

  /**
   * 003-32: the developer decides to release; 72 hours to submit the commit, seven days in all with one cure.
   * Refusals: development_not_found, not_developer, wrong_stage, release_too_late, deadline_does_not_fit.
   */
  async chooseRelease(tx: Tx, partyId: string, developmentId: string, note: string | undefined): Promise<void> {
    const { development, proposal } = await lockDevelopment(tx, developmentId);
    requireDeveloper(development, partyId);
    requireStage(proposal.stage, ["in_decision"], "Choosing to release");
    requireRunning(development, proposal);
    const at = await now(tx);
    const due = await tx.deadline.findUnique({
      where: { kind_subjectId: { kind: "decision_due", subjectId: developmentId } },
    });
    if (due !== null && at >= due.dueAt)
      throw refusal("release_too_late", "The time to decide has passed; silence declines.");
    const policy = await policyVersion(tx, development.policyVersionId);
    const latest = development.decideBy ?? at;
    const total = earlier(after(at, msOf(policy, "release_total")), latest);
    const first = earlier(after(at, msOf(policy, "release_within")), total);
    if (first <= at) throw refusal("deadline_does_not_fit");
    await moveProposal(
      tx,
      proposal.id,
      "choose_release",
      { partyId, as: "developer" },
      {
        reason: note,
        policyVersionId: development.policyVersionId,
        detail: { developmentId, submitUntil: first.toISOString() },
      },
    );
    await this.#keep(tx, developmentId, "release", partyId, note);
    await endDeadlines(tx, developmentId, ["decision_due"], at);
    await enqueue(tx, "release.branch", { developmentId });
    await setDeadline(tx, "release_due", developmentId, first);
    await setDeadline(tx, "release_total", developmentId, total);
    const developer = await personById(tx, partyId);
    await notify(tx, await backersOf(tx, developmentId), {
      key: `development:${developmentId}:releasing`,
      kind: "releasing",
      sentence: `${developer.name} has decided to release “${proposal.title}”.`,
      path: proposalPath(proposal.id),
    });
  }

  /** Seven days without a word decline (DESIGN 3): the clock's work. */
  async staySilent(tx: Tx, developmentId: string): Promise<void> {
    const { development, proposal } = await lockDevelopment(tx, developmentId);
    if (proposal.stage !== "in_decision" || proposal.currentDevelopmentId !== developmentId) return;
    const developer = await personById(tx, development.developerId);
    await this.refunding.refundEveryone(tx, development, {
      move: "stay_silent",
      by: byClock,
      ending: "silent",
      sentence: `${developer.name} did not decide on “${proposal.title}” in time; every pledge is on its way back.`,
    });
    await this.#keep(tx, developmentId, "silence", null, undefined);
  }

  async #keep(
    tx: Tx,
    developmentId: string,
    kind: string,
    partyId: string | null,
    note: string | undefined,
  ): Promise<void> {
    const at = await now(tx);
    const known = await tx.decision.findUnique({ where: { developmentId } });
    if (known === null)
      await tx.decision.create({
        data: { id: newId(), developmentId, kind, partyId, note: note ?? null, at, dueAt: at },
      });
    // A developer who chose to release may still decline: the later word stands, history keeps both.
    else await tx.decision.update({ where: { developmentId }, data: { kind, partyId, note: note ?? null, at } });
    await enqueue(tx, "settlement.advance", { developmentId });
  }
}

/** Who declines after the backers were found right, or after a release failed, does not spare themselves the fee. */
async function declinedAs(tx: Tx, developmentId: string): Promise<"declined" | "ruled_refund" | "release_failed"> {
  if ((await tx.case.count({ where: { developmentId, ruling: "refund" } })) > 0) return "ruled_refund";
  const releases = await tx.release.findMany({ where: { developmentId }, select: { state: true } });
  const failed = releases.some(({ state }) => state === "failed");
  if (failed && !releases.some(({ state }) => state === "passed")) return "release_failed";
  return "declined";
}
