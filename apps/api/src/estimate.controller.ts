import { Controller } from "@nestjs/common";
import type { BodyOf } from "@freehold/contract";
import { Database } from "@freehold/database";
import { EstimateService } from "@freehold/journey";
import { Body, Door, Params, type ParamsOf, Visitor } from "./http/door.ts";
import type { SignedIn } from "./http/session.ts";

@Controller()
export class EstimateController {
  constructor(
    private readonly database: Database,
    private readonly estimates: EstimateService,
  ) {}

  @Door("createEstimate")
  create(
    @Visitor() who: SignedIn,
    @Params() { id }: ParamsOf<"createEstimate">,
    @Body() body: BodyOf<"createEstimate">,
  ) {
    return this.database.transact((tx) => this.estimates.estimate(tx, who.partyId, id, body.amount));
  }

  @Door("withdrawEstimate")
  async withdraw(@Visitor() who: SignedIn, @Params() { id }: ParamsOf<"withdrawEstimate">) {
    await this.database.transact((tx) => this.estimates.withdraw(tx, who.partyId, id));
    return { done: true };
  }
}
