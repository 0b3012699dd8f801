import { Controller } from "@nestjs/common";
import type { BodyOf } from "@freehold/contract";
import { Database } from "@freehold/database";
import { DecisionService, ReleaseService, VerificationService } from "@freehold/journey";
import { Body, Door, Params, type ParamsOf, Visitor } from "./http/door.ts";
import type { SignedIn } from "./http/session.ts";

/** The developer's decision, the release, and the backers' word for it. */
@Controller()
export class ReleaseController {
  constructor(
    private readonly database: Database,
    private readonly decisions: DecisionService,
    private readonly releases: ReleaseService,
    private readonly verifications: VerificationService,
  ) {}

  @Door("decide")
  async decide(
    @Visitor() who: SignedIn,
    @Params() { id }: ParamsOf<"decide">,
    @Body() { kind, note }: BodyOf<"decide">,
  ) {
    await this.database.transact((tx) =>
      kind === "decline"
        ? this.decisions.decline(tx, who.partyId, id, note)
        : this.decisions.chooseRelease(tx, who.partyId, id, note),
    );
    return { done: true };
  }

  @Door("submitRelease")
  submit(@Visitor() who: SignedIn, @Params() { id }: ParamsOf<"submitRelease">, @Body() body: BodyOf<"submitRelease">) {
    return this.database.transact((tx) => this.releases.submit(tx, who.partyId, id, body));
  }

  @Door("confirm")
  async confirm(@Visitor() who: SignedIn, @Params() { id }: ParamsOf<"confirm">) {
    await this.database.transact((tx) => this.verifications.confirm(tx, who.partyId, id));
    return { done: true };
  }
}
