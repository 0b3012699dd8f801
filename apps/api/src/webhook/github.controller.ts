import { Controller, Req } from "@nestjs/common";
import { refusal } from "@freehold/contract";
import { Database } from "@freehold/database";
import { ForgeHintService } from "@freehold/journey";
import { Webhooks } from "@octokit/webhooks";
import type { FastifyRequest } from "fastify";
import { Webhook } from "../http/door.ts";
import { headerOf, jsonIn, requireDelivery } from "./delivery.ts";

/** Those that can change what the public sees of a repository. */
const events = ["push", "repository", "public", "release", "create", "delete"];

/** What GitHub posts: checked, kept once, and only ever a reason to look sooner. */
@Controller()
export class GitHubController {
  constructor(
    private readonly database: Database,
    private readonly hints: ForgeHintService,
  ) {}

  /** Refusals, in this order: webhook_not_configured, hint_signature_invalid, request_invalid. */
  @Webhook("webhooks/github")
  async receive(@Req() request: FastifyRequest): Promise<{ stored: boolean }> {
    if (!this.hints.taken) throw refusal("webhook_not_configured");
    const signature = headerOf(request, "x-hub-signature-256");
    const body = Buffer.isBuffer(request.body) ? request.body.toString("utf8") : "";
    if (body === "" || signature === null) throw refusal("hint_signature_invalid");
    const id = (jsonIn(body)["repository"] as { id?: unknown } | null | undefined)?.id;
    const stableId = typeof id === "number" && Number.isSafeInteger(id) ? String(id) : null;
    // GitHub's own check, over the bytes as they came and in constant time.
    const checks = this.hints.gitHubSecrets(stableId).map((secret) => new Webhooks({ secret }).verify(body, signature));
    if (!(await Promise.all(checks)).includes(true)) throw refusal("hint_signature_invalid");
    const event = headerOf(request, "x-github-event");
    const delivery = requireDelivery(headerOf(request, "x-github-delivery"));
    if (event === null || stableId === null || !events.includes(event)) return { stored: false };
    return this.database.transact((tx) => this.hints.receive(tx, { forge: "github", delivery, stableId, event }));
  }
}
