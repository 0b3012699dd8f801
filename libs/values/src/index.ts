export {
  type Currency,
  type Money,
  add,
  allocate,
  basisPointsDown,
  basisPointsUp,
  formatMoney,
  least,
  subtract,
  usd,
  zero,
} from "./money.ts";
export { Refusal, isRefusal } from "./refusal.ts";
export { sayDay, sayMoment } from "./moment.ts";
export { idFor, isId, newId } from "./identifier.ts";
export { type Clock, DAY_MS, HOUR_MS, MINUTE_MS, after, earlier, later, within } from "./clock.ts";
