import type { Move, ProposalView } from "@freehold/contract";
import { Moment } from "./moment.tsx";

/** What each move was, said after it happened. `{who}` is whoever made it; without it, nobody did. */
const happened: Readonly<Record<Move, string>> = {
  propose: "{who} proposed it",
  close: "{who} closed it",
  reserve: "{who} reserved it and began to build",
  give_up: "{who} gave the development up",
  lapse: "the reservation lapsed",
  open_preview: "{who} opened the preview",
  close_preview: "the preview closed",
  close_empty: "the preview closed with nothing held",
  close_for_outage: "the preview was down for too long; everyone is refunded in full",
  decline: "{who} decided not to release; everyone is refunded",
  stay_silent: "no decision came in time; everyone is refunded",
  choose_release: "{who} decided to release",
  pass_release: "the release passed its checks",
  fail_release: "the release did not pass; everyone is refunded",
  return_to_release: "the release has to be repeated",
  authorise_settlement: "the final check passed; payment is authorised",
  fail_verification: "the final check did not pass; everyone is refunded",
  rule_refund: "{who} answered the case for the backers; everyone is refunded",
  stop: "{who} stopped the development; everyone is refunded",
  run_out_of_time: "the time for holding money ran out",
  finish_settlement: "everyone was paid; the feature is free",
  finish_refund: "every refund was made; the proposal is open again",
};

const sentence = (move: Move, who: string) => {
  const text = happened[move].replace("{who}", who);
  return text.charAt(0).toUpperCase() + text.slice(1);
};

/** Everything that moved, newest first. A name at the start keeps its own spelling. */
export function HistoryList({ history }: { history: ProposalView["history"] }) {
  return (
    <ol className="history" reversed>
      {history
        .toSorted((a, b) => b.at.localeCompare(a.at))
        .map((row) => (
          <li key={`${row.at}-${row.move}`}>
            <span className="small quiet">
              <Moment at={row.at} as="hour" />
            </span>
            <span>
              {happened[row.move].startsWith("{who}")
                ? happened[row.move].replace("{who}", row.who)
                : sentence(row.move, row.who)}
              {row.why && <span className="small quiet block prose">“{row.why}”</span>}
            </span>
          </li>
        ))}
    </ol>
  );
}
