import { expect, test } from "vitest";
import { sizeOf } from "./preview-section.tsx";
import { cellWords, shareOf } from "./uptime.tsx";

const hour = 3_600_000;
const cell = (up: number, down: number) => ({
  from: "2026-05-01T00:00:00.000Z",
  until: "2026-05-01T06:00:00.000Z",
  upMs: up * hour,
  downMs: down * hour,
});

test.each([
  [cell(6, 0), "up"],
  [cell(0, 6), "down"],
  [cell(4, 2), "down for 2 hours"],
  [cell(0, 0), "nobody looked"],
  [cell(2, 0), "up; for 4 hours nobody looked"],
])("what was met is said in words", (met, words) => expect(cellWords(met)).toBe(words));

test("a share is never rounded up", () => {
  expect([10_000, 9999, 9500, 0].map(shareOf)).toEqual(["100 %", "99.9 %", "95 %", "0 %"]);
});

test("sizes are as people say them", () => {
  expect([412, 38_000, 1_240_000, 200_000_000].map(sizeOf)).toEqual(["412 bytes", "38 kB", "1.2 MB", "200 MB"]);
});
