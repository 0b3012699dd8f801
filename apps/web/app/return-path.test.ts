import { describe, expect, it } from "vitest";
import { carryTyped, safeReturnPath, signInPath } from "./return-path.ts";

describe("where somebody is sent after signing in", () => {
  it("stays on this site", () => {
    expect(safeReturnPath("/proposals/1/estimate?amount=40")).toBe("/proposals/1/estimate?amount=40");
    for (const bad of [
      "https://evil.example/",
      "//evil.example",
      "/\\evil.example",
      "/\t/evil.example",
      "/a/..//evil.example/../\\x",
      "javascript:alert(1)",
      "",
      null,
      `/${"a".repeat(2000)}`,
    ])
      expect(safeReturnPath(bad)).toBe("/");
  });

  it("never leads to an address that acts by itself", () => {
    for (const bad of [
      "/oauth/login?handle=mallory",
      "/api/session/end",
      "/sign-out",
      "/x/../oauth/login",
      "/sign-in?return=/",
    ])
      expect(safeReturnPath(bad)).toBe("/");
    expect(safeReturnPath("/works")).toBe("/works");
  });

  it("carries what was typed, or says that it is too long", () => {
    expect(carryTyped("/propose", { title: "A & B", body: "" })).toBe("/propose?title=A+%26+B");
    expect(carryTyped("/propose", { body: "x".repeat(2000) })).toBeNull();
    const back = carryTyped("/proposals/1/estimate", { amount: "40" });
    expect(signInPath(back ?? "")).toBe("/sign-in?return=%2Fproposals%2F1%2Festimate%3Famount%3D40");
  });
});
