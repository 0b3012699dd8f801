import { Controller } from "@nestjs/common";
import type { BodyOf } from "@freehold/contract";
import { Database } from "@freehold/database";
import { CaseQueries, DisputeService } from "@freehold/journey";
import { Body, Door, Params, type ParamsOf, Visitor } from "./http/door.ts";
import type { SignedIn } from "./http/session.ts";

@Controller()
export class DisputeController {
  constructor(
    private readonly database: Database,
    private readonly disputes: DisputeService,
    private readonly cases: CaseQueries,
  ) {}

  @Door("dispute")
  create(@Visitor() who: SignedIn, @Params() { id }: ParamsOf<"dispute">, @Body() body: BodyOf<"dispute">) {
    return this.database.transact((tx) => this.disputes.dispute(tx, who.partyId, id, body));
  }

  @Door("case")
  one(@Visitor() who: SignedIn, @Params() { id }: ParamsOf<"case">) {
    return this.cases.one(id, who.partyId);
  }

  @Door("admitCase")
  async admit(
    @Visitor() who: SignedIn,
    @Params() { id }: ParamsOf<"admitCase">,
    @Body() { admit, reasons }: BodyOf<"admitCase">,
  ) {
    await this.database.transact((tx) => this.disputes.admit(tx, who.partyId, id, admit, reasons));
    return { done: true };
  }

  @Door("ruleCase")
  async rule(
    @Visitor() who: SignedIn,
    @Params() { id }: ParamsOf<"ruleCase">,
    @Body() { ruling, reasons }: BodyOf<"ruleCase">,
  ) {
    await this.database.transact((tx) => this.disputes.rule(tx, who.partyId, id, ruling, reasons));
    return { done: true };
  }

  @Door("stopDevelopment")
  async stop(
    @Visitor() who: SignedIn,
    @Params() { id }: ParamsOf<"stopDevelopment">,
    @Body() { reason }: BodyOf<"stopDevelopment">,
  ) {
    await this.database.transact((tx) => this.disputes.stop(tx, who.partyId, id, reason));
    return { done: true };
  }
}
