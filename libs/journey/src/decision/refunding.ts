import { Injectable } from "@nestjs/common";
import type { Ending, Move } from "@freehold/contract";
import { enqueue, now, type Tx } from "@freehold/database";
import { type RefundKind, Vault } from "@freehold/escrow";
import { newId } from "@freehold/values";
import { endDeadlines } from "../deadline.ts";
import { requireRunning } from "../development/development.ts";
import { type By, lockProposal, moveProposal } from "../history/record.ts";
import { concernedWith, notify, proposalPath } from "../notice/notify.ts";

export interface RefundingCause {
  move: Move;
  by: By;
  ending: Ending;
  /** Said to everybody concerned. */
  sentence: string;
  note?: string | undefined;
}

/** DESIGN 4: the service fee comes back unless the developer decided, or kept silent. */
export const refundKindOf = (ending: string): RefundKind =>
  ending === "declined" || ending === "silent" ? "pledge" : "whole";

/** The one way in which a development ends without payout: everything held goes back, whoever decided it. */
@Injectable()
export class Refunding {
  constructor(private readonly vault: Vault) {}

  /**
   * Plans every refund and leaves the rest to the worker. Checkouts that are still open stop counting at this moment; what
   * is paid on them later goes back whole. Refuses wrong_stage by the table of moves, and for a development that has ended.
   */
  async refundEveryone(tx: Tx, development: { id: string; proposalId: string }, cause: RefundingCause): Promise<void> {
    const at = await now(tx);
    requireRunning(development, (await lockProposal(tx, development.proposalId))!);
    await moveProposal(tx, development.proposalId, cause.move, cause.by, {
      reason: cause.note ?? cause.sentence,
      detail: { developmentId: development.id },
    });
    await this.vault.close(tx, development.id, at);
    await this.vault.refundAll(tx, development.id, refundKindOf(cause.ending), cause.ending);
    await tx.settlement.create({
      data: { id: newId(), developmentId: development.id, kind: "refund", reason: cause.ending, authorisedAt: at },
    });
    await tx.development.update({
      where: { id: development.id },
      data: { ending: cause.ending, endingNote: cause.note ?? null },
    });
    await endDeadlines(
      tx,
      development.id,
      [
        "reservation_lapses",
        "preview_closes",
        "decision_due",
        "release_due",
        "release_total",
        "window_ends",
        "decide_by",
      ],
      at,
    );
    await notify(tx, await concernedWith(tx, development.proposalId), {
      key: `development:${development.id}:refunding`,
      kind: "refunding",
      sentence: cause.sentence,
      path: proposalPath(development.proposalId),
    });
    await enqueue(tx, "settlement.advance", { developmentId: development.id });
  }
}
