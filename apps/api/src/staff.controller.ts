import { Controller } from "@nestjs/common";
import type { BodyOf } from "@freehold/contract";
import { Database } from "@freehold/database";
import { OperatorTaskService, StaffQueueQueries } from "@freehold/journey";
import { Body, Door, Params, type ParamsOf, Query, Visitor } from "./http/door.ts";
import type { SignedIn } from "./http/session.ts";

/** What staff have to do, and that they did it. */
@Controller()
export class StaffController {
  constructor(
    private readonly database: Database,
    private readonly queues: StaffQueueQueries,
    private readonly tasks: OperatorTaskService,
  ) {}

  @Door("staffQueue")
  queue(@Visitor() who: SignedIn, @Query() { after }: { after?: string }) {
    return this.queues.queue(who.partyId, after);
  }

  @Door("completeTask")
  async complete(
    @Visitor() who: SignedIn,
    @Params() { id }: ParamsOf<"completeTask">,
    @Body() answer: BodyOf<"completeTask">,
  ) {
    await this.database.transact((tx) => this.tasks.complete(tx, who.partyId, id, answer));
    return { done: true };
  }
}
