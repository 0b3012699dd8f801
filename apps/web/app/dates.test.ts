import { describe, expect, it } from "vitest";
import { agoOf, dayOf, hourOf, momentOf, spanOf } from "./dates.ts";

const now = new Date("2026-05-05T10:00:00Z");

describe("a date on a page", () => {
  it("is said as people say it, in UTC", () => {
    expect(momentOf(new Date("2026-05-14T18:00:00Z"), now)).toBe("Thursday 14 May, 18:00 UTC");
    expect(dayOf(new Date("2026-05-14T18:00:00Z"), now)).toBe("14 May");
    expect(hourOf(new Date("2026-05-05T09:12:00Z"), now)).toBe("09:12 UTC");
    expect(hourOf(new Date("2026-05-04T00:00:00Z"), now)).toBe("4 May, 00:00 UTC");
  });

  it("names the year when it is not this one", () => {
    expect(momentOf(new Date("2027-01-01T00:30:00Z"), now)).toBe("Friday 1 January 2027, 00:30 UTC");
  });

  it("says how long something took, no finer than people ask", () => {
    expect([20, 2400, 3600, 18_000, 187_200, 172_800, 1_400_000].map(spanOf)).toEqual([
      "1 minute",
      "40 minutes",
      "1 hour",
      "5 hours",
      "2 days 4 hours",
      "2 days",
      "16 days",
    ]);
  });

  it("says how long ago, roughly", () => {
    expect(agoOf(now, now)).toBe("just now");
    expect(agoOf(new Date("2026-05-05T09:54:00Z"), now)).toBe("6 minutes ago");
    expect(agoOf(new Date("2026-05-05T08:59:00Z"), now)).toBe("1 hour ago");
    expect(agoOf(new Date("2026-05-01T10:00:00Z"), now)).toBe("on 1 May");
  });
});
