/**
 * The Stripe simulator in a process of its own, so that neither its memory nor its collector counts as the vault's.
 * Its types are not compared and it has no latency of its own. Tells its address to whoever started it, and ends with them.
 */
import { startStripeSimulator } from "@freehold/local-world";

const simulator = await startStripeSimulator({ now: () => new Date(), tickMs: 0, validate: false });
process.on("disconnect", () => void simulator.close().then(() => process.exit(0)));
process.send!({ url: simulator.url });
