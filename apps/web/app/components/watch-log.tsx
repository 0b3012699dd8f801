import type { LookView, ReleasePage } from "@freehold/contract";
import { spanOf } from "../dates.ts";
import { Moment } from "./moment.tsx";

type Watch = NonNullable<ReleasePage["watch"]>;

const marks: Readonly<Record<LookView["outcome"], string>> = {
  pass: "in order",
  fail: "not in order",
  inconclusive: "could not look",
  needs_human: "with staff",
};
const looks: Readonly<Record<LookView["phase"], string>> = {
  release: "first look",
  glance: "look",
  recheck: "whole look",
  final: "final look",
};

/** What keeps a release from being paid, or how long the window goes on, in sentences. */
export function WatchState({ watch }: { watch: Watch }) {
  return (
    <>
      {watch.suspended !== null && (
        <p className="objection">
          <strong>
            Payment is suspended since <Moment at={watch.suspended.since} as="hour" />.
          </strong>{" "}
          {watch.suspended.sentence}{" "}
          {watch.suspended.cureUntil !== null ? (
            <>
              It can be made good until <Moment at={watch.suspended.cureUntil} />; otherwise everybody is refunded.
            </>
          ) : (
            "We look again until we are sure; nothing is decided before that."
          )}
        </p>
      )}
      {(watch.movedMs > 0 || watch.restarted) && (
        <p className="small quiet">
          {watch.movedMs > 0 &&
            `The end has moved by ${spanOf(Math.round(watch.movedMs / 1000))}, for time in which the repository could not be looked at. `}
          {watch.restarted && "The window has started again once, because the code was not public without a break."}
        </p>
      )}
      {watch.endedAt === null && watch.nextLookAt !== null && (
        <p className="small quiet">
          We look again by <Moment at={watch.nextLookAt} as="hour" />.
        </p>
      )}
    </>
  );
}

/** Every look at a release as a line, the newest first. */
export function WatchLog({ release, log, label }: { release: string; log: readonly LookView[]; label: string }) {
  return (
    <ol className="looks" aria-label={label}>
      {log.map((look) => (
        <li key={look.id}>
          <span className="small quiet">
            <Moment at={look.at} as="hour" />
            <br />
            {looks[look.phase]}
          </span>
          <span>
            <span className={look.outcome === "pass" ? "ok" : look.outcome === "fail" ? "fail" : undefined}>
              {marks[look.outcome]}
            </span>
            {": "}
            {look.sentence}{" "}
            <a className="small" href={`/api/releases/${release}/looks/${look.id}`}>
              Evidence
            </a>
          </span>
        </li>
      ))}
    </ol>
  );
}
