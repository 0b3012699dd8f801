import { Controller, Res } from "@nestjs/common";
import type { BodyOf } from "@freehold/contract";
import { Database } from "@freehold/database";
import { EvidenceStore } from "@freehold/forge-verify";
import { DecisionService, ReleaseQueries, ReleaseService, VerificationService } from "@freehold/journey";
import { refusal } from "@freehold/contract";
import type { FastifyReply } from "fastify";
import { Body, Door, Params, type ParamsOf, Query, Visitor } from "./http/door.ts";
import type { SignedIn } from "./http/session.ts";

/** The developer's decision, the release, and the backers' word for it. */
@Controller()
export class ReleaseController {
  constructor(
    private readonly database: Database,
    private readonly decisions: DecisionService,
    private readonly releases: ReleaseService,
    private readonly verifications: VerificationService,
    private readonly pages: ReleaseQueries,
    private readonly store: EvidenceStore,
  ) {}

  @Door("release")
  page(@Params() { id }: ParamsOf<"release">, @Query() { after }: { after?: string }) {
    return this.pages.release(id, after);
  }

  @Door("releaseEvidence")
  async evidence(@Params() { id }: ParamsOf<"releaseEvidence">, @Res() reply: FastifyReply) {
    const evidence = await this.pages.evidence(id);
    void attachment(reply, "application/json; charset=utf-8", `freehold-evidence-${id}.json`).send(
      JSON.stringify(evidence),
    );
  }

  @Door("releaseLook")
  async look(@Params() { id, look }: ParamsOf<"releaseLook">, @Res() reply: FastifyReply) {
    void reply
      .type("application/json; charset=utf-8")
      .header("x-content-type-options", "nosniff")
      .send(JSON.stringify(await this.pages.look(id, look), null, 2));
  }

  @Door("releaseBundle")
  async bundle(@Params() { id }: ParamsOf<"releaseBundle">, @Res() reply: FastifyReply) {
    const { sha256, name } = await this.pages.bundle(id);
    await this.#send(reply, sha256, name);
  }

  @Door("releaseAnswer")
  async answer(@Params() { id, sha256 }: ParamsOf<"releaseAnswer">, @Res() reply: FastifyReply) {
    await this.#send(reply, await this.pages.answer(id, sha256), `${sha256}.bin`);
  }

  /** What came from a stranger's server leaves as bytes to be saved, never as something a browser would run. */
  async #send(reply: FastifyReply, sha256: string, name: string): Promise<void> {
    const found = await this.store.stream(sha256);
    if (found === null) throw refusal("evidence_not_found");
    void attachment(reply, "application/octet-stream", name)
      .header("content-length", found.bytes)
      .header("x-content-type-options", "nosniff")
      .header("content-security-policy", "sandbox")
      .send(found.stream);
  }

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

const attachment = (reply: FastifyReply, type: string, name: string): FastifyReply =>
  reply.type(type).header("content-disposition", `attachment; filename="${name}"`);
