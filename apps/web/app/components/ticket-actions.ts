import type { Action, ProposalView } from "@freehold/contract";

export interface TicketLink {
  to: string;
  name: string;
}

/** Where each action has its page, and what its link is called. Null: it has no page for this proposal. */
export function linkFor(action: Action, proposal: ProposalView): TicketLink | null {
  const at = (page: string, name: string) => ({ to: `/proposals/${proposal.id}/${page}`, name });
  switch (action) {
    case "estimate":
      return at("estimate", proposal.you?.estimate ? "Change your estimate" : "Estimate what it is worth");
    case "reserve":
      return at("reserve", "Reserve it and build it");
    case "withdraw":
      return at("withdraw", proposal.you?.isProposer ? "Withdraw this proposal" : "Close this proposal");
    case "set_up_payee":
      return { to: `/get-paid?return=/proposals/${proposal.id}`, name: "Set up how you are paid" };
    case "donate":
      return at("donate", "Donate to the developer");
    case "open_preview":
      return at("preview", "Open the preview");
    case "give_up":
      return at("give-up", "Give this development up");
    case "pledge":
      return at("pledge", hasPledge(proposal) ? "Pledge more" : "Pledge");
    case "take_back":
      return at("take-back", "Take your pledge back");
    case "decline":
      return at("decide", proposal.may.includes("choose_release") ? "Decide" : "Decline and refund everyone");
    case "choose_release":
      return at("decide", "Decide");
    case "submit_release":
      return at("release", "Submit the released commit");
    case "confirm":
      return at("confirm", "Say it is as you tried it");
    case "dispute":
      return at("dispute", "Dispute this release");
    case "rule":
      return proposal.development?.case
        ? { to: `/cases/${proposal.development.case.id}`, name: "Answer the case" }
        : null;
    case "stop":
      return at("stop", "Stop this development");
    case "sign_in":
      return signedOutLink(proposal);
    case "nothing":
      return null;
  }
}

const hasPledge = (proposal: ProposalView) => (proposal.you?.pledges.length ?? 0) > 0;

/** A signed-out visitor sees the form first; it asks for an account only when it is sent. */
function signedOutLink(proposal: ProposalView): TicketLink {
  const here = `/proposals/${proposal.id}`;
  if (proposal.stage === "open" || proposal.stage === "in_development")
    return { to: `${here}/estimate`, name: "Estimate what it is worth" };
  if (proposal.stage === "in_preview") return { to: `${here}/pledge`, name: "Pledge" };
  return { to: `/sign-in?${new URLSearchParams({ return: here })}`, name: "Sign in" };
}

/** What somebody may do, but what the page never puts forward: it undoes, ends or objects. */
const neverFirst: readonly Action[] = ["decline", "stop", "give_up", "withdraw", "take_back", "dispute"];

/** The one thing to do next, and the rest as quiet links; each page only once. */
export function ticketLinks(proposal: ProposalView): { main: TicketLink | null; quiet: TicketLink[] } {
  const main = neverFirst.includes(proposal.next) ? null : linkFor(proposal.next, proposal);
  const quiet: TicketLink[] = [];
  for (const action of proposal.may) {
    const link = linkFor(action, proposal);
    if (link && link.to !== main?.to && !quiet.some((other) => other.to === link.to)) quiet.push(link);
  }
  return { main, quiet };
}
