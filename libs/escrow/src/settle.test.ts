import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { split } from "./settle.ts";

describe("F10 splitting one pledge", () => {
  test("101 at 5 % is 5 for the platform and 96 for the developer", () => {
    expect(split(101n, 500, [{ payeeId: "dave", basisPoints: 10_000 }])).toEqual({
      platformFee: 5n,
      payees: [{ payeeId: "dave", amount: 96n, platformFee: 5n }],
    });
  });

  test("a share too small for a cent is left out, and its cent goes to another", () => {
    const lines = [
      { payeeId: "dave", basisPoints: 9999 },
      { payeeId: "erin", basisPoints: 1 },
    ];
    expect(split(500n, 500, lines)).toEqual({
      platformFee: 25n,
      payees: [{ payeeId: "dave", amount: 475n, platformFee: 25n }],
    });
  });

  test("platform's part and shares add up to the pledge, and the platform never takes more than its rate", () => {
    const shares = fc.array(fc.integer({ min: 1, max: 10_000 }), { minLength: 0, maxLength: 5 }).map((parts) => {
      const sum = parts.reduce((a, b) => a + b, 0);
      const fitting = sum >= 10_000 ? parts.map((part) => Math.max(1, Math.floor((part * 5000) / sum))) : parts;
      return [...fitting, 10_000 - fitting.reduce((a, b) => a + b, 0)];
    });
    fc.assert(
      fc.property(
        fc.bigInt({ min: 500n, max: 500_000n }),
        fc.integer({ min: 0, max: 2000 }),
        shares,
        (amount, rate, parts) => {
          const lines = parts.map((basisPoints, i) => ({ payeeId: `payee ${i}`, basisPoints }));
          const { platformFee, payees } = split(amount, rate, lines);
          expect(platformFee + payees.reduce((sum, payee) => sum + payee.amount, 0n)).toBe(amount);
          expect(payees.reduce((sum, payee) => sum + payee.platformFee, 0n)).toBe(platformFee);
          expect(platformFee * 10_000n <= amount * BigInt(rate)).toBe(true);
          expect(payees.every((payee) => payee.amount > 0n)).toBe(true);
        },
      ),
    );
  });
});
