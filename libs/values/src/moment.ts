const months = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
] as const;

/** "4 December 2026": a day as people write it, UTC. */
export const sayDay = (at: Date): string => `${at.getUTCDate()} ${months[at.getUTCMonth()]!} ${at.getUTCFullYear()}`;

/** "4 December 2026, 18:00 UTC": for plain text that says the zone. */
export const sayMoment = (at: Date): string => `${sayDay(at)}, ${at.toISOString().slice(11, 16)} UTC`;
