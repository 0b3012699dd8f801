import { stages } from "@freehold/contract";
import { describe, expect, it } from "vitest";
import { developmentSample, proposalSample } from "./samples.ts";
import { railOf, stageLineOf, stops } from "./stage-line-model.ts";

const statesOf = (line: ReturnType<typeof railOf>) => line.stops.map((stop) => stop.state[0]).join("");

describe("the stage line", () => {
  it("has one stop that is now at every stage, everything before it past and everything after it ahead", () => {
    for (const stage of stages) expect(statesOf(railOf(stage)), stage).toMatch(/^p*na*$/);
    expect(statesOf(railOf("open"))).toBe("naaaaa");
    expect(statesOf(railOf("in_preview"))).toBe("ppnaaa");
    expect(statesOf(railOf("in_verification"))).toBe("ppppna");
    expect(statesOf(railOf("settled"))).toBe("pppppn");
  });

  it("is the hold from the preview to the proof, and nowhere else", () => {
    const held = railOf("in_preview").stops.filter((stop) => stop.hold);
    expect(held.map((stop) => stop.name)).toEqual(["try it", "decision", "proof"]);
    expect(stops).toHaveLength(6);
  });

  it("dates the past by what happened and the future by what was promised", () => {
    const line = stageLineOf(proposalSample("in_preview"));
    expect(line.stops.map((stop) => stop.when && `${stop.when.label} ${stop.when.at.slice(0, 10)}`.trim())).toEqual([
      "2026-03-03",
      "2026-04-02",
      "until 2026-05-14",
      "by 2026-05-21",
      null,
      null,
    ]);
  });

  it("bends back to wish from as far as the development came", () => {
    const decided = {
      ...developmentSample(),
      decision: { kind: "decline" as const, note: null, at: "2026-05-15T10:00:00.000Z" },
    };
    expect(stageLineOf({ ...proposalSample("refunding"), development: decided }).bendsBack).toBe(3);
    expect(stageLineOf(proposalSample("refunding")).bendsBack).toBe(2);
    expect(railOf("refunding").bendsBack).toBeGreaterThan(0);
    expect(railOf("settling").bendsBack).toBe(0);
  });
});
