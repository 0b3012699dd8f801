import { call } from "../../.server/api.ts";
import { readProposal } from "../../.server/proposal.ts";
import { CaseSection } from "../../components/case-section.tsx";
import { DevelopmentSection } from "../../components/development-section.tsx";
import { HistoryList } from "../../components/history-list.tsx";
import { Moment } from "../../components/moment.tsx";
import { MoneySection } from "../../components/money-section.tsx";
import { Plaque, SettlementProgress } from "../../components/plaque.tsx";
import { PreviewSection } from "../../components/preview-section.tsx";
import { ReleaseSection } from "../../components/release-section.tsx";
import { SaidNotice } from "../../components/said-notice.tsx";
import { actorSentence, endingWord, estimatesSentence } from "../../components/sentences.ts";
import { StageLine } from "../../components/stage-line.tsx";
import { Ticket } from "../../components/ticket.tsx";
import { Said } from "../../sentence.tsx";
import type { Route } from "./+types/proposal.ts";

/** The example on which the page shows where a dollar goes. */
const exampleMinor = "1000";

export async function loader({ request, params }: Route.LoaderArgs) {
  const proposal = await readProposal(request, params.id);
  const development = proposal.development;
  const quoted =
    proposal.stage === "in_preview" && development
      ? await call("pledgeQuote", { request, params: { id: development.id }, query: { minor: exampleMinor } })
      : null;
  return { proposal, quote: quoted?.ok ? quoted.answer : null, origin: new URL(request.url).origin };
}

export const meta: Route.MetaFunction = ({ loaderData }) =>
  loaderData
    ? [
        { title: `${loaderData.proposal.title} · ${loaderData.proposal.project.name} · Freehold` },
        ...(loaderData.proposal.stage === "closed" ? [{ name: "robots", content: "noindex" }] : []),
      ]
    : [];

export default function Proposal({ loaderData: { proposal, quote, origin } }: Route.ComponentProps) {
  const { development, stage } = proposal;
  const preview = development?.preview ?? null;
  const settlement = development?.settlement ?? null;
  const who = development?.developer.name ?? "its developer";
  return (
    <>
      <p className="crumb small quiet">
        <a href={`/projects/${proposal.project.slug}`}>{proposal.project.name}</a> · proposed by{" "}
        {proposal.proposer.name}, <Moment at={proposal.proposedAt} as="day" />
      </p>
      <h1>{proposal.title}</h1>
      <SaidNotice />
      <StageLine proposal={proposal}>
        <Said sentence={actorSentence(proposal)} />
      </StageLine>
      {proposal.closed && <p className="prose small quiet mt-4">“{proposal.closed.note}”</p>}
      <div className="columns">
        <div>
          {stage === "settled" && development && (
            <Plaque proposal={proposal} development={development} origin={origin} />
          )}
          {settlement && (stage === "settling" || stage === "refunding") && (
            <SettlementProgress settlement={settlement} />
          )}
          <section aria-labelledby="does">
            <h2 id="does">{preview ? "What it does" : "What it should do"}</h2>
            <ul className={preview ? "points" : "points wished"}>
              {(preview?.points ?? proposal.points).map((point) => (
                <li key={point}>{point}</li>
              ))}
            </ul>
          </section>
          {preview && <PreviewSection preview={preview} ended={["settled", "refunding", "open"].includes(stage)} />}
          {stage === "in_preview" && <MoneySection quote={quote} who={who} />}
          {development && <ReleaseSection development={development} />}
          {development?.case && (
            <CaseSection
              case={development.case}
              concerned={proposal.you !== null && (proposal.you.isStaff || proposal.you.hasStake)}
            />
          )}
          <section aria-labelledby="why">
            <h2 id="why">Why</h2>
            <p className="prose">{proposal.body}</p>
          </section>
          {development && <DevelopmentSection proposal={proposal} development={development} />}
          <section aria-labelledby="estimates">
            <h2 id="estimates">Estimates</h2>
            <p>{estimatesSentence(proposal.estimates)}</p>
          </section>
          <section aria-labelledby="history">
            <h2 id="history">History</h2>
            <HistoryList history={proposal.history} />
            {proposal.earlier.length > 0 && (
              <p className="small quiet">
                Earlier attempts:{" "}
                {proposal.earlier.map((attempt, index) => (
                  <span key={`${attempt.developer.id}-${attempt.endedAt}`}>
                    {index > 0 && "; "}
                    {attempt.developer.name}, {endingWord(attempt.ending)}
                    {attempt.endedAt && (
                      <>
                        {" on "}
                        <Moment at={attempt.endedAt} as="day" />
                      </>
                    )}
                  </span>
                ))}
                .
              </p>
            )}
          </section>
          {!proposal.project.claimed && (
            <p className="small quiet">
              Nobody from {proposal.project.name} has agreed to anything here, and they owe nobody an answer.
            </p>
          )}
          <p className="small">
            <a href={`/proposals/${proposal.id}/badge`}>Show this on your own page</a>
          </p>
        </div>
        <aside aria-label="What you can do">
          <Ticket proposal={proposal} />
        </aside>
      </div>
    </>
  );
}
