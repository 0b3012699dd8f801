import type { FailCode } from "../verdict.ts";
import type { FaultFacts } from "../evidence.ts";
import { fail, human, isFault, ok, unclear, type Outcome } from "./outcome.ts";

const HOUR_MS = 3_600_000;

/** What the window looked like from beginning to end, as the chain of reports tells it. */
export interface WindowSeen {
  /** ISO, UTC: when the code was first seen public without a break until now, and the moment of this look. */
  from: string;
  until: string;
  /** How often we looked, and how often everything was in order. */
  looks: number;
  good: number;
  /** Milliseconds between looks beyond the six hours that may pass, all together, and how far the end moved for them. */
  unobservedMs: number;
  /** The longest time between two looks, in milliseconds. */
  longestGapMs?: number;
  movedMs: number;
  /** What was wrong at the last look that found something, and has not been seen in order since. */
  gone: { code: FailCode; since: string } | null;
}

export type HeldFacts =
  | {
      kind: "glance";
      /** The last whole look: its report's digest, and what the server showed then (its digest). */
      since: string;
      wholeLook: string;
      advertisementThen: string;
      advertisement: string;
    }
  | ({ kind: "window" } & WindowSeen)
  | FaultFacts;

/** The end never moves further than this for time in which nobody could look. */
const CAP_MS = 72 * HOUR_MS;

/** Check 10. The code stayed public while backers had time to object. */
export const held = {
  name: "held" as const,
  judge(facts: HeldFacts): Outcome {
    if (isFault(facts)) return unclear(facts, "The window could not be looked back on");
    if (facts.kind === "glance") {
      if (facts.advertisement === facts.advertisementThen) {
        return ok(`Nothing has moved since ${momentOf(facts.since)}.`);
      }
      const sentence = "Something moved in the repository; it has to be looked at as a whole.";
      return { kind: "inconclusive", cause: "gap", retryAfterMs: 60_000, sentence };
    }
    if (facts.gone) {
      return fail(facts.gone.code, `Since ${momentOf(facts.gone.since)} the release has not been in order.`);
    }
    if (facts.unobservedMs - facts.movedMs > CAP_MS) {
      return human("outage_over_cap", "The repository could not be watched for more than three days.");
    }
    const hours = facts.longestGapMs === undefined ? null : Math.max(1, Math.round(facts.longestGapMs / HOUR_MS));
    const gap =
      hours === null ? "" : ` The longest time between two looks was ${hours === 1 ? "an hour" : `${hours} hours`}.`;
    return ok(
      `We looked ${facts.looks === 1 ? "once" : `${facts.looks} times`} between ${momentOf(facts.from)} and ${momentOf(facts.until)}, and it was there.${gap}`,
    );
  },
};

/** "2026-05-20 12:00 UTC" */
const momentOf = (iso: string) => `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
