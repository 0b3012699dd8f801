import type { DevelopmentView, ProposalView } from "@freehold/contract";
import { Moment } from "./moment.tsx";
import { isZero, moneyText } from "./money.tsx";
import { people } from "./sentences.ts";

const percent = (basisPoints: number) => `${basisPoints / 100} %`;

/** Who builds it, where the code will be, who is paid; all said before anybody pays. */
export function DevelopmentSection({
  proposal,
  development,
}: {
  proposal: ProposalView;
  development: DevelopmentView;
}) {
  const { destination, developer, payees } = development;
  const isPublic = ["in_verification", "settling", "settled"].includes(proposal.stage);
  const shares = payees.map((payee) => `${payee.person.name} ${percent(payee.basisPoints)} (${payee.reason})`);
  return (
    <section aria-labelledby="development">
      <h2 id="development">{proposal.stage === "settled" ? "Who built it" : "Who builds it"}</h2>
      <p>
        {developer.name} reserved this on <Moment at={development.startedAt} as="day" />. The code{" "}
        {isPublic ? "is" : "will be"} public at <a href={destination.webUrl}>{destination.slug}</a>
        {destination.branch && (
          <>
            , branch <code>{destination.branch}</code>
          </>
        )}
        {destination.kind === "own"
          ? `: released beside ${proposal.project.name}, not by ${proposal.project.name}.`
          : `, with the written acceptance of ${proposal.project.name}.`}
        {development.goal &&
          ` ${developer.name} thinks the whole is worth ${moneyText(development.goal)}; that is an estimate, not a threshold.`}
      </p>
      <p className="small quiet">
        {development.baselineTakenAt ? (
          <>
            The repository's state at the start was recorded <Moment at={development.baselineTakenAt} as="hour" />.
          </>
        ) : (
          "The repository's state at the start is being recorded."
        )}{" "}
        {development.payable
          ? `Payment can reach ${developer.name}.`
          : `${developer.name} has not set up how to be paid yet; until then nobody can donate or pledge.`}
        {shares.length > 0 && ` Paid out to: ${shares.join(", ")}.`}
        {!isZero(development.donated) &&
          ` ${people(development.donors)} gave ${moneyText(development.donated)} towards the development; that is ${developer.name}'s whatever happens.`}
      </p>
    </section>
  );
}
