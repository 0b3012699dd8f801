import type { ChargeRecord, WarningRecord } from "../records.ts";
import type { Answer } from "../route.ts";
import type { World } from "../world.ts";

/** Something can still be done: no dispute has come, and not everything was refunded. */
const isActionable = (charge: ChargeRecord): boolean => charge.dispute === null && charge.refunded < charge.amount;

export function renderWarning(world: World, warning: WarningRecord): Answer {
  return {
    id: warning.id,
    object: "radar.early_fraud_warning",
    actionable: isActionable(world.store.get("charge", warning.charge)!),
    charge: warning.charge,
    created: warning.created,
    fraud_type: warning.fraud_type,
    livemode: false,
    payment_intent: warning.payment_intent,
  };
}

/** The card network warns of fraud; no money moves. On a charge that was refunded or disputed it is not actionable. */
export function raiseWarning(world: World, charge: ChargeRecord, fraud_type: string): WarningRecord {
  charge.stripe_report = "fraudulent";
  world.store.save("charge", charge);
  const warning: WarningRecord = {
    id: world.id("issfr_1", 23),
    created: world.now,
    charge: charge.id,
    payment_intent: charge.payment_intent,
    fraud_type,
    actionable: isActionable(charge),
  };
  world.store.save("warning", warning);
  world.emit("radar.early_fraud_warning.created", renderWarning(world, warning));
  return warning;
}

/** Tells of the charge's warnings that a refund or a dispute has just made actionable or not. */
export function tellWarnings(world: World, charge: ChargeRecord): void {
  const actionable = isActionable(charge);
  for (const warning of world.store.by("warning", "charge", charge.id)) {
    if (warning.actionable === actionable) continue;
    warning.actionable = actionable;
    world.store.save("warning", warning);
    world.emit("radar.early_fraud_warning.updated", renderWarning(world, warning), { actionable: !actionable });
  }
}
