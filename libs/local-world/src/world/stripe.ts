import path from "node:path";
import { startStripeSimulator, type StripeSimulator } from "../stripe/index.ts";
import type { Ground } from "./foundations.ts";
import type { Secrets } from "./secrets.ts";
import type { StoryClock } from "./story-clock.ts";

/** The Stripe simulator, on the story's clock, posting its events to Freehold; undefined when a key of the real one is given. */
export async function startStripe(
  { dataDir, ports, real, cleanup }: Ground,
  clock: StoryClock,
  { publicUrl, secrets }: { publicUrl: string; secrets: Secrets },
): Promise<StripeSimulator | undefined> {
  if (real.has("stripe")) return undefined;
  const stripe = await startStripeSimulator({
    port: ports.stripe,
    now: () => clock.read(),
    stateFile: path.join(dataDir, "stripe", "state.jsonl"),
    webhook: { url: `${publicUrl}/webhooks/stripe`, secret: secrets.stripeWebhookSecret },
  });
  cleanup.defer(() => stripe.close());
  return stripe;
}
