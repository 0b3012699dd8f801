import type Stripe from "stripe";
import type { IntentRequest } from "./requests.ts";
import type { Sent } from "./intents.ts";

/**
 * Looks in a complete listing at the processor for what an intent may have made: a refund among its charge's, a transfer
 * among its group's, told apart by the id of ours in their metadata.
 */
export async function lookUp(
  stripe: Stripe,
  purpose: IntentRequest["purpose"],
  request: IntentRequest["params"],
  subjectId: string,
): Promise<Sent["object"] | "absent" | "unknown"> {
  if (purpose === "refund") {
    const { charge } = request as Stripe.RefundCreateParams;
    if (charge === undefined) return "unknown";
    for await (const refund of stripe.refunds.list({ charge, limit: 100 }))
      if (refund.metadata?.["refund_id"] === subjectId) return { id: refund.id, status: refund.status, url: null };
    return "absent";
  }
  if (purpose === "transfer") {
    const { transfer_group: group } = request as Stripe.TransferCreateParams;
    if (group === undefined) return "unknown";
    for await (const transfer of stripe.transfers.list({ transfer_group: group, limit: 100 }))
      if (transfer.metadata["payout_id"] === subjectId) return { id: transfer.id, status: null, url: null };
    return "absent";
  }
  // A checkout page that nobody was sent to takes no money; a new one may be opened.
  return "absent";
}
