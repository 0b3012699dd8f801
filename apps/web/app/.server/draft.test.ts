import { describe, expect, it } from "vitest";
import { dropDraft, keepDraft, readDraft, withoutDraft } from "./draft.ts";

const sentBack = (lines: string[]) =>
  new Request("http://127.0.0.1/propose", { headers: { cookie: lines.map((line) => line.split(";")[0]).join("; ") } });

describe("a long form that is carried through signing in", () => {
  const typed = { title: "Read threads offline", body: "On the train, naïvely – 🚆\n".repeat(380), points: "One\nTwo" };

  it("comes back as it was typed", () => {
    const lines = keepDraft("/propose", typed) ?? [];
    expect(lines.every((line) => line.includes("Path=/propose;") && line.includes("HttpOnly"))).toBe(true);
    expect(readDraft(sentBack(lines))).toEqual(typed);
  });

  it("is let go when it is too long for cookies, and when it makes no sense", () => {
    const noise = Array.from({ length: 20_000 }, (_nothing, index) =>
      String.fromCodePoint(0x4e00 + ((index * 7919) % 20_000)),
    ).join("");
    expect(keepDraft("/propose", { body: noise })).toBeNull();
    expect(readDraft(new Request("http://x/", { headers: { cookie: "freehold_draft0=AAAA" } }))).toBeNull();
    expect(readDraft(new Request("http://x/"))).toBeNull();
  });

  it("never reaches the api, and is forgotten once it is used", () => {
    const request = sentBack([...(keepDraft("/propose", typed) ?? []), "freehold_session=abc"]);
    expect(withoutDraft(request.headers.get("cookie") ?? "")).toBe("freehold_session=abc");
    expect(dropDraft("/propose", request).every((line) => line.includes("Max-Age=0"))).toBe(true);
    expect(dropDraft("/propose", new Request("http://x/"))).toEqual([]);
  });
});
