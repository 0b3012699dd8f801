import { Controller, Inject, Res } from "@nestjs/common";
import type { BodyOf, CreateDevelopment, Environment, OpenPreview } from "@freehold/contract";
import { Database } from "@freehold/database";
import { Vault } from "@freehold/escrow";
import { DevelopmentService, ENVIRONMENT, PreviewFiles, PreviewService } from "@freehold/journey";
import type { FastifyReply } from "fastify";
import { Body, Door, Params, type ParamsOf, Visitor } from "./http/door.ts";
import type { SignedIn } from "./http/session.ts";

@Controller()
export class DevelopmentController {
  constructor(
    private readonly database: Database,
    private readonly developments: DevelopmentService,
    private readonly previews: PreviewService,
    private readonly files: PreviewFiles,
    private readonly vault: Vault,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
  ) {}

  @Door("payeeAccount")
  async payeeAccount(@Visitor() who: SignedIn) {
    const { state } = await this.vault.accounts.refresh(who.partyId);
    return { state, checkedAt: state === "none" ? null : (await this.database.now()).toISOString() };
  }

  @Door("onboard")
  async onboard(@Visitor() who: SignedIn, @Body() { returnPath }: BodyOf<"onboard">) {
    return {
      url: await this.vault.accounts.onboardingUrl(who.partyId, who.name, this.environment.PUBLIC_URL + returnPath),
    };
  }

  @Door("createDevelopment")
  async create(
    @Visitor() who: SignedIn,
    @Params() { id }: ParamsOf<"createDevelopment">,
    @Body() body: CreateDevelopment,
  ) {
    const destination = await this.developments.lookUp(body.repository);
    return this.database.transact((tx) => this.developments.reserve(tx, who.partyId, id, body, destination));
  }

  @Door("giveUp")
  async giveUp(@Visitor() who: SignedIn, @Params() { id }: ParamsOf<"giveUp">, @Body() { note }: BodyOf<"giveUp">) {
    await this.database.transact((tx) => this.developments.giveUp(tx, who.partyId, id, note));
    return { done: true };
  }

  @Door("openPreview")
  async openPreview(@Visitor() who: SignedIn, @Params() { id }: ParamsOf<"openPreview">, @Body() body: OpenPreview) {
    const seen = await this.previews.look(this.database, who.partyId, id, body);
    await this.vault.accounts.refresh(who.partyId);
    return this.database.transact((tx) => this.previews.open(tx, who.partyId, id, body, seen));
  }

  /** What a stranger built is handed on as bytes: no browser shows it, runs it or guesses what it is. */
  @Door("previewFile")
  async previewFile(@Params() { id }: ParamsOf<"previewFile">, @Res() reply: FastifyReply) {
    const { name, bytes, stream } = await this.files.file(this.database, id);
    void reply
      .type("application/octet-stream")
      .header("content-disposition", `attachment; filename="${name}"`)
      .header("content-length", bytes)
      .header("content-security-policy", "sandbox; default-src 'none'")
      .header("x-content-type-options", "nosniff")
      .send(stream);
  }
}
