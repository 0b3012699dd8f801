import { Injectable } from "@nestjs/common";
import { Database } from "@freehold/database";
import { type DeadlineKind, type DueDeadline, dueInward, dueOutward, keepDeadline, takeDeadline } from "../deadline.ts";
import { underLease } from "../deadline-lease.ts";
import { DecisionService } from "../decision/decision.service.ts";
import { DevelopmentService } from "../development/development.service.ts";
import { DisputeService } from "../dispute/dispute.service.ts";
import { OutwardWork } from "../outward-work.ts";
import { ReleaseService } from "../release/release.service.ts";
import { ReleaseWatch } from "../verification/release-watch.service.ts";
import { SettlementService } from "./settlement.service.ts";

/** A deadline whose work calls the outside world: done first, marked after. True: kept; false: look again soon. */
type Outward = (subjectId: string) => Promise<boolean>;

/** What is done with a deadline whose work threw; it comes again. */
type OnError = (deadline: DueDeadline, error: unknown) => void;

/** What happens when each kind of deadline comes: the clock's side of the story. */
@Injectable()
export class DeadlineService {
  readonly #outward: Partial<Record<DeadlineKind, Outward>>;

  constructor(
    private readonly database: Database,
    private readonly developments: DevelopmentService,
    private readonly decisions: DecisionService,
    private readonly releases: ReleaseService,
    watch: ReleaseWatch,
    private readonly disputes: DisputeService,
    settlements: SettlementService,
  ) {
    this.#outward = {
      preview_closes: (id) => decisions.closePreview(database, id),
      window_ends: (id) => watch.finish(database, id),
      case_admission: (caseId) => disputes.answerLate(database, caseId, (id) => settlements.advance(database, id)),
      decide_by: (id) => settlements.runOutOfTime(database, id),
    };
  }

  /**
   * Does everything that is due and is finished when it returns: what stays in the database first, oldest first, then what
   * is outward, a few stories at the same time. One that fails does not stop the others; what `onError` throws is thrown
   * at the end. @returns how many were kept
   */
  async sweep(onError: OnError): Promise<number> {
    const thrown: unknown[] = [];
    const work = new OutwardWork((_id, error) => thrown.push(error));
    let kept = await this.#meetAll(await dueInward(this.database, this.#kinds), onError);
    const stories = await this.#outwardByStory();
    await work.beginAll([...stories.keys()], async (id) => {
      const met = await this.#meetAll(stories.get(id) ?? [], onError);
      kept += met;
    });
    await work.finished();
    if (thrown.length > 0) throw thrown[0];
    return kept;
  }

  /**
   * The worker's sweep: begins what is due outward, as far as there is room, without waiting for it, and does what stays
   * in the database. So it can come again at once for what has become due meanwhile, however long a server takes.
   */
  async beginDue(work: OutwardWork, onError: OnError): Promise<void> {
    for (const [id, deadlines] of await this.#outwardByStory()) work.begin(id, () => this.#meetAll(deadlines, onError));
    await this.#meetAll(await dueInward(this.database, this.#kinds), onError);
  }

  get #kinds(): string[] {
    return Object.keys(this.#outward);
  }

  /** The deadlines of one story are met one after another, oldest first: a window ends before its latest day comes. */
  async #outwardByStory(): Promise<Map<string, DueDeadline[]>> {
    const stories = Map.groupBy(await dueOutward(this.database, this.#kinds), (one) => one.developmentId);
    for (const deadlines of stories.values()) deadlines.sort((a, b) => a.dueAt.getTime() - b.dueAt.getTime());
    return stories;
  }

  /** Each is one unit of work. @returns how many were kept */
  async #meetAll(deadlines: readonly DueDeadline[], onError: OnError): Promise<number> {
    let kept = 0;
    for (const deadline of deadlines) {
      try {
        if (await this.#meet(deadline)) kept += 1;
      } catch (error) {
        onError(deadline, error);
      }
    }
    return kept;
  }

  async #meet(deadline: DueDeadline): Promise<boolean> {
    const { id, kind, subjectId } = deadline;
    const outward = this.#outward[kind];
    if (outward !== undefined)
      return underLease(this.database, id, async () => {
        if (!(await outward(subjectId))) return false;
        // The work may have moved the deadline (a cure, an outage): only the one that was met is marked.
        await this.database.$executeRaw`
          UPDATE deadline SET done_at = clock_now() WHERE id = ${id}::uuid AND done_at IS NULL AND due_at <= clock_now()`;
        return true;
      });
    return this.database.transact(async (tx) => {
      if (!(await takeDeadline(tx, id))) return false;
      const kept = await this.#inward(tx, deadline);
      if (kept) await keepDeadline(tx, id);
      return kept;
    });
  }

  async #inward(tx: Parameters<typeof takeDeadline>[0], deadline: DueDeadline): Promise<boolean> {
    switch (deadline.kind) {
      case "reservation_lapses":
        await this.developments.lapse(tx, deadline.subjectId);
        return true;
      case "decision_due":
        await this.decisions.staySilent(tx, deadline.subjectId);
        return true;
      case "release_due":
        return this.releases.runOut(tx, deadline.subjectId, false);
      case "release_total":
        return this.releases.runOut(tx, deadline.subjectId, true);
      case "ruling_takes_effect":
        await this.disputes.takeEffect(tx, deadline.subjectId);
        return true;
      default:
        throw new Error(`no work for the deadline ${deadline.kind}`);
    }
  }
}
