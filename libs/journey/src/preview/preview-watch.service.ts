import { Inject, Injectable } from "@nestjs/common";
import type { Environment, PreviewKind } from "@freehold/contract";
import { type Database, enqueue, now, type Tx } from "@freehold/database";
import { EvidenceStore, type Fault, faultSentence, type ForgeVerifier } from "@freehold/forge-verify";
import { after, DAY_MS, HOUR_MS, newId, sayMoment } from "@freehold/values";
import { setDeadline } from "../deadline.ts";
import { lockDevelopment } from "../development/development.ts";
import { byClock, record } from "../history/record.ts";
import { backersOf, notify, proposalPath } from "../notice/notify.ts";
import { policyVersion } from "../space/policy.ts";
import { ENVIRONMENT, VERIFIER } from "../world.ts";
import { inHours, isUp, movedEnd, nextVisit, type Standing, watchedStages } from "./preview-watch.ts";
import { standingNow } from "./preview-visits.ts";

/** Visited at the same time, and rounds of that in one run. */
const AT_ONCE = 8;
const ROUNDS = 6;

/** Whether we see anything at all is asked of these; what faults leave it open whose fault they are. */
const unclear: ReadonlySet<Fault> = new Set(["dns", "timeout", "server_error"]);

interface Claimed {
  id: string;
  developmentId: string;
  kind: PreviewKind;
  url: string;
  keptSha256: string | null;
  watched: boolean;
}

interface Found {
  up: boolean;
  status: number | null;
  tookMs: number | null;
  fault: Fault | null;
}

/** 003-43: looks at every preview from its opening until its settlement is authorised, and acts on outages (DESIGN 4). */
@Injectable()
export class PreviewWatch {
  constructor(
    @Inject(VERIFIER) private readonly verifier: ForgeVerifier,
    private readonly evidence: EvidenceStore,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
  ) {}

  /** Visits what is due, so many at a time; several workers may do this at once. @returns how many were visited */
  async visitDue(database: Database): Promise<number> {
    let visited = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const claimed = await this.#claim(database);
      const sight = this.#sight();
      const done = await Promise.allSettled(
        claimed.filter((one) => one.watched).map((one) => this.#visit(database, one, sight)),
      );
      visited += done.length;
      // What could not be written down is met again when its claim runs out.
      const failed = done.find((one) => one.status === "rejected");
      if (failed !== undefined) throw failed.reason;
      if (claimed.length < AT_ONCE) break;
    }
    return visited;
  }

  /** Takes previews for two minutes, so that nobody else visits them; what needs no watch any more leaves the list. */
  #claim(database: Database): Promise<Claimed[]> {
    return database.$queryRaw<Claimed[]>`
      WITH due AS (
        SELECT v.id, p.current_development_id = v.development_id
          AND p.stage = ANY(${[...watchedStages]}) AS watched
        FROM preview v JOIN development d ON d.id = v.development_id JOIN proposal p ON p.id = d.proposal_id
        WHERE v.next_visit_at <= clock_now() ORDER BY v.next_visit_at LIMIT ${AT_ONCE} FOR UPDATE OF v SKIP LOCKED)
      UPDATE preview SET next_visit_at = CASE WHEN due.watched THEN clock_now() + interval '2 minutes' END
      FROM due WHERE preview.id = due.id
      RETURNING preview.id, development_id AS "developmentId", kind, url, kept_sha256 AS "keptSha256",
        COALESCE(due.watched, false) AS watched`;
  }

  async #visit(database: Database, claimed: Claimed, canSee: () => Promise<boolean>): Promise<void> {
    const found = await this.#look(claimed, canSee);
    await database.transact((tx) => (found === null ? this.#unseen(tx, claimed) : this.#record(tx, claimed, found)));
  }

  /** @returns null when it cannot be said, because we ourselves see nothing */
  async #look({ kind, url, keptSha256 }: Claimed, canSee: () => Promise<boolean>): Promise<Found | null> {
    // A build that we keep is as available as we are.
    if (kind === "download" && keptSha256 !== null)
      return (await this.evidence.has(keptSha256)) ? { up: true, status: null, tookMs: null, fault: null } : null;
    const answer = await this.verifier.visit(url);
    if (answer.ok) {
      const { status, tookMs } = answer.value;
      return { up: isUp(kind, status), status, tookMs, fault: null };
    }
    if (unclear.has(answer.fault) && !(await canSee())) return null;
    return { up: false, status: null, tookMs: null, fault: answer.fault };
  }

  /** Whether somebody known answers us, asked at most once in a round: if nobody does, the outage is ours. */
  #sight(): () => Promise<boolean> {
    let asked: Promise<boolean> | undefined;
    const ask = async () => {
      const known = [this.environment.GITHUB_URL, this.environment.PLC_URL];
      const answers = await Promise.all(known.map((url) => this.verifier.visit(url)));
      return answers.some((answer) => answer.ok);
    };
    return () => (asked ??= ask());
  }

  async #unseen(tx: Tx, { id }: Claimed): Promise<void> {
    const next = nextVisit(await now(tx), false, false, null, Math.random());
    await tx.preview.updateMany({ where: { id, nextVisitAt: { not: null } }, data: { nextVisitAt: next } });
  }

  async #record(tx: Tx, claimed: Claimed, found: Found): Promise<void> {
    const { development, proposal } = await lockDevelopment(tx, claimed.developmentId);
    const preview = development.preview!;
    const at = await now(tx);
    const before = await tx.previewVisit.findFirst({ where: { previewId: preview.id }, orderBy: { at: "desc" } });
    await tx.previewVisit.create({ data: { id: newId(), previewId: preview.id, at, ...found } });
    if (preview.kind === "download" && preview.keptSha256 === null && isNewHour(before?.at, at, preview.openedAt))
      await enqueue(tx, "preview.keep", { previewId: preview.id });
    const isOpen = proposal.stage === "in_preview" && at < preview.closesAt;
    let { closesAt, movedMs } = { closesAt: preview.closesAt, movedMs: Number(preview.movedMs) };
    let known = false;
    // Up after up changes nothing that an outage could be counted from.
    if (!found.up || before?.up === false) {
      const policy = await policyVersion(tx, development.policyVersionId);
      const standing = await standingNow(tx, preview, at, policy);
      known = standing.current !== null;
      if (isOpen) {
        const span = { ...preview, movedMs, decideBy: development.decideBy };
        ({ closesAt, movedMs } = movedEnd(span, standing.outageMs, policy));
        if (movedMs > Number(preview.movedMs)) await setDeadline(tx, "preview_closes", development.id, closesAt);
        if (found.up && movedMs > 0) await keepMove(tx, development, closesAt, movedMs);
        if (standing.gone) await enqueue(tx, "preview.gone", { developmentId: development.id });
      }
      await tell(tx, development, proposal, { ...found, standing, at, closesAt: isOpen ? closesAt : null });
    }
    const next = nextVisit(at, found.up, known, isOpen ? closesAt : null, Math.random());
    await tx.preview.update({
      where: { id: preview.id },
      // One that ended meanwhile is not watched any more.
      data: { closesAt, movedMs: BigInt(movedMs), nextVisitAt: preview.nextVisitAt === null ? null : next },
    });
  }
}

/** A build is fetched again about once an hour for a day, until we have it. */
const isNewHour = (before: Date | undefined, at: Date, openedAt: Date) =>
  at < after(openedAt, DAY_MS) &&
  Math.floor((before ?? openedAt).getTime() / HOUR_MS) !== Math.floor(at.getTime() / HOUR_MS);

/** The end that an outage leaves behind, written down when it is over. */
async function keepMove(
  tx: Tx,
  development: { id: string; policyVersionId: string; preview: { closesAt: Date } | null },
  closesAt: Date,
  movedMs: number,
): Promise<void> {
  await record(tx, {
    subjectType: "development",
    subjectId: development.id,
    by: byClock,
    move: "move_preview_end",
    from: development.preview!.closesAt.toISOString(),
    to: closesAt.toISOString(),
    reason: `The preview was down; its end has moved by ${inHours(movedMs)} in all.`,
    policyVersionId: development.policyVersionId,
  });
}

/** Tells the developer, once a day, that it is down; and backers once about each outage. */
async function tell(
  tx: Tx,
  development: { id: string; developerId: string; preview: { id: string } | null },
  proposal: { id: string; title: string },
  seen: { standing: Standing; status: number | null; fault: Fault | null; at: Date; closesAt: Date | null },
): Promise<void> {
  const { current, tell: outage } = seen.standing;
  const { id } = development.preview!;
  const path = proposalPath(proposal.id);
  if (current !== null)
    await notify(tx, [development.developerId], {
      key: `preview:${id}:down:${seen.at.toISOString().slice(0, 10)}`,
      kind: "preview_down",
      sentence:
        `The preview of “${proposal.title}” has not answered since ${sayMoment(current.from)} ` +
        `(${seen.status === null ? faultSentence[seen.fault ?? "gap"] : `status ${seen.status}`}). It has to stay up until the payment is authorised.`,
      path,
    });
  if (outage === null || (seen.closesAt === null && outage.because === "in_sum")) return;
  const since = sayMoment(outage.from);
  const [key, what] =
    outage.because === "in_a_row"
      ? [`outage:${outage.from.toISOString()}`, `has been down since ${since}`]
      : ["outage_in_sum", `has been down for ${inHours(seen.standing.downMs)} in all since ${since}`];
  const then =
    seen.closesAt === null
      ? "It has to stay up until the payment is authorised; say so if you dispute the release."
      : `Its end has moved to ${sayMoment(seen.closesAt)}, and moves on while it is down, by three days at most; then everybody is refunded in full.`;
  await notify(tx, [...(await backersOf(tx, development.id)), development.developerId], {
    key: `preview:${id}:${key}`,
    kind: "preview_outage",
    sentence: `The preview of “${proposal.title}” ${what}. ${then}`,
    path,
  });
}
