import { describe, expect, it } from "vitest";
import { basisPointsOf, sharesOf } from "./policy.ts";

describe("what a developer is told before deciding", () => {
  it("is the held sum, Freehold's share of it, rounded down, and the rest", () => {
    const shares = sharesOf({ minor: "6519", currency: "USD" }, "5 %");
    expect([shares?.fee.minor, shares?.net.minor]).toEqual(["325", "6194"]);
  });

  it("is nothing rather than something wrong when the rate is not understood", () => {
    expect(basisPointsOf("2.50 %")).toBe(250n);
    expect(basisPointsOf("5 percent")).toBeNull();
    expect(sharesOf({ minor: "100", currency: "USD" }, undefined)).toBeNull();
  });
});
