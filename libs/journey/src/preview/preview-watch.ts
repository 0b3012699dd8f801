import type { PreviewKind, Stage } from "@freehold/contract";
import { after, DAY_MS, earlier, HOUR_MS, MINUTE_MS } from "@freehold/values";
import { msOf, type Policy } from "../policy.ts";

/** While a proposal stands here, its preview has to be up (003-43). */
export const watchedStages: readonly Stage[] = ["in_preview", "in_decision", "releasing", "in_verification"];

/** How often a preview is visited, and how soon again after a visit that found it down. Story time. */
const EVERY_MS = 15 * MINUTE_MS;
const AGAIN_MS = 3 * MINUTE_MS;

/**
 * What lies further apart than this was not watched in between: our own outage, or a clock that was wound. Such time is
 * neither up nor down, and no outage reaches across it.
 */
export const UNSEEN_MS = HOUR_MS;

/**
 * Whether what a visit met counts as up. A page, a recording or a build must come to whoever asks: anything from 400 on is
 * down, a password (401, 403) and a missing page (404) included. An API may refuse somebody who brings no key, a method
 * or their haste; it is down when nothing is at the address (404, 410) or when it fails (from 500 on).
 */
export function isUp(kind: PreviewKind, status: number | null): boolean {
  if (status === null) return false;
  if (kind === "api") return status < 500 && status !== 404 && status !== 410;
  return status < 400;
}

export interface Seen {
  at: Date;
  up: boolean;
}

/** Down without a break: two failing visits or more, none of them further apart than UNSEEN_MS. One alone is a lost packet. */
export interface Stretch {
  from: Date;
  until: Date;
  ms: number;
  /** It goes on at the moment of the question. */
  open: boolean;
}

/** @param visits oldest first; visits that found it up directly after others that did may be left out */
export function downStretches(visits: readonly Seen[], now: Date): Stretch[] {
  const stretches: Stretch[] = [];
  for (let i = 0; i < visits.length; i += 1) {
    if (visits[i]!.up) continue;
    const first = i;
    while (!(visits[i + 1]?.up ?? true) && seenBetween(visits[i]!.at, visits[i + 1]!.at)) i += 1;
    if (i === first) continue;
    const last = visits[i]!.at;
    const next = visits[i + 1]?.at ?? now;
    const until = seenBetween(last, next) ? next : last;
    const from = visits[first]!.at;
    const open = visits[i + 1] === undefined && until === next;
    stretches.push({ from, until, ms: until.getTime() - from.getTime(), open });
  }
  return stretches;
}

const seenBetween = (one: Date, next: Date) => next.getTime() - one.getTime() <= UNSEEN_MS;

export interface Standing {
  /** How long it was down in all, milliseconds. */
  downMs: number;
  /** What of that counts as outage (DESIGN 4): whole stretches of more than six hours, or everything once it is more than a day. */
  outageMs: number;
  /** The stretch that goes on. */
  current: Stretch | null;
  /** What backers are to be told now: the stretch that goes on has become an outage, or all stretches together have. */
  tell: { from: Date; because: "in_a_row" | "in_sum" } | null;
  /** Down for longer than the end may move: it closes, and everybody is refunded. */
  gone: boolean;
}

/** How a preview stands by what its visitors met while it was open. Grows with every further failing visit, never shrinks. */
export function standingOf(visits: readonly Seen[], now: Date, policy: Policy): Standing {
  const stretches = downStretches(visits, now);
  const sum = (some: readonly Stretch[]) => some.reduce((ms, one) => ms + one.ms, 0);
  const [inARow, inSum] = [msOf(policy, "outage_in_a_row"), msOf(policy, "outage_in_sum")];
  const downMs = sum(stretches);
  const current = stretches.at(-1)?.open ? stretches.at(-1)! : null;
  const outageMs = downMs > inSum ? downMs : sum(stretches.filter((one) => one.ms > inARow));
  const long = current !== null && current.ms > inARow;
  return {
    downMs,
    outageMs,
    current,
    tell: long
      ? { from: current.from, because: "in_a_row" }
      : downMs > inSum
        ? { from: stretches[0]!.from, because: "in_sum" }
        : null,
    gone: outageMs > msOf(policy, "outage_moves_at_most"),
  };
}

export interface PreviewSpan {
  openedAt: Date;
  closesAt: Date;
  movedMs: number;
  windowDays: number;
  /** The latest day of the development; null while nothing is held. */
  decideBy: Date | null;
}

/**
 * Where outages put a preview's end: later by as long as they were, and by no more than 72 hours in all, than preview and
 * window may last (an outage is part of both), and than the latest day. An end that was moved once never comes nearer.
 */
export function movedEnd(span: PreviewSpan, outageMs: number, policy: Policy): { closesAt: Date; movedMs: number } {
  const announced = after(span.closesAt, -span.movedMs);
  const days = Math.min(policy.preview_max, policy.preview_and_window_max - span.windowDays);
  const longest = after(span.openedAt, days * DAY_MS);
  const latest = span.decideBy === null ? longest : earlier(longest, span.decideBy);
  const room = Math.max(0, latest.getTime() - announced.getTime());
  const wanted = Math.min(outageMs, msOf(policy, "outage_moves_at_most"), room);
  const movedMs = Math.max(span.movedMs, wanted);
  return { closesAt: after(announced, movedMs), movedMs };
}

/**
 * When to visit next. While it is open and down, never so late that its end could pass unseen before.
 * @param chance 0 to 1: spreads previews that were opened together
 */
export function nextVisit(now: Date, up: boolean, known: boolean, closesAt: Date | null, chance: number): Date {
  const planned = after(now, (up || known ? EVERY_MS : AGAIN_MS) * (0.9 + 0.2 * chance));
  if (up || closesAt === null || closesAt <= now) return planned;
  return earlier(planned, after(now, Math.max(MINUTE_MS, closesAt.getTime() - now.getTime() - MINUTE_MS)));
}

export interface Availability {
  upMs: number;
  downMs: number;
  /** The longest stretch without a break, milliseconds. */
  longestMs: number;
}

/** Of the time looked at, in basis points and rounded down; null when nobody has looked. */
export const upShare = (upMs: number, downMs: number): number | null =>
  upMs + downMs === 0 ? null : Math.floor((upMs * 10_000) / (upMs + downMs));

/**
 * What an outage means while objections are possible (DESIGN 4). It rules nothing: those who rule read it. A share is taken
 * of a day at least, so that a bad first hour of the window is not yet a bad window.
 */
export function outageAsGround(seen: Availability, policy: Policy): { ground: boolean; sentence: string } {
  const share = upShare(Math.max(seen.upMs, DAY_MS - seen.downMs), seen.downMs);
  const long = seen.longestMs > msOf(policy, "ground_outage");
  const often = share !== null && share < policy.ground_uptime;
  const limits = `${policy.ground_outage} hours in a row, or under ${policy.ground_uptime / 100} % in all`;
  if (upShare(seen.upMs, seen.downMs) === null)
    return { ground: false, sentence: "Nobody has looked at the preview since the window opened." };
  const measured =
    seen.downMs === 0
      ? "The preview was up whenever we looked since the window opened"
      : `Since the window opened the preview was down for ${inHours(seen.downMs)} in all, ${inHours(seen.longestMs)} in a row`;
  return long || often
    ? {
        ground: true,
        sentence: `${measured}: more than the limit (${limits}). That is a ground, but never alone once the public source builds.`,
      }
    : { ground: false, sentence: `${measured}. By itself that is no ground; it would be one beyond ${limits}.` };
}

/** "7 hours", "40 minutes". */
export function inHours(ms: number): string {
  const minutes = Math.round(ms / MINUTE_MS);
  if (minutes < 120) return minutes === 1 ? "1 minute" : `${minutes} minutes`;
  return `${Math.round(ms / HOUR_MS)} hours`;
}
