import { randomUUID } from "node:crypto";
import type { Database } from "@freehold/database";
import { intentRules } from "../intent-rules.ts";
import { callProcessor } from "../stripe/call.ts";
import { connectStripe, type ProcessorOptions } from "../stripe/client.ts";
import type { IntentRequest } from "../stripe/requests.ts";
import { Vault } from "../vault.ts";

/** A mistake: each call of the processor under a key of its own. */
export const keyOfTheMoment = (headers: Record<string, unknown>): Record<string, unknown> =>
  "Idempotency-Key" in headers ? { ...headers, "Idempotency-Key": randomUUID() } : headers;

/** A mistake: refunds are booked as done first, and then asked for. */
export class HastyVault extends Vault {
  readonly #database: Database;
  readonly #options: ProcessorOptions;

  constructor(database: Database, options: ProcessorOptions) {
    super(database, options);
    this.#database = database;
    this.#options = options;
  }

  override async performDue(): Promise<number> {
    const stripe = connectStripe(this.#options);
    const { confirm } = intentRules(this.#database, this);
    const due = await this.#database.intent.findMany({ where: { state: "PLANNED", purpose: "refund" } });
    for (const { id, subjectId, request, key } of due) {
      const object = { id: `re_${id}`, status: "succeeded", url: null, amountMinor: null };
      await this.#database.transact(async (tx) => {
        await tx.intent.update({ where: { id }, data: { state: "SENT" } });
        await tx.intent.update({ where: { id }, data: { state: "CONFIRMED", objectId: object.id } });
        await confirm(tx, { intentId: id, purpose: "refund", subjectId, object });
      });
      await callProcessor(stripe, "refund", request as IntentRequest["params"], key);
    }
    return due.length;
  }
}
