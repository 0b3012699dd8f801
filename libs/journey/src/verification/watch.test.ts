import { after, DAY_MS, HOUR_MS } from "@freehold/values";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lookedAt, type Looked, type Seen, type Watch, type WatchTerms } from "./watch.ts";

const opensAt = new Date("2026-05-01T12:00:00Z");
const hours = (count: number) => after(opensAt, count * HOUR_MS);
const fresh: Watch = {
  opensAt,
  endsAt: after(opensAt, 14 * DAY_MS),
  lastGoodAt: opensAt,
  publicSince: opensAt,
  suspended: null,
  failedLooks: 0,
  cureUntil: null,
  unobservedMs: 0,
  movedMs: 0,
  restarts: 0,
};
const terms: WatchTerms = {
  windowMs: 14 * DAY_MS,
  cureMs: 72 * HOUR_MS,
  everyMs: 6 * HOUR_MS,
  movesAtMostMs: 72 * HOUR_MS,
  absenceMs: 24 * HOUR_MS,
  latest: after(opensAt, 45 * DAY_MS),
};
const good: Seen = { kind: "good" };
const away: Seen = { kind: "unclear", retryAt: null };
const bad = (code: string, curable = true): Seen => ({ kind: "bad", code, sentence: "It is gone.", curable });
const gone = bad("withdrawn_in_window");
const absent = bad("not_public");

/** Looks one after another at hours since the opening; machine time passes as the story's does. */
function looks(steps: readonly [hour: number, seen: Seen][], from = fresh, with_ = terms) {
  let watch = from;
  let previousAt = from.lastGoodAt;
  const became: string[] = [];
  let last: Looked | undefined;
  for (const [hour, seen] of steps) {
    const at = hours(hour);
    last = lookedAt(
      watch,
      seen,
      { at, previousAt, machineMs: at.getTime() - previousAt.getTime(), jitter: 0.5 },
      with_,
    );
    watch = last.watch;
    previousAt = at;
    became.push(...last.became.map((what) => `${hour} ${what}`));
  }
  return { watch, became, nextLookAt: last!.nextLookAt };
}
const movedBy = ({ watch }: { watch: Watch }) => (watch.endsAt.getTime() - fresh.endsAt.getTime()) / HOUR_MS;

describe("looks that find everything in order", () => {
  test("change nothing, and the next one comes within six hours, not at the same minute as everybody's", () => {
    const told = looks([
      [5, good],
      [10.5, good],
    ]);
    expect(told.became).toEqual([]);
    expect(told.watch).toEqual({ ...fresh, lastGoodAt: hours(10.5) });
    const spread = [0, 1].map(
      (jitter) =>
        lookedAt(fresh, good, { at: hours(1), previousAt: opensAt, machineMs: HOUR_MS, jitter }, terms).nextLookAt,
    );
    expect(spread).toEqual([hours(5.5), hours(7)]);
  });
});

describe("case 24: a forge that is away", () => {
  test("moves the end by the time beyond six hours in which nobody could look, while it is away", () => {
    expect(
      movedBy(
        looks([
          [5, good],
          [9, away],
        ]),
      ),
    ).toBe(0);
    expect(
      movedBy(
        looks([
          [5, good],
          [9, away],
          [13, away],
        ]),
      ),
    ).toBe(2);
    const back = looks([
      [5, good],
      [9, away],
      [13, away],
      [25, good],
    ]);
    expect(movedBy(back)).toBe(14);
    expect(back.watch.suspended).toBeNull();
    expect(
      looks([
        [5, good],
        [9, away],
        [13, away],
        [25, good],
        [30, good],
      ]).watch,
    ).toEqual({
      ...back.watch,
      lastGoodAt: hours(30),
    });
  });

  test("moves it three days at most, and says once that this is used up", () => {
    const long = looks([...Array(40)].map((_, index) => [6 + 6 * index, away] as const as [number, Seen]));
    expect(movedBy(long)).toBe(72);
    expect(long.became.filter((line) => line.endsWith("over_cap"))).toEqual(["78 over_cap"]);
    expect(long.watch.unobservedMs).toBeGreaterThan(72 * HOUR_MS);
  });

  test("moves nothing once the end has passed: the right to object follows the end that was shown", () => {
    const near = { ...fresh, lastGoodAt: hours(14 * 24 - 5) };
    expect(movedBy(looks([[14 * 24 + 10, away]], near))).toBe(0);
  });

  test("honours what the server asks for, within the six hours", () => {
    const asks = (hour: number): Seen => ({ kind: "unclear", retryAt: hours(hour) });
    expect(looks([[1, asks(3)]]).nextLookAt).toEqual(hours(3));
    expect(looks([[1, asks(30)]]).nextLookAt).toEqual(hours(7));
  });
});

describe("time in which we were away ourselves", () => {
  test("moves the end; a clock that was wound does not", () => {
    expect(movedBy(looks([[20, good]]))).toBe(14);
    const wound = lookedAt(fresh, good, { at: hours(100), previousAt: opensAt, machineMs: 5000, jitter: 0 }, terms);
    expect(wound.watch.endsAt).toEqual(fresh.endsAt);
  });
});

describe("a release that is gone", () => {
  test("case 17: suspends payment at once, may be cured for 72 hours, and the window starts again when it is back", () => {
    const told = looks([[120, gone]], { ...fresh, lastGoodAt: hours(116) });
    expect(told.became).toEqual(["120 suspended", "120 cure_begun"]);
    expect(told.watch).toMatchObject({
      suspended: { at: hours(120), code: "withdrawn_in_window" },
      cureUntil: hours(192),
    });
    const back = looks([
      [120, gone],
      [150, gone],
      [191, good],
    ]);
    expect(back.became.slice(-2)).toEqual(["191 restored", "191 restarted"]);
    expect(back.watch).toMatchObject({ suspended: null, cureUntil: null, endsAt: hours(191 + 14 * 24), restarts: 1 });
  });

  test("case 17: is lost when the 72 hours are over, and never before", () => {
    expect(
      looks([
        [120, gone],
        [191.9, gone],
      ]).became,
    ).not.toContain("191.9 lost");
    expect(
      looks([
        [120, gone],
        [191.9, gone],
        [192, gone],
      ]).became.at(-1),
    ).toBe("192 lost");
    expect(
      looks([
        [120, gone],
        [193, away],
        [200, away],
      ]).became,
    ).not.toContain("200 lost");
    expect(looks([[120, gone]]).nextLookAt <= hours(192)).toBe(true);
  });

  test("case 8: one answer 404 suspends and proves nothing: three looks over a day do, and only then the 72 hours begin", () => {
    expect(looks([[1, absent]]).watch).toMatchObject({ suspended: { code: "not_public" }, cureUntil: null });
    expect(
      looks([
        [1, absent],
        [1.5, absent],
        [2, absent],
        [24, absent],
      ]).watch.cureUntil,
    ).toBeNull();
    expect(
      looks([
        [1, absent],
        [25, absent],
      ]).watch.cureUntil,
    ).toBeNull();
    expect(
      looks([
        [1, absent],
        [12, absent],
        [25, absent],
      ]).watch.cureUntil,
    ).toEqual(hours(25 + 72));
    expect(
      looks([
        [1, absent],
        [12, absent],
        [25, absent],
        [97, absent],
      ]).became.at(-1),
    ).toBe("97 lost");
  });

  test("case 9: private for two hours on day 3 and public again: the window starts again on day 3", () => {
    const told = looks([
      [72, absent],
      [74, good],
    ]);
    expect(told.became).toEqual(["72 suspended", "74 restored", "74 restarted"]);
    expect(told.watch.endsAt).toEqual(hours(74 + 14 * 24));
  });

  test("the window starts again once, whatever the cause, and never beyond the latest day", () => {
    const twice = looks([
      [72, absent],
      [74, good],
      [100, gone],
      [110, good],
    ]);
    expect(twice.watch).toMatchObject({ restarts: 1, endsAt: hours(74 + 14 * 24), suspended: null });
    const late = looks(
      [
        [72, absent],
        [74, good],
      ],
      fresh,
      { ...terms, latest: hours(15 * 24) },
    );
    expect(late.watch.endsAt).toEqual(hours(15 * 24));
  });

  test("going private again and again buys nothing after the one restart: few looks that find nothing, and it is lost", () => {
    const flapping: [number, Seen][] = [
      [72, absent],
      [74, good],
    ];
    for (let hour = 80; hour < 200; hour += 10) flapping.push([hour, absent], [hour + 0.5, good]);
    const told = looks(flapping);
    expect(told.became.filter((line) => line.endsWith("lost"))[0]).toBe("130 lost");
    const gonetwice = looks([
      [72, gone],
      [74, good],
      [100, gone],
      [100.5, gone],
    ]);
    expect(gonetwice.became.at(-1)).toBe("100.5 lost");
  });

  test("the time to make it good ends with the latest day", () => {
    const bound = { ...terms, latest: hours(100) };
    expect(looks([[90, gone]], { ...fresh, endsAt: hours(99) }, bound).watch.cureUntil).toEqual(hours(100));
  });

  test("another repository in its place cannot be cured, and is believed at the second look", () => {
    const other = bad("identity_changed", false);
    expect(looks([[10, other]]).became).toEqual(["10 suspended"]);
    expect(
      looks([
        [10, other],
        [10.5, other],
      ]).became,
    ).toEqual(["10 suspended", "10.5 lost"]);
  });
});

test("whatever is seen in whatever order: the end only moves later, never past its bounds; what is gone is suspended", () => {
  const seen = fc.oneof(
    fc.constant(good),
    fc.constant(away),
    fc.constantFrom("not_public", "withdrawn_in_window", "license_not_allowed").map((code) => bad(code)),
    fc.constant(bad("identity_changed", false)),
  );
  const step = fc.tuple(fc.double({ min: 0.01, max: 60, noNaN: true }), seen, fc.boolean());
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 14, max: 60 }), (steps, latestDay) => {
      const bound = { ...terms, latest: after(opensAt, latestDay * DAY_MS) };
      let watch = fresh;
      let previousAt = opensAt;
      for (const [gap, what, wound] of steps) {
        const at = after(previousAt, Math.round(gap * HOUR_MS));
        const machineMs = wound ? 1000 : at.getTime() - previousAt.getTime();
        const {
          watch: next,
          nextLookAt,
          became,
        } = lookedAt(watch, what, { at, previousAt, machineMs, jitter: gap % 1 }, bound);
        expect(next.endsAt >= watch.endsAt).toBe(true);
        expect(next.endsAt <= bound.latest || next.endsAt.getTime() === watch.endsAt.getTime()).toBe(true);
        expect(next.movedMs).toBeLessThanOrEqual(terms.movesAtMostMs);
        expect(next.restarts).toBeLessThanOrEqual(1);
        expect(next.suspended !== null).toBe(
          what.kind === "bad" || (what.kind === "unclear" && watch.suspended !== null),
        );
        expect(nextLookAt > at || became.includes("lost")).toBe(true);
        expect(nextLookAt.getTime() - at.getTime()).toBeLessThanOrEqual(terms.everyMs);
        if (became.includes("lost")) expect(what.kind).toBe("bad");
        if (what.kind === "unclear") expect(became).not.toContain("suspended");
        watch = next;
        previousAt = at;
      }
    }),
  );
});
