import { Injectable } from "@nestjs/common";
import { type Database, now, type Tx } from "@freehold/database";
import { raiseTask, Vault } from "@freehold/escrow";
import { after, formatMoney, HOUR_MS, MINUTE_MS, newId, usd } from "@freehold/values";
import { endDeadlines, setDeadline } from "../deadline.ts";
import { DecisionService, heldOf } from "../decision/decision.service.ts";
import { Refunding } from "../decision/refunding.ts";
import { lockDevelopment } from "../development/development.ts";
import { isBlocking, weightOf } from "../dispute/case.ts";
import { byClock, byVerifier, byWorker, moveProposal } from "../history/record.ts";
import { concernedWith, notify, proposalPath } from "../notice/notify.ts";
import { isNewDeveloper } from "../party/support.ts";
import { msOf, type Policy } from "../policy.ts";
import { policyVersion } from "../space/policy.ts";
import { VerificationService } from "../verification/verification.service.ts";

/** A final check older than this does not authorise anything. */
const FRESH_MS = HOUR_MS;

/** How soon after a final check that did not pass the next one is made. */
const AGAIN_MS = 5 * MINUTE_MS;

@Injectable()
export class SettlementService {
  constructor(
    private readonly vault: Vault,
    private readonly decisions: DecisionService,
    private readonly verifications: VerificationService,
    private readonly refunding: Refunding,
  ) {}

  /**
   * Brings a development's ending as far as it can go now: authorises it when everything allows it, carries out its items,
   * and finishes it when each is confirmed. Safe to call at any time, by several workers at once.
   */
  async advance(database: Database, developmentId: string): Promise<void> {
    const stage = await stageOf(database, developmentId);
    if (stage === "in_verification") await this.#authorise(database, developmentId);
    const reached = await stageOf(database, developmentId);
    if (reached !== "settling" && reached !== "refunding") return;
    await this.decisions.resolveCheckouts(database, developmentId);
    await database.transact((tx) => this.refunding.refundLatecomers(tx, developmentId));
    for (let settled = 1; settled > 0;) settled = await this.vault.performDue({ developmentId, limit: 100 });
    await database.transact((tx) => this.#finish(tx, developmentId));
  }

  /** Authorised once, in one transaction: final check passed less than an hour ago, no blocking case (DESIGN 3). */
  async #authorise(database: Database, developmentId: string): Promise<void> {
    const verification = await database.verification.findFirst({
      where: { release: { developmentId, state: "passed" } },
      orderBy: { opensAt: "desc" },
    });
    if (verification === null || (await database.now()) < verification.endsAt) return;
    const waiting = await database.transact((tx) => this.#waitsFor(tx, developmentId));
    if (waiting !== null) return;
    if (!(await this.#hasFreshPass(database, verification.releaseId))) {
      if (await this.#lookedJustNow(database, verification.releaseId)) return;
      await this.verifications.finish(database, developmentId);
      if (!(await this.#hasFreshPass(database, verification.releaseId))) return;
    }
    await database.transact((tx) => this.#authoriseNow(tx, developmentId, verification.releaseId, byVerifier));
  }

  async #hasFreshPass(database: Pick<Database, "verificationReport" | "now">, releaseId: string): Promise<boolean> {
    const last = await database.verificationReport.findFirst({
      where: { releaseId, phase: "final" },
      orderBy: { at: "desc" },
    });
    return last?.verdict === "pass" && (await database.now()).getTime() - last.at.getTime() < FRESH_MS;
  }

  /** A check that did not pass is not made again at once: each one is a row for ever. */
  async #lookedJustNow(database: Database, releaseId: string): Promise<boolean> {
    const last = await database.verificationReport.findFirst({
      where: { releaseId, phase: "final" },
      orderBy: { at: "desc" },
    });
    return last !== null && last.verdict !== "pass" && (await database.now()).getTime() - last.at.getTime() < AGAIN_MS;
  }

  /** What a development that has passed still has to wait for: a case, or the age of its youngest charge. */
  async #waitsFor(tx: Tx, developmentId: string): Promise<"case" | "age" | null> {
    const { development } = await lockDevelopment(tx, developmentId);
    const policy = await policyVersion(tx, development.policyVersionId);
    const at = await now(tx);
    const cases = await tx.case.findMany({ where: { developmentId, closedAt: null }, orderBy: { openedAt: "asc" } });
    for (const open of cases) {
      if (open.ruling !== null) return "case";
      if (isBlocking(await weightOf(tx, open.id, developmentId), open.admitted, policy)) return "case";
      // Not blocking, but not answered either: staff have until the latest moment of admission.
      if (at < after(open.openedAt, msOf(policy, "admission_latest"))) return "case";
    }
    const ripeAt = await this.#ripeAt(tx, development, policy);
    if (at >= ripeAt) return null;
    await setDeadline(tx, "window_ends", developmentId, ripeAt);
    return "age";
  }

  /** No transfer is made before its charge is old enough; for a new developer that takes longer. */
  async #ripeAt(tx: Tx, development: { id: string; developerId: string }, policy: Policy): Promise<Date> {
    const [row] = await tx.$queryRaw<{ youngest: Date | null }[]>`
      SELECT max(charged_at) AS youngest FROM payment
      WHERE development_id = ${development.id}::uuid AND kind = 'pledge' AND state = 'held'`;
    if (row?.youngest == null) return new Date(0);
    const isNew = await isNewDeveloper(tx, development.developerId, policy);
    return after(row.youngest, msOf(policy, isNew ? "newcomer_transfer_after" : "transfer_after"));
  }

  async #authoriseNow(tx: Tx, developmentId: string, releaseId: string, by: typeof byVerifier): Promise<void> {
    const { development, proposal } = await lockDevelopment(tx, developmentId);
    if (proposal.stage !== "in_verification") return;
    const at = await now(tx);
    const [last] = await tx.verificationReport.findMany({
      where: { releaseId, phase: "final" },
      orderBy: { at: "desc" },
      take: 1,
    });
    const passed = last?.verdict === "pass" && at.getTime() - last.at.getTime() < FRESH_MS;
    // On the latest day a check that cannot run for a cause not the developer's does not cost them the money (DESIGN 4).
    if (last === undefined || !(passed || (by === byClock && (await this.#keptOut(tx, development, releaseId)))))
      return;
    if (by === byVerifier && (await this.#waitsFor(tx, developmentId)) !== null) return;
    const { sum } = await heldOf(tx, developmentId);
    const cases = await tx.case.findMany({ where: { developmentId, closedAt: null }, include: { disputes: true } });
    if (cases.some((open) => open.ruling === "refund")) return;
    const unanswered = cases.filter((open) => open.ruling === null);
    const disputers = new Set(unanswered.flatMap((open) => open.disputes).map((dispute) => dispute.partyId));
    const held = await tx.payment.findMany({
      where: { developmentId, kind: "pledge", state: "held" },
      select: { id: true, payerId: true },
    });
    const returned = new Set(held.filter((payment) => disputers.has(payment.payerId)).map((payment) => payment.id));
    await tx.case.updateMany({ where: { developmentId, closedAt: null }, data: { closedAt: at } });
    await moveProposal(tx, proposal.id, "authorise_settlement", by, {
      policyVersionId: development.policyVersionId,
      detail: { developmentId, reportId: last.id, digest: last.digest, held: sum.toString() },
    });
    await this.vault.settle(
      tx,
      developmentId,
      development.payees.map((line) => ({ payeeId: line.partyId, basisPoints: line.basisPoints })),
      returned,
    );
    await tx.settlement.create({
      data: { id: newId(), developmentId, kind: "payout", reason: "verified", authorisedAt: at, reportId: last.id },
    });
    await endDeadlines(tx, developmentId, ["window_ends"], at);
  }

  /** GitHub is away at this moment, and every earlier look that could be had was a pass. A payee's own knot is their matter. */
  async #keptOut(tx: Tx, development: { repositoryId: string }, releaseId: string): Promise<boolean> {
    const { forge } = await tx.repository.findUniqueOrThrow({ where: { id: development.repositoryId } });
    const last = await tx.verificationReport.findFirst({ where: { releaseId }, orderBy: { at: "desc" } });
    const conclusive = await tx.verificationReport.findFirst({
      where: { releaseId, verdict: { in: ["pass", "fail"] } },
      orderBy: { at: "desc" },
    });
    return forge === "github" && last?.verdict === "inconclusive" && conclusive?.verdict === "pass";
  }

  /** Every item confirmed: the story ends, as the feature's freedom or as an open wish. */
  async #finish(tx: Tx, developmentId: string): Promise<void> {
    const { development, proposal } = await lockDevelopment(tx, developmentId);
    if (proposal.currentDevelopmentId !== developmentId) return;
    if (proposal.stage !== "settling" && proposal.stage !== "refunding") return;
    const waiting = await tx.payment.count({
      where: {
        developmentId,
        kind: "pledge",
        state: { in: ["opened", "held", "refunding", "settling"] },
        // What is parked has an operator's task of its own and does not keep the story open.
        locked: false,
        refunds: { none: { state: "parked" } },
      },
    });
    if (waiting > 0) return;
    const at = await now(tx);
    await tx.settlement.update({ where: { developmentId }, data: { completedAt: at } });
    await tx.case.updateMany({ where: { developmentId, closedAt: null }, data: { closedAt: at } });
    await endDeadlines(tx, developmentId, ["decide_by"], at);
    const paid = await tx.payment.count({ where: { developmentId, kind: "pledge", state: "paid" } });
    if (proposal.stage === "refunding" || paid === 0) {
      await tx.development.update({ where: { id: developmentId }, data: { endedAt: at } });
      await moveProposal(tx, proposal.id, "finish_refund", byWorker, { detail: { developmentId } });
      await tx.proposal.update({ where: { id: proposal.id }, data: { currentDevelopmentId: null } });
      return;
    }
    await moveProposal(tx, proposal.id, "finish_settlement", byWorker, { detail: { developmentId, paid } });
    await tx.development.update({ where: { id: developmentId }, data: { endedAt: at, ending: "settled" } });
    const [row] = await tx.$queryRaw<{ sum: bigint }[]>`
      SELECT COALESCE(sum(p.amount_minor), 0)::bigint AS sum FROM payout p JOIN payment m ON m.id = p.payment_id
      WHERE m.development_id = ${developmentId}::uuid AND p.state = 'confirmed'`;
    await notify(tx, await concernedWith(tx, proposal.id), {
      key: `development:${developmentId}:settled`,
      kind: "settled",
      sentence: `“${proposal.title}” is free: it belongs to everyone.`,
      path: proposalPath(proposal.id),
    });
    await notify(tx, [development.developerId], {
      key: `development:${developmentId}:paid`,
      kind: "paid",
      sentence: `${formatMoney(usd(row!.sum), { cents: true })} for “${proposal.title}” has been paid out to you.`,
      path: "/money",
    });
  }

  /**
   * The latest day (DESIGN 4, decide by): with no ruling in force, a final check that passes pays, disputed pledges going
   * back; otherwise everything goes back.
   * @returns whether the deadline is kept
   */
  async runOutOfTime(database: Database, developmentId: string): Promise<boolean> {
    const stage = await stageOf(database, developmentId);
    if (stage === "in_verification") {
      const release = await database.release.findFirst({ where: { developmentId, state: "passed" } });
      if (release !== null && !(await this.#hasFreshPass(database, release.id)))
        await this.verifications.finish(database, developmentId);
      if (release !== null) {
        await database.transact((tx) => this.#authoriseNow(tx, developmentId, release.id, byClock));
        if ((await stageOf(database, developmentId)) !== "in_verification") {
          await this.advance(database, developmentId);
          return true;
        }
      }
    }
    return database.transact(async (tx) => {
      const { development, proposal } = await lockDevelopment(tx, developmentId);
      if (proposal.currentDevelopmentId !== developmentId) return true;
      if (proposal.stage === "settling") await this.#stuck(tx, developmentId, proposal.title);
      if (!["in_preview", "in_decision", "releasing", "in_verification"].includes(proposal.stage)) return true;
      await this.refunding.refundEveryone(tx, development, {
        move: "run_out_of_time",
        by: byClock,
        ending: "out_of_time",
        sentence: `The latest day of “${proposal.title}” has come without a release that passed; everything is on its way back.`,
      });
      return true;
    });
  }

  /** Authorised, but a payee cannot be reached on the latest day: a person has to take it from here. */
  async #stuck(tx: Tx, developmentId: string, title: string): Promise<void> {
    await raiseTask(tx, {
      key: `payout_stuck:${developmentId}`,
      kind: "payout_stuck",
      cause: `The latest day of “${title}” has come and a payout is not confirmed.`,
      nextStep: "Find out why the payee cannot be paid; what cannot be paid has to go back to its backers.",
      subjectId: developmentId,
    });
  }

  /** Developments whose ending is not finished, and those that wait after their window; in any order, so that none starves. */
  async unfinished(database: Database): Promise<string[]> {
    const rows = await database.$queryRaw<{ id: string }[]>`
      SELECT d.id FROM development d JOIN proposal p ON p.current_development_id = d.id
      LEFT JOIN verification v ON v.release_id IN (SELECT r.id FROM release r WHERE r.development_id = d.id)
      WHERE p.stage IN ('settling', 'refunding') OR (p.stage = 'in_verification' AND v.ended_at IS NOT NULL)
      ORDER BY random() LIMIT 100`;
    return [...new Set(rows.map((row) => row.id))];
  }
}

async function stageOf(database: Database, developmentId: string): Promise<string> {
  const row = await database.development.findUniqueOrThrow({
    where: { id: developmentId },
    select: { proposal: { select: { stage: true, currentDevelopmentId: true } } },
  });
  return row.proposal.currentDevelopmentId === developmentId ? row.proposal.stage : "ended";
}
