import { after, earlier, HOUR_MS, later } from "@freehold/values";

/** How the watch over one release stands. Story time, UTC; lengths in milliseconds. */
export interface Watch {
  opensAt: Date;
  endsAt: Date;
  /** When it was last seen in order, and since when without a break. */
  lastGoodAt: Date;
  publicSince: Date;
  /** Since when, and why, it would not be paid for. */
  suspended: { at: Date; code: string; sentence: string } | null;
  /** How many looks in a row have found it wanting; once the window has started again, how many in all since. */
  failedLooks: number;
  cureUntil: Date | null;
  /** Time in which nobody could look, beyond what may pass between two looks; and how far the end moved for it. */
  unobservedMs: number;
  movedMs: number;
  restarts: number;
}

/** What one look says. */
export type Seen =
  | { kind: "good" }
  /** Nothing could be said: the forge was away, or a person has to answer. */
  | { kind: "unclear"; retryAt: Date | null }
  | { kind: "bad"; code: string; sentence: string; curable: boolean };

export interface WatchTerms {
  /** The length of a window, and how long a failure may be cured. */
  windowMs: number;
  cureMs: number;
  /** What may pass between two looks. */
  everyMs: number;
  /** How far the end may move in all. */
  movesAtMostMs: number;
  /** A repository that is not there has to be looked for this long, three times, before its absence counts. */
  absenceMs: number;
  /** The window cannot end later than this. */
  latest: Date;
}

export interface Look {
  at: Date;
  /** The look before this one, and the machine's time since then in milliseconds. */
  previousAt: Date;
  machineMs: number;
  /** 0 to 1, drawn for this look: spreads the next ones. */
  jitter: number;
}

export interface Looked {
  watch: Watch;
  nextLookAt: Date;
  /** What happened by this look; several may. */
  became: ("suspended" | "restored" | "restarted" | "moved" | "cure_begun" | "over_cap" | "lost")[];
}

/** Absence is the one thing that a server's mood can feign; everything else is read from what it shows. */
const mayBeAMood = new Set(["not_public"]);
const TRIES = 3;
/** After the one restart there is no second cure: so many looks in all find it wanting, and it is lost. */
const LAST_TRIES = { mood: 6, plain: 2 };

/**
 * What a look changes (DESIGN 4, and the table of faults over time in docs/decisions/016): time in which nobody could look
 * moves the end before it passes; a release that is gone suspends payment at once, may be cured, and starts the window
 * again, once. Pure.
 */
export function lookedAt(before: Watch, seen: Seen, look: Look, terms: WatchTerms): Looked {
  const became: Looked["became"] = [];
  const watch = { ...before };
  if (seen.kind === "bad") {
    found(watch, seen, look.at, terms, became);
    const soon = after(look.at, HOUR_MS * (0.4 + 0.2 * look.jitter));
    return { watch, nextLookAt: watch.cureUntil === null ? soon : earlier(soon, watch.cureUntil), became };
  }
  if (seen.kind === "unclear") {
    if (watch.suspended === null) move(watch, unobserved(before, look, terms), look.at, terms, became);
    const soon = after(look.at, HOUR_MS * (0.4 + 0.2 * look.jitter));
    const asked = seen.retryAt === null ? soon : later(soon, seen.retryAt);
    return { watch, nextLookAt: earlier(asked, after(look.at, terms.everyMs)), became };
  }
  if (watch.suspended === null) move(watch, unobserved(before, look, terms), look.at, terms, became);
  else restore(watch, look.at, terms, became);
  watch.lastGoodAt = look.at;
  return { watch, nextLookAt: after(look.at, terms.everyMs * (0.75 + 0.25 * look.jitter)), became };
}

/**
 * The part of the time since the look before that lies beyond what may pass without one, in milliseconds. After a look
 * that failed, the story's time counts; after a good one only time that really passed, so that a clock that was wound over
 * a week is not a week of neglect.
 */
function unobserved(watch: Watch, { at, previousAt, machineMs }: Look, { everyMs }: WatchTerms): number {
  const until = previousAt > watch.lastGoodAt ? at : earlier(at, after(previousAt, machineMs));
  const from = later(previousAt, after(watch.lastGoodAt, everyMs));
  return Math.max(0, until.getTime() - from.getTime());
}

/** The end moves with time in which nobody could look, as long as it has not passed and the cap is not reached. */
function move(watch: Watch, ms: number, at: Date, terms: WatchTerms, became: Looked["became"]): void {
  if (ms === 0) return;
  watch.unobservedMs += ms;
  if (at >= watch.endsAt) return;
  const room = terms.movesAtMostMs - watch.movedMs;
  const endsAt = later(watch.endsAt, earlier(after(watch.endsAt, Math.min(ms, room)), terms.latest));
  const moved = endsAt.getTime() - watch.endsAt.getTime();
  if (moved > 0) became.push("moved");
  watch.movedMs += moved;
  watch.endsAt = endsAt;
  // Told once, by the look that uses up the last of it.
  if (room > 0 && watch.movedMs >= terms.movesAtMostMs) became.push("over_cap");
}

function found(
  watch: Watch,
  seen: Extract<Seen, { kind: "bad" }>,
  at: Date,
  terms: WatchTerms,
  became: Looked["became"],
): void {
  watch.failedLooks += 1;
  if (watch.suspended === null) {
    watch.suspended = { at, code: seen.code, sentence: seen.sentence };
    became.push("suspended");
  }
  if (watch.cureUntil === null && isSure(watch, seen, at, terms)) {
    const curable = seen.curable && watch.restarts === 0;
    watch.cureUntil = curable ? later(at, earlier(after(at, terms.cureMs), terms.latest)) : at;
    if (curable) became.push("cure_begun");
  }
  if (watch.cureUntil !== null && at >= watch.cureUntil) became.push("lost");
}

function isSure(watch: Watch, seen: Extract<Seen, { kind: "bad" }>, at: Date, terms: WatchTerms): boolean {
  const mood = mayBeAMood.has(seen.code);
  if (watch.restarts > 0) return watch.failedLooks >= (mood ? LAST_TRIES.mood : LAST_TRIES.plain);
  if (!seen.curable) return watch.failedLooks >= 2;
  if (!mood) return true;
  return watch.failedLooks >= TRIES && at.getTime() - watch.suspended!.at.getTime() >= terms.absenceMs;
}

/** It is back: the public has it without a break only from now on, so the window starts again, but never a second time. */
function restore(watch: Watch, at: Date, terms: WatchTerms, became: Looked["became"]): void {
  watch.suspended = null;
  watch.cureUntil = null;
  watch.publicSince = at;
  became.push("restored");
  if (watch.restarts > 0) return;
  watch.failedLooks = 0;
  watch.restarts = 1;
  const endsAt = later(watch.endsAt, earlier(after(at, terms.windowMs), terms.latest));
  if (endsAt > watch.endsAt) became.push("restarted");
  watch.endsAt = endsAt;
}
