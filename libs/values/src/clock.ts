/**
 * Story time. In production it is the database's time; in the local world it can be wound (`clock_offset`).
 * Cookies, OAuth tokens, webhook signatures and queue delays use the machine's time instead.
 */
export interface Clock {
  /** The present moment, UTC. */
  now(): Promise<Date>;
}

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** The moment `ms` milliseconds after `at`. */
export const after = (at: Date, ms: number): Date => new Date(at.getTime() + ms);

/** The earlier of two moments. */
export const earlier = (a: Date, b: Date): Date => (a.getTime() <= b.getTime() ? a : b);

/** The later of two moments. */
export const later = (a: Date, b: Date): Date => (a.getTime() >= b.getTime() ? a : b);

/** Whether `at` lies in the half-open span `[from, until)`. */
export const within = (at: Date, from: Date, until: Date): boolean =>
  at.getTime() >= from.getTime() && at.getTime() < until.getTime();
