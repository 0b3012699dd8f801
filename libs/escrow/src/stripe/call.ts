import type Stripe from "stripe";
import type { IntentRequest, ReversalParams } from "./requests.ts";

/** What the processor made, as far as we keep it. */
export interface Made {
  id: string;
  status: string | null;
  url: string | null;
  amountMinor: bigint | null;
}

/** Asks the processor for what an intent wants, under the intent's own key. */
export async function callProcessor(
  stripe: Stripe,
  purpose: IntentRequest["purpose"],
  request: IntentRequest["params"],
  key: string,
): Promise<Made> {
  const options = { idempotencyKey: key };
  switch (purpose) {
    case "checkout": {
      const session = await stripe.checkout.sessions.create(request as Stripe.Checkout.SessionCreateParams, options);
      return { id: session.id, status: session.status, url: session.url, amountMinor: null };
    }
    case "refund":
      return made(await stripe.refunds.create(request as Stripe.RefundCreateParams, options));
    case "transfer":
      return made(await stripe.transfers.create(request as Stripe.TransferCreateParams, options));
    case "reversal": {
      const { transfer, reversal } = request as ReversalParams;
      return made(await stripe.transfers.createReversal(transfer, reversal, options));
    }
    case "payout":
      return made(await stripe.payouts.create(request as Stripe.PayoutCreateParams, options));
  }
}

const made = (object: { id: string; amount: number; status?: string | null }): Made => ({
  id: object.id,
  status: object.status ?? null,
  url: null,
  amountMinor: BigInt(object.amount),
});

/**
 * Looks in a complete listing at the processor for what an intent may have made, told apart by the id of ours in its
 * metadata: a refund among its charge's, a transfer among its group's, a reversal among its transfer's, a payout among all
 * since the intent was sent.
 */
export async function lookUp(
  stripe: Stripe,
  purpose: IntentRequest["purpose"],
  request: IntentRequest["params"],
  subjectId: string,
  sentAt: Date,
): Promise<Made | "absent" | "unknown"> {
  switch (purpose) {
    case "refund": {
      const { charge } = request as Stripe.RefundCreateParams;
      if (charge === undefined) return "unknown";
      for await (const refund of stripe.refunds.list({ charge, limit: 100 }))
        if (refund.metadata?.["refund_id"] === subjectId && refund.amount === (request as { amount?: number }).amount)
          return made(refund);
      return "absent";
    }
    case "transfer": {
      const { transfer_group: group } = request as Stripe.TransferCreateParams;
      if (group === undefined) return "unknown";
      for await (const transfer of stripe.transfers.list({ transfer_group: group, limit: 100 }))
        if (transfer.metadata["payout_id"] === subjectId) return made(transfer);
      return "absent";
    }
    case "reversal": {
      const { transfer } = request as ReversalParams;
      for await (const reversal of stripe.transfers.listReversals(transfer, { limit: 100 }))
        if (reversal.metadata?.["reversal_id"] === subjectId) return made(reversal);
      return "absent";
    }
    case "payout": {
      const since = Math.floor(sentAt.getTime() / 1000) - 3600;
      for await (const payout of stripe.payouts.list({ created: { gte: since }, limit: 100 }))
        if (payout.metadata?.["withdrawal_id"] === subjectId) return made(payout);
      return "absent";
    }
    case "checkout":
      // A page that nobody was sent to takes no money; a new one may be opened.
      return "absent";
  }
}
