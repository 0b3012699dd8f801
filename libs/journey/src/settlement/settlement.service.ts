import { Injectable } from "@nestjs/common";
import { type Database, now, type Tx } from "@freehold/database";
import { raiseTask, Vault } from "@freehold/escrow";
import { formatMoney, usd } from "@freehold/values";
import { endDeadlines } from "../deadline.ts";
import { DecisionService } from "../decision/decision.service.ts";
import { Refunding } from "../decision/refunding.ts";
import { lockDevelopment } from "../development/development.ts";
import { byClock, byWorker, moveProposal } from "../history/record.ts";
import { concernedWith, notify, proposalPath } from "../notice/notify.ts";
import { ReleaseWatch } from "../verification/release-watch.service.ts";
import { Authorisation } from "./authorisation.ts";

@Injectable()
export class SettlementService {
  constructor(
    private readonly vault: Vault,
    private readonly decisions: DecisionService,
    private readonly watch: ReleaseWatch,
    private readonly authorisation: Authorisation,
    private readonly refunding: Refunding,
  ) {}

  /**
   * Brings a development's ending as far as it can go now: authorises it when everything allows it, carries out its items,
   * and finishes it when each is confirmed. Safe to call at any time, by several workers at once.
   */
  async advance(database: Database, developmentId: string): Promise<void> {
    const stage = await stageOf(database, developmentId);
    if (stage === "in_verification") await this.authorisation.authorise(database, developmentId);
    const reached = await stageOf(database, developmentId);
    if (reached !== "settling" && reached !== "refunding") return;
    await this.decisions.resolveCheckouts(database, developmentId);
    await this.vault.advance(developmentId);
    for (let settled = 1; settled > 0;) settled = await this.vault.performDue({ developmentId, limit: 100 });
    await database.transact((tx) => this.#finish(tx, developmentId));
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
        // What is parked has an operator's task of its own and does not keep the story open: a pledge that the bank asks
        // about waits for its answer, 71 days at most.
        OR: [
          { state: { in: ["opened", "settling"] } },
          { state: "held", locked: false },
          { state: "refunding", refunds: { none: { state: "parked" } } },
        ],
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
      path: "/payouts",
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
      if (release !== null && !(await this.authorisation.hasFreshPass(database, release.id)))
        // Whatever keeps us from looking, our own disk included: on this day it must not keep the money.
        await this.watch.finish(database, developmentId).catch(() => false);
      if (release !== null) {
        await database.transact((tx) => this.authorisation.authoriseNow(tx, developmentId, release.id, byClock));
        if ((await stageOf(database, developmentId)) !== "in_verification") {
          await this.advance(database, developmentId);
          return true;
        }
      }
    }
    return database.transact(async (tx) => {
      const { development, proposal } = await lockDevelopment(tx, developmentId);
      if (proposal.currentDevelopmentId !== developmentId) return true;
      if (proposal.stage === "settling") return this.#endSettlement(tx, developmentId, proposal.title);
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

  /**
   * The latest day of an authorised settlement: what could not be paid out goes back to its backers. While nobody knows what
   * became of a transfer that is out, the deadline stays and a person is told.
   */
  async #endSettlement(tx: Tx, developmentId: string, title: string): Promise<boolean> {
    const reached = await this.vault.endSettlement(tx, developmentId);
    if (reached !== "unknown") return reached === "ended";
    await raiseTask(tx, {
      key: `payout_stuck:${developmentId}`,
      kind: "payout_stuck",
      cause: `The latest day of “${title}” has come, and the processor has not said yet what became of a payout.`,
      nextStep: "Look the transfer up at the processor. What did not go out goes back to the backers by itself.",
      subjectId: developmentId,
    });
    return false;
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
