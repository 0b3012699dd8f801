import { Inject, Injectable } from "@nestjs/common";
import { type OpenPreview, refusal } from "@freehold/contract";
import { type Database, enqueue, now, type Tx } from "@freehold/database";
import { faultSentence, type ForgeVerifier } from "@freehold/forge-verify";
import { after, DAY_MS, newId, sayMoment } from "@freehold/values";
import { endDeadlines, setDeadline } from "../deadline.ts";
import { lockDevelopment, requireDeveloper, requireRunning } from "../development/development.ts";
import { moveProposal } from "../history/record.ts";
import { concernedWith, notify, proposalPath } from "../notice/notify.ts";
import { policyVersion } from "../space/policy.ts";
import { requireStage } from "../stage.ts";
import { VERIFIER } from "../world.ts";
import { requireBranch, requireSpan } from "./preview.ts";
import { isUp, nextVisit } from "./preview-watch.ts";

/** What a visit just before opening met. */
export interface SeenAtOpening {
  url: string;
  status: number;
  tookMs: number;
}

@Injectable()
export class PreviewService {
  constructor(@Inject(VERIFIER) private readonly verifier: ForgeVerifier) {}

  /**
   * Visits the address of a preview that is about to open; takes no transaction. Only for who may open it: for anybody
   * else nothing is visited, and `open` says why not. Refusals: preview_address_unsafe, preview_not_reachable.
   */
  async look(
    database: Database,
    partyId: string,
    developmentId: string,
    { url, kind }: Pick<OpenPreview, "url" | "kind">,
  ): Promise<SeenAtOpening | null> {
    const development = await database.development.findUnique({
      where: { id: developmentId },
      select: { developerId: true, proposal: { select: { stage: true } } },
    });
    if (development?.developerId !== partyId || development.proposal.stage !== "in_development") return null;
    const answer = await this.verifier.visit(url);
    if (!answer.ok && answer.fault === "unsafe_url")
      throw refusal(
        "preview_address_unsafe",
        "A preview is where the public can reach it: an https address that leads to no private network.",
      );
    if (!answer.ok) throw refusal("preview_not_reachable", `Nothing answers there: ${faultSentence[answer.fault]}.`);
    const { status, tookMs } = answer.value;
    if (!isUp(kind, status))
      throw refusal(
        "preview_not_reachable",
        status === 401 || status === 403
          ? "The address asks for a password. Anybody must be able to open the preview."
          : `We visited the address just now and it answered with status ${status}. The preview has to be up when it opens.`,
      );
    return { url, status, tookMs };
  }

  /**
   * 003-23 to 003-25: the developer opens the preview: where, how to reach it, what it should do, for how long. What it
   * should do, how to reach it, the branch and the payees freeze now. That every payee can be paid was asked just before;
   * so was the address (`look`).
   * Refusals, in this order: development_not_found, not_developer, wrong_stage, baseline_missing, preview_length_invalid,
   * branch_invalid, payee_not_payable, preview_not_reachable.
   */
  async open(
    tx: Tx,
    partyId: string,
    developmentId: string,
    body: OpenPreview,
    seen: SeenAtOpening | null,
  ): Promise<{ id: string }> {
    const { development, proposal } = await lockDevelopment(tx, developmentId);
    requireDeveloper(development, partyId);
    requireStage(proposal.stage, ["in_development"], "Opening a preview");
    requireRunning(development, proposal);
    if (development.baselineTakenAt === null)
      throw refusal(
        "baseline_missing",
        "We have not recorded the repository's state at the start yet; this happens by itself within minutes.",
      );
    const policy = await policyVersion(tx, development.policyVersionId);
    requireSpan(policy, body.days, body.windowDays);
    requireBranch(body.branch);
    for (const line of development.payees) {
      const account = await tx.payoutAccount.findUnique({ where: { partyId: line.partyId } });
      if (account?.state !== "payable")
        throw refusal("payee_not_payable", "Set up how you are paid first; then open the preview.");
    }
    if (seen?.url !== body.url) throw refusal("preview_not_reachable");
    const at = await now(tx);
    const id = newId();
    const closesAt = after(at, body.days * DAY_MS);
    await tx.preview.create({
      data: {
        id,
        developmentId,
        kind: body.kind,
        url: body.url,
        howToReach: body.howToReach,
        points: body.points,
        openedAt: at,
        closesAt,
        windowDays: body.windowDays,
        commitment: body.commitment ?? null,
        nextVisitAt: nextVisit(at, true, false, closesAt, Math.random()),
      },
    });
    const { status, tookMs } = seen;
    await tx.previewVisit.create({ data: { id: newId(), previewId: id, at, up: true, status, tookMs } });
    if (body.kind === "download") await enqueue(tx, "preview.keep", { previewId: id });
    await tx.development.update({ where: { id: developmentId }, data: { branch: body.branch } });
    await tx.payeeLine.updateMany({ where: { developmentId }, data: { frozenAt: at } });
    await moveProposal(
      tx,
      proposal.id,
      "open_preview",
      { partyId, as: "developer" },
      {
        policyVersionId: development.policyVersionId,
        detail: { developmentId, closesAt: closesAt.toISOString() },
      },
    );
    await endDeadlines(tx, developmentId, ["reservation_lapses"], at);
    await setDeadline(tx, "preview_closes", developmentId, closesAt);
    await notify(tx, await concernedWith(tx, proposal.id), {
      key: `preview:${id}:opened`,
      kind: "preview_opened",
      sentence: `“${proposal.title}” is ready to try, until ${sayMoment(closesAt)}.`,
      path: proposalPath(proposal.id),
    });
    return { id };
  }
}
