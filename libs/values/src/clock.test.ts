import { expect, test } from "vitest";
import { after, DAY_MS, within } from "./clock.ts";

test.each(["UTC", "Europe/Berlin", "America/Los_Angeles"])(
  "E5 fourteen days are as long over a change of clocks or a leap day as ever, in %s",
  (zone) => {
    const before = process.env["TZ"];
    process.env["TZ"] = zone;
    try {
      for (const start of ["2026-03-20T01:30:00Z", "2026-10-20T00:30:00Z", "2028-02-20T12:00:00Z"]) {
        const from = new Date(start);
        const until = after(from, 14 * DAY_MS);
        expect(until.getTime() - from.getTime()).toBe(1_209_600_000);
        expect(within(after(until, -1), from, until)).toBe(true);
        expect(within(until, from, until)).toBe(false);
      }
    } finally {
      if (before === undefined) delete process.env["TZ"];
      else process.env["TZ"] = before;
    }
  },
);
