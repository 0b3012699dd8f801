import { basisPointsUp, DAY_MS, formatMoney, HOUR_MS, usd } from "@freehold/values";

type Unit = "minor" | "basis_points" | "days" | "hours" | "count";

interface Term {
  value: number;
  unit: Unit;
  min: number;
  max: number;
  sentence: string;
}

const minor = (value: number, min: number, max: number, sentence: string): Term => ({
  value,
  unit: "minor",
  min,
  max,
  sentence,
});
const basis = (value: number, min: number, max: number, sentence: string): Term => ({
  value,
  unit: "basis_points",
  min,
  max,
  sentence,
});
const days = (value: number, min: number, max: number, sentence: string): Term => ({
  value,
  unit: "days",
  min,
  max,
  sentence,
});
const hours = (value: number, min: number, max: number, sentence: string): Term => ({
  value,
  unit: "hours",
  min,
  max,
  sentence,
});
const count = (value: number, min: number, max: number, sentence: string): Term => ({
  value,
  unit: "count",
  min,
  max,
  sentence,
});

/** Every policy by name: its founding value, unit, bounds and what it says. Minor units are US cents. */
export const policyTable = {
  estimate_cap: minor(
    2500,
    500,
    100_000,
    "An estimate may be up to this, or twice your largest successful contribution if that is more (003-13).",
  ),
  smallest_amount: minor(500, 100, 10_000, "The smallest estimate, donation and pledge."),
  largest_pledge: minor(500_000, 10_000, 5_000_000, "The largest pledge."),
  newcomer_open_estimates: minor(25_000, 2500, 1_000_000, "A newcomer's open estimates together."),
  established_after: days(
    7,
    0,
    90,
    "An estimate counts for the ranking when its author has been here this long, or has paid here.",
  ),
  service_fee_rate: basis(300, 0, 1000, "The service fee's share of the pledge or donation, rounded up, on top."),
  service_fee_fixed: minor(35, 0, 500, "The service fee's fixed part, on top."),
  platform_fee: basis(500, 0, 2000, "What Freehold keeps of what is paid out, rounded down per pledge."),
  expected_preview_max: days(90, 7, 180, "How far ahead a developer may place the expected preview."),
  reservation_grace: days(14, 0, 60, "How long a reservation lasts beyond the expected preview."),
  reservations_newcomer: count(1, 1, 10, "Reservations at once for a newcomer."),
  reservations: count(3, 1, 20, "Reservations at once for others."),
  wait_after_lapse: days(
    90,
    0,
    365,
    "After a lapse or giving up, the same developer waits this long if somebody else wants it.",
  ),
  preview_min: days(3, 1, 28, "The shortest preview."),
  preview_default: days(14, 3, 28, "A preview, unless the developer says otherwise."),
  preview_max: days(28, 3, 28, "The longest preview."),
  outage_in_a_row: hours(
    6,
    1,
    24,
    "A preview that is down for longer than this without a break moves its end by as long, and its backers are told.",
  ),
  outage_in_sum: hours(
    24,
    6,
    72,
    "A preview that is down for longer than this in all moves its end by as long, and its backers are told.",
  ),
  outage_moves_at_most: hours(
    72,
    24,
    168,
    "So far outages may move a preview's end; one that is down for longer closes and everybody is refunded in full.",
  ),
  ground_outage: hours(
    24,
    6,
    168,
    "In the verification window, a preview down for longer than this without a break is a ground for a dispute, never alone once the public source builds.",
  ),
  ground_uptime: basis(
    9500,
    5000,
    10_000,
    "In the verification window, a preview up for less than this share is a ground for a dispute, never alone once the public source builds.",
  ),
  window_min: days(7, 3, 30, "The shortest verification window."),
  window_default: days(14, 7, 30, "A verification window, unless the developer says otherwise."),
  window_max: days(30, 7, 30, "The longest verification window."),
  preview_and_window_max: days(35, 10, 45, "Preview and window together."),
  look_every: hours(6, 1, 12, "A release is looked at again at least this often while its window is open."),
  window_moves_at_most: hours(
    72,
    24,
    168,
    "So far the end of a window may move for time in which the repository could not be looked at.",
  ),
  absence_counts_after: hours(
    24,
    6,
    72,
    "A repository that is not there stops the payment at once; it counts as withdrawn after three looks over this time.",
  ),
  window_all_confirmed: days(
    7,
    1,
    30,
    "If every backer says that it is as they tried it, the window ends on this day of it.",
  ),
  decision_within: days(7, 1, 14, "How long the developer has to decide; silence declines."),
  release_within: hours(72, 24, 168, "How long the developer has to submit a release, and to cure a failed one once."),
  release_total: days(7, 3, 14, "The release in all, its cure included."),
  decide_by: days(71, 30, 74, "Everything is decided this long after the oldest held charge."),
  take_backs_free: count(5, 1, 50, "Pledges taken back in 30 days before new ones have to wait."),
  unpaid_pages_an_hour: count(
    10,
    3,
    100,
    "Payment pages opened within an hour without paying before new ones have to wait.",
  ),
  dispute_blocking_share: basis(
    1000,
    100,
    5000,
    "Disputers holding this share of the held money stop the whole settlement.",
  ),
  dispute_blocking_backers: count(3, 2, 20, "So many disputing backers stop the whole settlement."),
  admission_within: hours(24, 6, 72, "How soon staff admit or reject a case."),
  admission_latest: hours(72, 24, 120, "The latest moment at which staff admit or reject a case."),
  ruling_target: days(5, 1, 14, "The target for a ruling."),
  ruling_effect_after: hours(48, 24, 96, "How long after its notice a ruling takes effect."),
  second_signature_from: minor(100_000, 10_000, 10_000_000, "A ruling that moves this much needs two signatures."),
  newcomer_donations: minor(20_000, 0, 1_000_000, "What a new developer may receive in donations."),
  newcomer_held: minor(200_000, 0, 10_000_000, "What a new developer's feature may hold."),
  unsealed_newcomer_held: minor(
    100_000,
    0,
    10_000_000,
    "What a new developer's feature may hold when its preview is not sealed.",
  ),
  newcomer_transfer_after: days(14, 0, 30, "No transfer to a new developer earlier than this after its charge."),
  transfer_after: days(7, 0, 30, "No transfer to others earlier than this after its charge."),
  developer_known_after: days(60, 0, 365, "A developer is no longer new once a settlement is this old."),
} as const satisfies Record<string, Term>;

export type PolicyName = keyof typeof policyTable;
/** A policy as stored: one whole number per name, in the unit of the table. */
export type Policy = Readonly<Record<PolicyName, number>>;

/** The values Freehold starts with (DESIGN 4). */
export const foundingPolicy: Policy = Object.fromEntries(
  Object.entries(policyTable).map(([name, term]) => [name, term.value]),
) as Record<PolicyName, number>;

/** Reads a stored policy: names it does not have yet take their founding value; a value out of its bounds is a bug. */
export function readPolicy(stored: unknown): Policy {
  const given = (stored ?? {}) as Record<string, unknown>;
  const entries = Object.entries(policyTable).map(([name, term]) => {
    const value = given[name] ?? term.value;
    if (typeof value !== "number" || !Number.isInteger(value) || value < term.min || value > term.max)
      throw new Error(`policy ${name} is ${String(value)}, outside ${term.min} to ${term.max}`);
    return [name, value];
  });
  return Object.fromEntries(entries) as Record<PolicyName, number>;
}

/** A policy's value in minor units. */
export const minorOf = (policy: Policy, name: PolicyName): bigint => BigInt(policy[name]);

/** A policy's length in milliseconds. */
export function msOf(policy: Policy, name: PolicyName): number {
  const { unit } = policyTable[name];
  if (unit === "days") return policy[name] * DAY_MS;
  if (unit === "hours") return policy[name] * HOUR_MS;
  throw new Error(`policy ${name} is not a length of time`);
}

/** ceil(rate × amount) + fixed part, minor units: on top of a pledge or donation, paid by the payer (DESIGN 4). */
export const serviceFee = (policy: Policy, amountMinor: bigint): bigint =>
  basisPointsUp(amountMinor, BigInt(policy.service_fee_rate)) + BigInt(policy.service_fee_fixed);

/** A policy's value in words: "$25", "5 %", "14 days". */
export function inWords(name: PolicyName, value: number): string {
  switch (policyTable[name].unit as Unit) {
    case "minor":
      return formatMoney(usd(BigInt(value)));
    case "basis_points":
      return value % 100 === 0
        ? `${value / 100} %`
        : `${Math.trunc(value / 100)}.${String(value % 100).padStart(2, "0")} %`;
    case "days":
      return value === 1 ? "1 day" : `${value} days`;
    case "hours":
      return `${value} hours`;
    case "count":
      return String(value);
  }
}
