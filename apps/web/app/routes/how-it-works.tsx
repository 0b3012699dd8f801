import type { Move, Stage } from "@freehold/contract";
import { read } from "../.server/api.ts";
import { Moment } from "../components/moment.tsx";
import { StageRow } from "../components/stage-line.tsx";
import type { Route } from "./+types/how-it-works.ts";

export const loader = ({ request }: Route.LoaderArgs) => read("howItWorks", { request });

export const meta: Route.MetaFunction = () => [{ title: "How it works · Freehold" }];

const stageNames: Readonly<Record<Stage, string>> = {
  open: "Wish",
  in_development: "Building",
  in_preview: "Try it",
  in_decision: "Decision",
  releasing: "Release",
  in_verification: "Proof",
  settling: "Paying out",
  refunding: "Going back",
  settled: "Free",
  closed: "Closed",
};
/** Sentences of the code name the rules they keep, "(003-31)"; a reader has no use for the numbers. */
const plain = (sentence: string) => sentence.replaceAll(/ \(\d{3}-\d+(?:, \d{3}-\d+)*\)/g, "");
const moveName = (move: Move) => move.replaceAll("_", " ");

/** Drawn from the table of moves and the policy in force: what the code does is what this page says. */
export default function HowItWorks({ loaderData: story }: Route.ComponentProps) {
  return (
    <>
      <h1>How it works</h1>
      <div className="narrow">
        <p className="mt-4">
          People wish for a feature and say what it would be worth. A developer builds it in private and shows it in a
          public preview. Whoever wants it pledges, and the money is held. If the developer makes the code public under
          an open licence and it is what people tried, the money is paid out; otherwise it goes back.
        </p>
        <h2 className="mt-10">Stage by stage</h2>
        {story.stages.map((entry) => (
          <section key={entry.stage} id={entry.stage} className="stage-entry">
            <h3>{stageNames[entry.stage]}</h3>
            {entry.stage !== "closed" && (
              <div className="rail-sample">
                <StageRow stage={entry.stage} />
              </div>
            )}
            <p>{plain(entry.sentence)}</p>
            <p>Backers may {plain(entry.backersMay).replace(/\.$/, "")}.</p>
            {entry.moves.length > 0 && (
              <ul className="small">
                {entry.moves.map((step) => (
                  <li key={step.move}>
                    <strong>{moveName(step.move)}</strong> ({step.who}): {plain(step.sentence)}{" "}
                    <span className="quiet">
                      Then: <a href={`#${step.to}`}>{stageNames[step.to].toLowerCase()}</a>.
                    </span>
                  </li>
                ))}
              </ul>
            )}
          </section>
        ))}
        <h2 className="mt-10">The figures in force</h2>
        <p className="small quiet">
          Since <Moment at={story.policyFrom} />, by {story.policyAuthority} decision. Estimates, pledges and
          developments keep the figures they were made under. Version{" "}
          <span className="code">{story.policyVersionId}</span>.
        </p>
        <table className="ledger">
          <tbody>
            {story.policy.map((entry) => (
              <tr key={entry.name} id={entry.name}>
                <th scope="row">{plain(entry.sentence)}</th>
                <td className="fig money">{entry.value}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
