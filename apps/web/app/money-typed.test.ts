import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readMoney, typedMoney } from "./money-typed.ts";

describe("a sum that somebody typed", () => {
  it("is read exactly", () => {
    const read = (text: string) => readMoney(text);
    for (const [typed, minor] of [
      ["40", "4000"],
      ["40.00", "4000"],
      ["$40", "4000"],
      [" $ 40 ", "4000"],
      ["US$40.5", "4050"],
      ["0.07", "7"],
      ["1,240.10", "124010"],
      ["25.01", "2501"],
      ["007", "700"],
      ["0", "0"],
      ["9999999999.99", "999999999999"],
    ] as const)
      expect(read(typed), typed).toEqual({ minor, currency: "USD" });
  });

  it("is refused with a sentence when it is not plainly a sum", () => {
    for (const typed of [
      "",
      "1e3",
      "25.005",
      "-5",
      "$-5",
      "−5",
      "40,00",
      "1,24",
      "0x10",
      "٤٠",
      "forty",
      "4 0",
      "5.",
      "NaN",
      "40 USD",
      "10000000000.00",
    ])
      expect(readMoney(typed), typed).toHaveProperty("fault", expect.stringMatching(/^[A-Z].*\.$/));
  });

  it("survives being shown and typed again", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 999_999_999_999n }), (minor) => {
        expect(readMoney(typedMoney({ minor: String(minor) }))).toEqual({ minor: String(minor), currency: "USD" });
      }),
    );
  });
});
