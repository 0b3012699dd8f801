import type Stripe from "stripe";
import { Refusal } from "@freehold/values";

const TOLERANCE_S = 300;

/** What every message of the processor has. Its content is never trusted further than this. */
export interface Envelope {
  id: string;
  object: string;
  type: string;
  livemode?: boolean;
  /** The connected account that it is about. */
  account?: string;
  data?: { object?: { id?: string; object?: string; metadata?: Record<string, string> } & Record<string, unknown> };
  related_object?: { id: string } | null;
}

/** The secrets a message may be signed with: more than one while they are rolled over. */
export interface WebhookSecrets {
  /** Of the endpoint that is told of payments (snapshot events). */
  payments: readonly string[];
  /** Of the endpoint that is told of accounts (thin v2 events). */
  accounts: readonly string[];
}

/**
 * Reads secrets as the environment gives them: comma-separated while one is rolled over to the next.
 * @param accounts of a separate endpoint for v2 events; without one they are signed as payments are
 */
export function readSecrets(payments: string, accounts?: string): WebhookSecrets {
  const list = (text: string) => text.split(",").flatMap((secret) => (secret.trim() === "" ? [] : [secret.trim()]));
  return { payments: list(payments), accounts: list(accounts ?? payments) };
}

/**
 * The message in raw bytes, if the processor signed it for the endpoint of its kind.
 * Refuses (webhook_signature_invalid) a wrong, missing or altered signature, one by the other endpoint's secret, and one
 * older or newer than 300 seconds.
 */
export function readSigned(stripe: Stripe, secrets: WebhookSecrets, rawBody: Buffer, signature: string): Envelope {
  const refuse = () => new Refusal("webhook_signature_invalid", "The signature does not match.");
  const stamp = /(?:^|,)t=(\d{1,12})(?:,|$)/.exec(signature)?.[1];
  // The SDK bounds the age only; a timestamp in the future would keep a captured message valid for longer.
  if (stamp === undefined || Number(stamp) > Date.now() / 1000 + TOLERANCE_S) throw refuse();
  const event = parse(rawBody);
  if (typeof event?.id !== "string" || typeof event.type !== "string") throw refuse();
  const thin = event.object === "v2.core.event";
  const matches = (secret: string): boolean => {
    try {
      if (thin) stripe.parseEventNotification(rawBody, signature, secret, TOLERANCE_S);
      else stripe.webhooks.constructEvent(rawBody, signature, secret, TOLERANCE_S);
      return true;
    } catch {
      return false;
    }
  };
  if (!(thin ? secrets.accounts : secrets.payments).some(matches)) throw refuse();
  return event;
}

function parse(rawBody: Buffer): Envelope | null {
  try {
    return JSON.parse(rawBody.toString("utf8")) as Envelope | null;
  } catch {
    return null;
  }
}
