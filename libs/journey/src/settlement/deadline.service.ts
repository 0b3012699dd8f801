import { Injectable } from "@nestjs/common";
import { Database } from "@freehold/database";
import {
  type DeadlineKind,
  type DueDeadline,
  dueDeadlines,
  keepDeadline,
  leaseDeadline,
  takeDeadline,
} from "../deadline.ts";
import { DecisionService } from "../decision/decision.service.ts";
import { DevelopmentService } from "../development/development.service.ts";
import { DisputeService } from "../dispute/dispute.service.ts";
import { ReleaseService } from "../release/release.service.ts";
import { ReleaseWatch } from "../verification/release-watch.service.ts";
import { SettlementService } from "./settlement.service.ts";

/** How long a worker has for the outward work of one deadline, and how soon work that is not done comes again. */
const LEASE_MS = 20_000;

/** A deadline whose work calls the outside world: done first, marked after. True: kept; false: look again soon. */
type Outward = (subjectId: string) => Promise<boolean>;

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

  /** Does what is due, oldest first. Each deadline is one unit of work; one that fails does not stop the others. */
  async sweep(onError: (deadline: DueDeadline, error: unknown) => void): Promise<number> {
    let kept = 0;
    for (const deadline of await dueDeadlines(this.database)) {
      try {
        if (await this.#meet(deadline)) kept += 1;
      } catch (error) {
        onError(deadline, error);
      }
    }
    return kept;
  }

  async #meet(deadline: DueDeadline): Promise<boolean> {
    const outward = this.#outward[deadline.kind];
    if (outward !== undefined) {
      if (!(await leaseDeadline(this.database, deadline.id, LEASE_MS))) return false;
      if (!(await outward(deadline.subjectId))) return false;
      // The work may have moved the deadline (a cure, an outage): only the one that was met is marked.
      await this.database.$executeRaw`
        UPDATE deadline SET done_at = clock_now()
        WHERE id = ${deadline.id}::uuid AND done_at IS NULL AND due_at <= clock_now()`;
      return true;
    }
    return this.database.transact(async (tx) => {
      if (!(await takeDeadline(tx, deadline.id))) return false;
      const kept = await this.#inward(tx, deadline);
      if (kept) await keepDeadline(tx, deadline.id);
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
