import { Controller, Headers, Req } from "@nestjs/common";
import { refusal } from "@freehold/contract";
import { Vault } from "@freehold/escrow";
import type { FastifyRequest } from "fastify";
import { Webhook } from "../http/door.ts";

/** Stripe's events go into the vault's inbox as the bytes they came as; the worker looks what they are about. */
@Controller()
export class StripeController {
  constructor(private readonly vault: Vault) {}

  @Webhook("webhooks/stripe")
  receive(@Req() { body }: FastifyRequest, @Headers("stripe-signature") signature: string | undefined) {
    if (!Buffer.isBuffer(body) || signature === undefined) throw refusal("webhook_signature_invalid");
    return this.vault.inbox.receive(body, signature);
  }
}
