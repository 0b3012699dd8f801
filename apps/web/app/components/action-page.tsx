import type { Action, ProposalView } from "@freehold/contract";
import type { ReactNode } from "react";
import { Said } from "../sentence.tsx";
import { ButtonLink } from "../ui/button.tsx";
import { Notice } from "../ui/notice.tsx";
import { actorSentence } from "./sentences.ts";
import { linkFor } from "./ticket-actions.ts";

/** Whether the visitor may do this now; signed out, whether they could after signing in. */
export const canDo = (proposal: ProposalView, action: Action): boolean =>
  proposal.next === action || proposal.may.includes(action);

/** The page of one action on a proposal: the way back, a heading, and the form, or why there is none. */
export function ActionPage({
  proposal,
  title,
  possible,
  children,
}: {
  proposal: ProposalView;
  title: string;
  possible: boolean;
  children: ReactNode;
}) {
  return (
    <div className="narrow">
      <title>{`${title} · ${proposal.title} · Freehold`}</title>
      <p className="crumb small quiet">
        <a href={`/projects/${proposal.project.slug}`}>{proposal.project.name}</a> ·{" "}
        <a href={`/proposals/${proposal.id}`}>{proposal.title}</a>
      </p>
      <h1>{title}</h1>
      {possible ? children : <NotNow proposal={proposal} />}
    </div>
  );
}

function NotNow({ proposal }: { proposal: ProposalView }) {
  const next = proposal.next === "nothing" ? null : linkFor(proposal.next, proposal);
  return (
    <>
      <Notice kind="note">
        <p>This is not possible for you at this stage.</p>
        <p>
          <Said sentence={actorSentence(proposal)} />
        </p>
      </Notice>
      <div className="buttons">
        {next && <ButtonLink to={next.to}>{next.name}</ButtonLink>}
        <ButtonLink to={`/proposals/${proposal.id}`} look="quiet">
          Back to the feature
        </ButtonLink>
      </div>
    </>
  );
}
