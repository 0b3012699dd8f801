import { Inject, Injectable } from "@nestjs/common";
import { type Database, enqueue, now, type Tx } from "@freehold/database";
import type { ForgeVerifier, Report } from "@freehold/forge-verify";
import { after, later, MINUTE_MS } from "@freehold/values";
import { setDeadline } from "../deadline.ts";
import { Refunding } from "../decision/refunding.ts";
import { lockDevelopment } from "../development/development.ts";
import { byVerifier } from "../history/record.ts";
import { askAPerson, Reports, whyOf } from "../release/report.ts";
import { releaseToVerify } from "../release/what-to-verify.ts";
import { msOf } from "../policy.ts";
import { policyVersion } from "../space/policy.ts";
import { VERIFIER } from "../world.ts";
import { lookedAt, type Looked, type Seen } from "./watch.ts";
import { tellOfLook } from "./watch-notices.ts";
import { lastWholeLook, previousLook, rowOf, termsOf, watchOf, windowSeen } from "./watch-rows.ts";

/** How long a worker has for one look, in story time, before another may make it. */
const CLAIM_MINUTES = 15;

/** How soon after a final check that did not pass the next one is made. */
const AGAIN_MS = 5 * MINUTE_MS;

/** Watches over every release while its window is open, and makes the final check at its end. */
@Injectable()
export class ReleaseWatch {
  constructor(
    private readonly refunding: Refunding,
    private readonly reports: Reports,
    @Inject(VERIFIER) private readonly verifier: ForgeVerifier,
  ) {}

  /**
   * Takes up to 50 looks that are due, for this worker alone. It goes on after the window's end, until the settlement is
   * authorised: that can be days later, and the code has to be there then. @returns the releases to look at */
  async claimDue(database: Database): Promise<string[]> {
    const rows = await database.$queryRaw<{ id: string }[]>`
      UPDATE verification SET next_look_at = clock_now() + ${CLAIM_MINUTES} * interval '1 minute'
      WHERE id IN (
        SELECT v.id FROM verification v
        JOIN release r ON r.id = v.release_id JOIN development d ON d.id = r.development_id
        JOIN proposal p ON p.id = d.proposal_id AND p.current_development_id = d.id AND p.stage = 'in_verification'
        WHERE v.next_look_at <= clock_now()
        ORDER BY v.next_look_at LIMIT 50 FOR UPDATE OF v SKIP LOCKED)
      RETURNING release_id AS id`;
    return rows.map((row) => row.id);
  }

  /** Looks again while the window is open, keeps what was seen, and does what follows from it. */
  async recheck(database: Database, releaseId: string): Promise<void> {
    const input = await releaseToVerify(database, releaseId, "recheck");
    if (input === null || input.state !== "passed") return;
    const verification = await database.verification.findUnique({ where: { releaseId } });
    // What was found wanting is not made good by a glance.
    const since = verification?.suspendedAt == null ? await lastWholeLook(database, releaseId) : null;
    const report = since
      ? await this.verifier.recheck(input.release, since)
      : await this.verifier.verifyRelease(input.release);
    await database.transact((tx) => this.#take(tx, releaseId, report));
  }

  /**
   * The window has ended: the final, fresh check, unless payment is suspended; then that is looked at first. A pass is what
   * a settlement needs; anything else is taken like every other look.
   * @returns whether the deadline is kept; false means: look again soon
   */
  async finish(database: Database, developmentId: string): Promise<boolean> {
    const found = await database.release.findFirst({
      where: { developmentId, state: "passed", development: { proposal: { stage: "in_verification" } } },
      include: { verification: true },
    });
    const verification = found?.verification ?? null;
    if (found === null || verification === null) return true;
    const at = await database.now();
    if (at < verification.endsAt) return true;
    if (await this.#lookedJustNow(database, found.id, at)) return false;
    if (verification.suspendedAt !== null) {
      if (verification.nextLookAt === null || verification.nextLookAt <= at) await this.recheck(database, found.id);
      const now = await database.verification.findUniqueOrThrow({ where: { id: verification.id } });
      if (now.suspendedAt !== null) {
        const due = later(now.nextLookAt ?? at, after(at, MINUTE_MS));
        await database.transact((tx) => setDeadline(tx, "window_ends", developmentId, due));
        return true;
      }
      // Made good, and no window is left to wait for: the final check is due now.
      if (now.endsAt > (await database.now())) return true;
    }
    const input = await releaseToVerify(database, found.id, "final");
    if (input === null) return false;
    const window = await windowSeen(database, found.id, at);
    const report = await this.verifier.verifyRelease({ ...input.release, window });
    return database.transact((tx) => this.#take(tx, found.id, report));
  }

  /** A final check that did not pass is not made again at once: each one is a row for ever. */
  async #lookedJustNow(database: Database, releaseId: string, at: Date): Promise<boolean> {
    const last = await database.verificationReport.findFirst({
      where: { releaseId, phase: "final" },
      orderBy: { at: "desc" },
      select: { at: true, verdict: true },
    });
    return last !== null && last.verdict !== "pass" && at.getTime() - last.at.getTime() < AGAIN_MS;
  }

  /** @returns whether the deadline of the window is kept, or moved to where it belongs */
  async #take(tx: Tx, releaseId: string, report: Report): Promise<boolean> {
    const { developmentId } = await tx.release.findUniqueOrThrow({ where: { id: releaseId } });
    const { development, proposal } = await lockDevelopment(tx, developmentId);
    if (proposal.stage !== "in_verification" || proposal.currentDevelopmentId !== developmentId) return true;
    const verification = await tx.verification.findUniqueOrThrow({ where: { releaseId } });
    const at = await now(tx);
    const isFinal = report.policy.phase === "final";
    if (isFinal && at < verification.endsAt) return true;
    const previous = await previousLook(tx, releaseId);
    if ((await this.#overtaken(tx, releaseId, report)) || (isFinal && verification.suspendedAt !== null)) {
      await tx.verification.update({ where: { releaseId }, data: { nextLookAt: at } });
      return false;
    }
    await this.reports.keep(tx, releaseId, report, at);
    const { verdict } = report;
    const policy = await policyVersion(tx, development.policyVersionId);
    if (isFinal && verdict.kind === "pass") {
      const nextLookAt = after(at, msOf(policy, "look_every"));
      await tx.verification.update({ where: { releaseId }, data: { endedAt: at, lastGoodAt: at, nextLookAt } });
      await enqueue(tx, "settlement.advance", { developmentId });
      return true;
    }
    const looked = lookedAt(
      watchOf(verification),
      seenIn(report),
      { at, jitter: Math.random(), ...previous },
      termsOf(policy, development),
    );
    // A final check that passed is worth nothing once another look says otherwise, or the window is open again.
    const over = verdict.kind === "fail" || looked.watch.endsAt > at ? { endedAt: null } : {};
    await tx.verification.update({ where: { releaseId }, data: { ...rowOf(looked), ...over } });
    if (verdict.kind === "needs_human") await askAPerson(tx, releaseId, proposal.title, report, verdict.reason, at);
    if (looked.became.includes("over_cap"))
      await askAPerson(tx, releaseId, proposal.title, report, "outage_over_cap", at);
    await this.#follow(tx, { developmentId, releaseId, proposal, looked, report, at });
    return isFinal ? verdict.kind === "fail" : true;
  }

  /** Whether somebody has seen the opposite since this look began: what it saw is over. */
  async #overtaken(tx: Tx, releaseId: string, report: Report): Promise<boolean> {
    const opposite = report.verdict.kind === "pass" ? "fail" : "pass";
    const since = { releaseId, verdict: opposite, at: { gt: new Date(report.at) } };
    return (await tx.verificationReport.count({ where: since })) > 0;
  }

  async #follow(
    tx: Tx,
    {
      developmentId,
      releaseId,
      proposal,
      looked,
      report,
      at,
    }: {
      developmentId: string;
      releaseId: string;
      proposal: { id: string; title: string };
      looked: Looked;
      report: Report;
      at: Date;
    },
  ): Promise<void> {
    const { watch, became, nextLookAt } = looked;
    if (became.includes("lost")) {
      await this.refunding.refundEveryone(
        tx,
        { id: developmentId, proposalId: proposal.id },
        {
          move: "fail_verification",
          by: byVerifier,
          ending: "release_failed",
          sentence: `“${proposal.title}” no longer passes the checks: ${whyOf(report)} Everything is on its way back.`,
          note: whyOf(report),
        },
      );
      return;
    }
    // While payment is suspended past the end, what is waited for is the next look.
    const due = watch.suspended !== null && at >= watch.endsAt ? later(watch.endsAt, nextLookAt) : watch.endsAt;
    const changed = became.some((what) => what !== "over_cap" && what !== "cure_begun");
    if (changed || due > at) await setDeadline(tx, "window_ends", developmentId, due);
    await tellOfLook(tx, { developmentId, releaseId, proposal, looked, why: whyOf(report), at });
  }
}

function seenIn({ verdict, ...report }: Report): Seen {
  switch (verdict.kind) {
    case "pass":
      return { kind: "good" };
    case "fail":
      return {
        kind: "bad",
        code: verdict.code,
        sentence: whyOf({ verdict, ...report }),
        curable: verdict.cure !== null,
      };
    case "inconclusive":
      return { kind: "unclear", retryAt: new Date(verdict.retryAt) };
    case "needs_human":
      return { kind: "unclear", retryAt: null };
  }
}
