import { createHmac, timingSafeEqual } from "node:crypto";
import { Controller, Req } from "@nestjs/common";
import { refusal } from "@freehold/contract";
import { Database } from "@freehold/database";
import { ForgeHintService } from "@freehold/journey";
import { isId } from "@freehold/values";
import type { FastifyRequest } from "fastify";
import { Webhook } from "../http/door.ts";
import { headerOf, jsonIn, requireDelivery } from "./delivery.ts";

const did = /did:(?:plc|web):[A-Za-z0-9.%:-]{1,250}/g;

/** What a knot or a spindle posts for a repository: signed with that repository's own secret, and only ever a reason to look sooner. */
@Controller()
export class TangledController {
  constructor(
    private readonly database: Database,
    private readonly hints: ForgeHintService,
  ) {}

  /** Refusals, in this order: webhook_not_configured, hint_signature_invalid, request_invalid. */
  @Webhook("webhooks/tangled")
  async receive(@Req() request: FastifyRequest): Promise<{ stored: boolean }> {
    if (!this.hints.taken) throw refusal("webhook_not_configured");
    const { body } = request;
    const signature = /^sha256=([0-9a-f]{64})$/.exec(headerOf(request, "x-tangled-signature-256") ?? "")?.[1];
    if (!Buffer.isBuffer(body) || signature === undefined) throw refusal("hint_signature_invalid");
    const signed = Buffer.from(signature, "hex");
    // Who it is about decides with which secret it has to be signed; until then nothing of it is believed.
    const [about] = (await this.hints.onTangled(this.database, namedIn(request, body))).filter(({ stableId }) =>
      timingSafeEqual(createHmac("sha256", this.hints.secretOf("tangled", stableId)!).update(body).digest(), signed),
    );
    if (about === undefined) throw refusal("hint_signature_invalid");
    const delivery = requireDelivery(headerOf(request, "x-tangled-delivery"));
    const event = headerOf(request, "x-tangled-event")?.slice(0, 60) ?? "push";
    const { stableId } = about;
    return this.database.transact((tx) => this.hints.receive(tx, { forge: "tangled", delivery, stableId, event }));
  }
}

/** Every way in which a message names its repository: our own id in the address, DIDs, the clone address. */
function namedIn(request: FastifyRequest, body: Buffer): { ids: string[]; stableIds: string[]; cloneUrls: string[] } {
  const id = (request.query as Record<string, unknown>)["repository"];
  const repository = (jsonIn(body.toString("utf8"))["repository"] ?? {}) as Record<string, unknown>;
  const said = repository["clone_url"];
  const cloneUrl = typeof said === "string" && said.length <= 500 ? said.replace(/\/+$/, "").replace(/\.git$/, "") : "";
  return {
    ids: typeof id === "string" && isId(id) ? [id] : [],
    stableIds: `${headerOf(request, "x-tangled-repo") ?? ""} ${cloneUrl}`.match(did)?.slice(0, 4) ?? [],
    cloneUrls: cloneUrl === "" ? [] : [cloneUrl],
  };
}
