export type { FeeSchedule, StripeControl } from "./control.ts";
export type { Failure, FailureKind } from "./failures.ts";
export { finishOnboarding, payCheckout, type CheckoutResult, type TypedCard } from "./pay-checkout.ts";
export { startStripeSimulator, type StripeSimulator, type StripeSimulatorOptions } from "./simulator.ts";
export { signature } from "./webhooks.ts";
export type { Listener } from "./webhooks.ts";
