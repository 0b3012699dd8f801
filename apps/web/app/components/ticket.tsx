import type { ProposalView } from "@freehold/contract";
import type { ReactNode } from "react";
import { ButtonLink } from "../ui/button.tsx";
import { Moment } from "./moment.tsx";
import { Money, isZero, moneyText } from "./money.tsx";
import { paidInAll, people } from "./sentences.ts";
import { ticketLinks } from "./ticket-actions.ts";

/** The visitor's own slip beside the page: the sum, their figures, and the one thing they can do next. */
export function Ticket({ proposal }: { proposal: ProposalView }) {
  const { main, quiet } = ticketLinks(proposal);
  const asksToSignIn = proposal.next === "sign_in" && main?.name !== "Sign in";
  return (
    <div className="ticket">
      <Sum proposal={proposal} />
      <Yours proposal={proposal} />
      {main ? <ButtonLink to={main.to}>{main.name}</ButtonLink> : <p className="small">{idleSentence(proposal)}</p>}
      {asksToSignIn && <p className="small quiet">You are asked to sign in when you send the form.</p>}
      <LatestDay proposal={proposal} />
      {quiet.length > 0 && (
        <ul className="quiet-links" aria-label="Also possible">
          {quiet.map((link) => (
            <li key={link.to}>
              <a href={link.to}>{link.name}</a>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Sum({ proposal }: { proposal: ProposalView }) {
  const { development, estimates, stage } = proposal;
  const held = development !== null && !["open", "in_development", "settled", "closed"].includes(stage);
  if (stage === "settled" && development?.settlement)
    return (
      <SumLine sum={moneyText(paidInAll(development.settlement))}>
        paid{development.backers > 0 && ` by ${people(development.backers)}`}; {moneyText(development.settlement.paid)}{" "}
        of it to {development.developer.name}
      </SumLine>
    );
  if (held)
    return (
      <SumLine sum={moneyText(development.held)} held>
        held from {people(development.backers)}
        {development.goal &&
          `; ${development.developer.name} hopes for ${moneyText(development.goal)} and decides whatever the sum`}
      </SumLine>
    );
  const all = estimates.established.people + estimates.others.people;
  return (
    <SumLine sum={moneyText(estimates.established.sum)}>
      estimated by {people(estimates.established.people)}
      {estimates.others.people > 0 &&
        `, and ${moneyText(estimates.others.sum)} by ${people(estimates.others.people)} new here`}
      {all > 0 && `; ${estimates.paidBefore} of ${all} ${all === 1 ? "has" : "have"} paid here before`}
    </SumLine>
  );
}

const SumLine = ({ sum, held = false, children }: { sum: string; held?: boolean; children: ReactNode }) => (
  <>
    <p className={held ? "sum held" : "sum"}>{sum}</p>
    <p className="small quiet sum-line">{children}</p>
  </>
);

const pledgeWords: Readonly<Record<string, string>> = {
  opened: "not paid yet",
  held: "held",
  settling: "being paid out",
  paid: "paid out",
  refunding: "going back",
  refunded: "returned",
  failed: "failed",
  expired: "expired",
};

function Yours({ proposal }: { proposal: ProposalView }) {
  const { you } = proposal;
  if (!you) return null;
  const rows: ReactNode[] = [];
  const add = (key: string, name: ReactNode, value: ReactNode) =>
    rows.push(
      <div key={key}>
        <dt>{name}</dt>
        <dd className="money">{value}</dd>
      </div>,
    );
  if (you.estimate) add("estimate", "Your estimate", <Money of={you.estimate} cents />);
  if (!isZero(you.donated)) add("donated", "Your donation", <Money of={you.donated} cents />);
  for (const pledge of you.pledges)
    add(
      pledge.id,
      <>
        <a href={`/payments/${pledge.id}`}>Your pledge</a>, {pledgeWords[pledge.state] ?? pledge.state}
      </>,
      <Money of={pledge.amount} cents />,
    );
  if (you.confirmed) add("confirmed", "As you tried it", "said");
  if (you.disputed) add("disputed", "Your dispute", "made");
  return rows.length > 0 ? <dl>{rows}</dl> : null;
}

function LatestDay({ proposal }: { proposal: ProposalView }) {
  const latest = proposal.development?.latestDay;
  if (!latest || ["settled", "refunding", "closed"].includes(proposal.stage)) return null;
  return (
    <p className="small latest">
      Latest day: by{" "}
      <strong>
        <Moment at={latest} as="day" />
      </strong>{" "}
      {proposal.you?.isDeveloper ? "every pledge" : "your money"} has bought the code or is on its way back.
    </p>
  );
}

/** With nothing to do, the ticket says who acts next. */
function idleSentence(proposal: ProposalView): string {
  const who = proposal.you?.isDeveloper ? "you" : (proposal.development?.developer.name ?? "the developer");
  switch (proposal.stage) {
    case "open":
    case "in_development":
      return "Nothing for you to do here just now.";
    case "in_preview":
      return `Nothing for you to do now: people try it and pledge until the preview closes, then ${who} ${who === "you" ? "decide" : "decides"}.`;
    case "in_decision":
      return `Nothing for you to do: ${who} decides next.`;
    case "releasing":
      return proposal.actor === "developer"
        ? `Nothing for you to do: ${who} makes the code public next.`
        : "Nothing for you to do: the release is being checked.";
    case "in_verification":
      if (proposal.development?.releases.at(-1)?.watch?.suspended)
        return proposal.you?.isDeveloper
          ? "Make the release good again: what is wrong stands below, under The release."
          : `Nothing for you to do: ${who} has to make the release good.`;
      return proposal.actor === "staff"
        ? "Nothing for you to do: staff answer the case next."
        : "Nothing for you to do: those who pledged compare the code with what they tried.";
    case "settling":
      return "Nothing for you to do: the money is on its way.";
    case "refunding":
      return "Nothing for you to do: the money is on its way back.";
    case "settled":
      return "Nothing left to do. Use it, copy it, change it.";
    case "closed":
      return "Nothing left to do here.";
  }
}
