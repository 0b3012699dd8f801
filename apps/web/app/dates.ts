/** Dates as people say them. Everything is UTC and, where it names an hour, says so. */

const part = (at: Date, options: Intl.DateTimeFormatOptions) =>
  new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", ...options }).format(at);

const dayAndMonth = (at: Date) => `${at.getUTCDate()} ${part(at, { month: "long" })}`;
const withYear = (at: Date, now: Date) =>
  at.getUTCFullYear() === now.getUTCFullYear() ? "" : ` ${at.getUTCFullYear()}`;
const hour = (at: Date) => part(at, { hour: "2-digit", minute: "2-digit", hour12: false });

/** "14 May", with the year when it is not this one. */
export const dayOf = (at: Date, now: Date): string => dayAndMonth(at) + withYear(at, now);

/** "Thursday 14 May, 18:00 UTC". */
export const momentOf = (at: Date, now: Date): string =>
  `${part(at, { weekday: "long" })} ${dayOf(at, now)}, ${hour(at)} UTC`;

/** "09:12 UTC" on the same day, else "14 May, 09:12 UTC". */
export const hourOf = (at: Date, now: Date): string =>
  at.toISOString().slice(0, 10) === now.toISOString().slice(0, 10)
    ? `${hour(at)} UTC`
    : `${dayOf(at, now)}, ${hour(at)} UTC`;

/** "16 days", "2 days 4 hours", "5 hours", "40 minutes": how long something took. */
export function spanOf(seconds: number): string {
  const say = (count: number, unit: string) => `${count} ${unit}${count === 1 ? "" : "s"}`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return say(Math.max(1, minutes), "minute");
  const hours = Math.round(minutes / 60);
  if (hours < 24) return say(hours, "hour");
  const [days, rest] = [Math.floor(hours / 24), hours % 24];
  return days >= 7 || rest === 0 ? say(Math.round(hours / 24), "day") : `${say(days, "day")} ${say(rest, "hour")}`;
}

/** "6 minutes ago", "just now"; beyond two days the day itself. */
export function agoOf(at: Date, now: Date): string {
  const minutes = Math.floor((now.getTime() - at.getTime()) / 60_000);
  if (minutes < 1) return "just now";
  const say = (count: number, unit: string) => `${count} ${unit}${count === 1 ? "" : "s"} ago`;
  if (minutes < 60) return say(minutes, "minute");
  if (minutes < 48 * 60) return say(Math.floor(minutes / 60), "hour");
  return `on ${dayOf(at, now)}`;
}
