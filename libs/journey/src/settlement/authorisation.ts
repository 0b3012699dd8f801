import { Injectable } from "@nestjs/common";
import { type Database, now, type Tx } from "@freehold/database";
import { Vault } from "@freehold/escrow";
import type { Report } from "@freehold/forge-verify";
import { after, HOUR_MS, newId } from "@freehold/values";
import { endDeadlines, setDeadline } from "../deadline.ts";
import { heldOf, lockDevelopment } from "../development/development.ts";
import { isBlocking, weightOf } from "../dispute/case.ts";
import { byClock, byVerifier, moveProposal } from "../history/record.ts";
import { isNewDeveloper } from "../party/support.ts";
import { msOf, type Policy } from "../policy.ts";
import { policyVersion } from "../space/policy.ts";
import { ReleaseWatch } from "../verification/release-watch.service.ts";

/** A final check older than this does not authorise anything. */
const FRESH_MS = HOUR_MS;

/** Whether the money may go to the payees, and the one transaction that says so. */
@Injectable()
export class Authorisation {
  constructor(
    private readonly vault: Vault,
    private readonly watch: ReleaseWatch,
  ) {}

  /** Authorised once, in one transaction: final check passed less than an hour ago, no blocking case (DESIGN 3). */
  async authorise(database: Database, developmentId: string): Promise<void> {
    const verification = await database.verification.findFirst({
      where: { release: { developmentId, state: "passed" } },
      orderBy: { opensAt: "desc" },
    });
    if (verification === null || (await database.now()) < verification.endsAt) return;
    const waiting = await database.transact((tx) => this.#waitsFor(tx, developmentId));
    if (waiting !== null) return;
    if (!(await this.hasFreshPass(database, verification.releaseId))) {
      await this.watch.finish(database, developmentId);
      if (!(await this.hasFreshPass(database, verification.releaseId))) return;
    }
    await database.transact((tx) => this.authoriseNow(tx, developmentId, verification.releaseId, byVerifier));
  }

  async hasFreshPass(database: Pick<Database, "verificationReport" | "now">, releaseId: string): Promise<boolean> {
    const last = await database.verificationReport.findFirst({
      where: { releaseId, phase: "final" },
      orderBy: { at: "desc" },
    });
    return last?.verdict === "pass" && (await database.now()).getTime() - last.at.getTime() < FRESH_MS;
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

  /** Writes the authorisation, if it still may be: everything is asked again under the lock. */
  async authoriseNow(tx: Tx, developmentId: string, releaseId: string, by: typeof byVerifier): Promise<void> {
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

  /**
   * GitHub itself is away at this moment, and every earlier look that could be had was a pass. A payee's own knot, their
   * submodules and their file server are their matter.
   */
  async #keptOut(tx: Tx, development: { repositoryId: string }, releaseId: string): Promise<boolean> {
    const { forge } = await tx.repository.findUniqueOrThrow({ where: { id: development.repositoryId } });
    const last = await tx.verificationReport.findFirst({ where: { releaseId }, orderBy: { at: "desc" } });
    const conclusive = await tx.verificationReport.findFirst({
      where: { releaseId, verdict: { in: ["pass", "fail"] } },
      orderBy: { at: "desc" },
    });
    if (forge !== "github" || last?.verdict !== "inconclusive" || conclusive?.verdict !== "pass") return false;
    const { checks } = last.report as unknown as Report;
    return checks.every((check) => check.outcome !== "inconclusive" || askedOfForge.has(check.name));
  }
}

/** The checks that ask the forge itself. */
const askedOfForge: ReadonlySet<string> = new Set(["identity", "public-now", "mirror", "final"]);
