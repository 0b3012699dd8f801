import { expand, hash, oneOf } from "../params.ts";
import { invalid } from "../refusal.ts";
import type { Answer, Params, Route } from "../route.ts";
import type { World } from "../world.ts";

const URL = "/v1/balance_settings";

/** How the platform's balance leaves for its bank: `manual` for money that is held for others. */
function renderSettings(world: World): Answer {
  return {
    object: "balance_settings",
    payments: {
      debit_negative_balances: null,
      payouts: {
        automatic_transfer_rules_by_currency: null,
        minimum_balance_by_currency: null,
        schedule: { interval: world.settings.payout_interval },
        statement_descriptor: null,
        status: "enabled",
      },
      settlement_timing: { delay_days: Math.floor(world.settings.settle_seconds / 86_400), start_of_day: null },
    },
  };
}

/** From `daily` on, money leaves when the clock next passes a day. */
export function setPayoutInterval(world: World, interval: "manual" | "daily"): Answer {
  if (interval !== "manual" && interval !== "daily")
    throw invalid(`There is no payout schedule '${String(interval)}'.`);
  if (interval !== world.settings.payout_interval) {
    world.settings = { ...world.settings, payout_interval: interval, paid_out_day: Math.floor(world.now / 86_400) };
    world.emit("balance_settings.updated", renderSettings(world));
  }
  return renderSettings(world);
}

/** Connected accounts keep theirs on manual here. */
function onlyThePlatform(world: World): void {
  if (world.caller?.account != null)
    throw invalid("The simulator keeps balance settings of the platform only.", { status: 403 });
}

export const balanceSettingsRoutes: Route[] = [
  {
    method: "GET",
    path: URL,
    type: "BalanceSettingsRetrieveParams",
    params: expand,
    answer: (world) => {
      onlyThePlatform(world);
      return renderSettings(world);
    },
  },
  {
    method: "POST",
    path: URL,
    type: "BalanceSettingsUpdateParams",
    params: {
      ...expand,
      payments: hash({ payouts: hash({ schedule: hash({ interval: oneOf("manual", "daily") }) }) }),
    },
    answer: (world, _ids, params: Params) => {
      onlyThePlatform(world);
      const given = params["payments"] as { payouts?: { schedule?: { interval?: "manual" | "daily" } } } | undefined;
      const interval = given?.payouts?.schedule?.interval;
      return interval === undefined ? renderSettings(world) : setPayoutInterval(world, interval);
    },
  },
];
