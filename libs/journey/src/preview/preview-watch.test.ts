import { after, DAY_MS, HOUR_MS, MINUTE_MS } from "@freehold/values";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { foundingPolicy } from "../policy.ts";
import {
  downStretches,
  isUp,
  movedEnd,
  nextVisit,
  outageAsGround,
  type Seen,
  standingOf,
  UNSEEN_MS,
} from "./preview-watch.ts";

const start = new Date("2026-05-01T00:00:00Z");

/** "15 u u d d": a visit every so many minutes, each up or down. */
function told(words: string): Seen[] {
  const [every, ...met] = words.split(" ");
  return met.map((word, index) => ({ at: after(start, index * Number(every) * MINUTE_MS), up: word === "u" }));
}
const repeated = (count: number, word: string) => Array.from({ length: count }, () => word).join(" ");
const minutes = (visits: Seen[], now = visits.at(-1)!.at) =>
  downStretches(visits, now).map(({ from, ms, open }) => [
    (from.getTime() - start.getTime()) / MINUTE_MS,
    ms / MINUTE_MS,
    open,
  ]);

describe("what counts as up", () => {
  test.each([
    ["page", 200, true],
    ["page", 399, true],
    ["page", 401, false],
    ["page", 403, false],
    ["page", 404, false],
    ["page", 503, false],
    ["recording", 404, false],
    ["download", 416, false],
    ["api", 200, true],
    ["api", 401, true],
    ["api", 405, true],
    ["api", 429, true],
    ["api", 404, false],
    ["api", 410, false],
    ["api", 500, false],
    ["api", null, false],
    ["page", null, false],
  ] as const)("%s answering %s: %s", (kind, status, up) => expect(isUp(kind, status)).toBe(up));
});

describe("down", () => {
  test("is not one lost packet, and is counted from the first of two", () => {
    expect(minutes(told("15 u d u u"))).toEqual([]);
    expect(minutes(told("15 u d d u"))).toEqual([[15, 30, false]]);
    expect(minutes(told("15 u d d"))).toEqual([[15, 15, true]]);
    expect(minutes(told("15 u d d u d u d d"))).toEqual([
      [15, 30, false],
      [90, 15, true],
    ]);
  });

  test("is not claimed of time in which nobody looked", () => {
    expect(minutes(told("120 u d d d u"))).toEqual([]);
    const beforeAndAfter = [...told("15 d d"), { at: after(start, 5 * DAY_MS), up: false }];
    expect(minutes(beforeAndAfter)).toEqual([[0, 15, false]]);
    expect(minutes(told("15 d d"), after(start, 15 * MINUTE_MS + UNSEEN_MS))).toEqual([[0, 75, true]]);
    expect(minutes(told("15 d d"), after(start, 16 * MINUTE_MS + UNSEEN_MS))).toEqual([[0, 15, false]]);
  });
});

describe("an outage", () => {
  const standing = (words: string) => {
    const visits = told(words);
    const { outageMs, tell, gone } = standingOf(visits, visits.at(-1)!.at, foundingPolicy);
    return [outageMs / HOUR_MS, tell?.because ?? null, gone];
  };
  test("is more than six hours in a row", () => {
    expect(standing(`60 ${repeated(7, "d")}`)).toEqual([0, null, false]);
    expect(standing(`60 ${repeated(8, "d")}`)).toEqual([7, "in_a_row", false]);
    expect(standing(`60 ${repeated(8, "d")} u`)).toEqual([8, null, false]);
  });
  test("or more than a day in sum, and then all of it counts", () => {
    const fourHours = `${repeated(4, "d")} u`;
    expect(standing(`60 ${repeated(6, fourHours)}`)).toEqual([0, null, false]);
    expect(standing(`60 ${repeated(7, fourHours)}`)).toEqual([28, "in_sum", false]);
  });
  test("closes the preview when it is longer than three days", () => {
    expect(standing(`60 ${repeated(73, "d")}`)).toEqual([72, "in_a_row", false]);
    expect(standing(`60 ${repeated(74, "d")}`)).toEqual([73, "in_a_row", true]);
  });
});

describe("the end", () => {
  const span = {
    openedAt: start,
    closesAt: after(start, 14 * DAY_MS),
    movedMs: 0,
    windowDays: 14,
    decideBy: null as Date | null,
  };
  test("moves by the outage, not beyond what preview and window may last, nor beyond the latest day", () => {
    const moved = (given: Partial<typeof span>, hours: number) =>
      movedEnd({ ...span, ...given }, hours * HOUR_MS, foundingPolicy).movedMs / HOUR_MS;
    expect(moved({}, 7)).toBe(7);
    expect(moved({}, 500)).toBe(72);
    expect(moved({ windowDays: 20 }, 70)).toBe(24);
    expect(moved({ windowDays: 21 }, 70)).toBe(0);
    expect(moved({ closesAt: after(start, 27 * DAY_MS), windowDays: 7 }, 70)).toBe(24);
    expect(moved({ decideBy: after(start, 14 * DAY_MS + HOUR_MS) }, 70)).toBe(1);
  });

  const visits = fc
    .array(
      fc.record({ gap: fc.integer({ min: 0, max: 65 }), up: fc.integer({ min: 0, max: 5 }).map((n) => n === 0) }),
      { maxLength: 500, size: "max" },
    )
    .map((steps) => {
      let at = start;
      return steps.map(({ gap, up }) => ({ at: (at = after(at, gap * MINUTE_MS)), up }));
    });

  test("never moves by more than 72 hours, never comes nearer, and stays within 35 days, whatever is met", () => {
    let longest = 0;
    fc.assert(
      fc.property(visits, fc.integer({ min: 7, max: 30 }), (seen, windowDays) => {
        let now = { ...span, closesAt: after(start, Math.min(14, 35 - windowDays) * DAY_MS), windowDays };
        const announced = now.closesAt.getTime();
        for (let i = 0; i < seen.length; i += 7) {
          const at = seen[i]!.at;
          const { outageMs } = standingOf(seen.slice(0, i + 1), at, foundingPolicy);
          const next = { ...now, ...movedEnd(now, outageMs, foundingPolicy) };
          expect(next.closesAt.getTime()).toBeGreaterThanOrEqual(now.closesAt.getTime());
          expect(next.closesAt.getTime() - announced).toBe(next.movedMs);
          now = next;
        }
        longest = Math.max(longest, now.movedMs);
        expect(now.movedMs).toBeLessThanOrEqual(72 * HOUR_MS);
        expect(now.closesAt.getTime()).toBeLessThanOrEqual(start.getTime() + (35 - windowDays) * DAY_MS);
      }),
      { numRuns: 100 },
    );
    expect(longest, "the bound was met").toBe(72 * HOUR_MS);
  });

  test("is the same when the visits that changed nothing are left out, and grows with each visit", () => {
    fc.assert(
      fc.property(visits, (seen) => {
        const now = seen.at(-1)?.at ?? start;
        const kept = seen.filter((visit, index) => !visit.up || !(seen[index - 1]?.up ?? false));
        expect(standingOf(kept, now, foundingPolicy)).toEqual(standingOf(seen, now, foundingPolicy));
        const shorter = seen.slice(0, -1);
        const before = standingOf(shorter, shorter.at(-1)?.at ?? start, foundingPolicy);
        expect(standingOf(seen, now, foundingPolicy).outageMs).toBeGreaterThanOrEqual(before.outageMs);
      }),
      { numRuns: 200 },
    );
  });
});

test("the next visit comes soon after a failure, and before the end when it is down", () => {
  const wait = (...given: [boolean, boolean, Date | null, number]) =>
    (nextVisit(start, ...given).getTime() - start.getTime()) / MINUTE_MS;
  expect([wait(true, false, null, 0), wait(true, false, null, 1)]).toEqual([13.5, 16.5]);
  expect(wait(false, false, null, 0.5)).toBeCloseTo(3);
  expect(wait(false, true, null, 0.5)).toBeCloseTo(15);
  expect(wait(false, true, after(start, 5 * MINUTE_MS), 0.5)).toBe(4);
  expect(wait(true, false, after(start, 5 * MINUTE_MS), 0.5)).toBeCloseTo(15);
});

describe("in the window", () => {
  const ground = (up: number, down: number, longest: number) =>
    outageAsGround({ upMs: up * HOUR_MS, downMs: down * HOUR_MS, longestMs: longest * HOUR_MS }, foundingPolicy);
  test("an outage is a ground above a day in a row or under 95 %, and says that it is never one alone", () => {
    expect(ground(100, 0, 0).ground).toBe(false);
    expect(ground(96, 5, 5).ground).toBe(false);
    expect(ground(94, 6, 2)).toMatchObject({
      ground: true,
      sentence: expect.stringContaining("never alone") as string,
    });
    expect(ground(1000, 24, 24).ground).toBe(false);
    expect(ground(1000, 25, 25).ground).toBe(true);
    expect(ground(0, 1, 1).ground, "a bad first hour").toBe(false);
    expect(ground(0, 0, 0)).toEqual({
      ground: false,
      sentence: expect.stringContaining("Nobody has looked") as string,
    });
  });
});
