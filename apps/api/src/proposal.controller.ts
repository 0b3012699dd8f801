import { Controller, Inject } from "@nestjs/common";
import type { BodyOf, Environment, Stage } from "@freehold/contract";
import { Database } from "@freehold/database";
import { ENVIRONMENT, HowItWorksQueries, ProposalQueries, ProposalService, TimetableQueries } from "@freehold/journey";
import { AnyVisitor, Body, Door, Params, type ParamsOf, Query, Visitor } from "./http/door.ts";
import type { SignedIn } from "./http/session.ts";

@Controller()
export class ProposalController {
  constructor(
    private readonly database: Database,
    private readonly proposals: ProposalService,
    private readonly pages: ProposalQueries,
    private readonly timetable: TimetableQueries,
    private readonly howItWorks: HowItWorksQueries,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
  ) {}

  @Door("front")
  front() {
    return this.timetable.front();
  }

  @Door("proposals")
  list(@Query() query: { stage?: Stage; project?: string; after?: string }) {
    return this.timetable.list(query);
  }

  @Door("project")
  project(@Params() { slug }: ParamsOf<"project">, @Query() { after }: { after?: string }) {
    return this.timetable.project(slug, after);
  }

  @Door("proposal")
  proposal(@Params() { id }: ParamsOf<"proposal">, @AnyVisitor() who: SignedIn | null) {
    return this.pages.page(id, who?.partyId ?? null);
  }

  @Door("howItWorks")
  rules() {
    return this.howItWorks.page();
  }

  @Door("createProposal")
  create(@Visitor() who: SignedIn, @Body() body: BodyOf<"createProposal">) {
    return this.database.transact((tx) => this.proposals.propose(tx, who.partyId, body));
  }

  @Door("closeProposal")
  async close(
    @Visitor() who: SignedIn,
    @Params() { id }: ParamsOf<"closeProposal">,
    @Body() body: BodyOf<"closeProposal">,
  ) {
    await this.database.transact((tx) => this.proposals.close(tx, who.partyId, id, body.reason, body.note));
    return { done: true };
  }

  @Door("widget")
  widget(@Params() { id }: ParamsOf<"widget">) {
    return this.timetable.widget(id, this.environment.PUBLIC_URL);
  }
}
