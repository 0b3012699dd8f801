import type { ProposalView, Stage } from "@freehold/contract";
import type { ReactNode } from "react";
import { Moment } from "./moment.tsx";
import { type Stop, railOf, stageLineOf } from "./stage-line-model.ts";

const look = (stop: Stop) => [stop.state, stop.hold && "hold"].filter(Boolean).join(" ");

/** The whole rail with its dates, and below it the sentence that says who acts next, by when. */
export function StageLine({ proposal, children }: { proposal: ProposalView; children: ReactNode }) {
  const line = stageLineOf(proposal);
  return (
    <div className="stage-line">
      <ol
        className={`rail full${line.bendsBack > 0 ? ` bends bends-${line.bendsBack}` : ""}`}
        aria-label={
          line.bendsBack > 0
            ? "Where this feature is in its story: on its way back to wish"
            : "Where this feature is in its story"
        }
      >
        {line.stops.map((stop) => (
          <li key={stop.name} className={look(stop)} {...(stop.state === "now" && { "aria-current": "step" as const })}>
            <span className="stop">{stop.name}</span>
            {stop.when && (
              <span className="when">
                {stop.when.label} <Moment at={stop.when.at} as="day" />
              </span>
            )}
          </li>
        ))}
      </ol>
      <p className="sentence">{children}</p>
    </div>
  );
}

/** The rail in one row of a list: no words to see, all of them to hear. */
export function StageRow({ stage, children }: { stage: Stage; children?: ReactNode }) {
  const line = railOf(stage);
  const now = line.stops.find((stop) => stop.state === "now");
  return (
    <span className="rail-cell">
      <span className="unseen">
        {line.bendsBack > 0 ? "going back to wish" : now?.name}
        {children && ", "}
      </span>
      <span className={`rail row${line.bendsBack > 0 ? " bends" : ""}`} aria-hidden="true">
        {line.stops.map((stop) => (
          <span key={stop.name} className={`li ${look(stop)}`} />
        ))}
      </span>
    </span>
  );
}

/** Six dots with words: the smallest form, as the badge has it. */
export function StageDots({ stage, line }: { stage: Stage; line: string }) {
  const stopsOf = railOf(stage).stops;
  return (
    <span className="rail-dots">
      <span aria-hidden="true">
        {stopsOf.map((stop) => (
          <span key={stop.name} className={`dot ${look(stop)}`} />
        ))}
      </span>{" "}
      {line}
    </span>
  );
}
