import fc from "fast-check";
import { expect, test } from "vitest";
import { add, allocate, basisPointsDown, basisPointsUp, formatMoney, type Money, usd } from "./index.ts";

test("parts of a split sum add up exactly, and no part is off by more than one minor unit", () => {
  const weights = fc.array(fc.bigInt({ min: 0n, max: 10_000n }), { minLength: 1, maxLength: 9 });
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10n ** 15n }), weights, (minor, parts) => {
      fc.pre(parts.some((part) => part > 0n));
      const shares = allocate(minor, parts);
      const whole = parts.reduce((a, b) => a + b, 0n);
      expect(shares.reduce((a, b) => a + b, 0n)).toBe(minor);
      shares.forEach((share, i) => {
        const exact = (minor * parts[i]!) / whole;
        expect(share === exact || share === exact + 1n).toBe(true);
      });
    }),
  );
});

test("a hundred over three equal parts is 34, 33, 33", () => {
  expect(allocate(100n, [1n, 1n, 1n])).toEqual([34n, 33n, 33n]);
});

test("a split by negative weights, or by none above zero, is refused", () => {
  expect(() => allocate(100n, [0n])).toThrow("split");
  expect(() => allocate(100n, [2n, -1n])).toThrow("split");
  expect(() => allocate(-1n, [1n])).toThrow("split");
});

test("basis points round up for what is charged and down for what is kept", () => {
  expect(basisPointsUp(1001n, 300n)).toBe(31n);
  expect(basisPointsDown(1010n, 500n)).toBe(50n);
});

test("currencies do not mix", () => {
  expect(() => add(usd(1n), { minor: 1n, currency: "EUR" } as unknown as Money)).toThrow("do not mix");
});

test("money reads as people write it", () => {
  expect(formatMoney(usd(124_000n))).toBe("$1,240");
  expect(formatMoney(usd(1065n))).toBe("$10.65");
  expect(formatMoney(usd(4000n), { cents: true })).toBe("$40.00");
  expect(formatMoney(usd(-35n))).toBe("−$0.35");
});
