import { redirect } from "react-router";
import type { ProposalView } from "@freehold/contract";
import { signInPath } from "../return-path.ts";
import { read } from "./api.ts";

/** The proposal of a page; where the page is for signed-in people only, the others are sent to sign in and back here. */
export async function readProposal(
  request: Request,
  id: string,
  forWhom: "anyone" | "signed in" = "anyone",
): Promise<ProposalView> {
  const proposal = await read("proposal", { request, params: { id } });
  if (forWhom === "signed in" && proposal.you === null) {
    const { pathname, search } = new URL(request.url);
    throw redirect(signInPath(pathname + search), 303);
  }
  return proposal;
}

/** The development a form is about; a proposal without one answers 404 to that form. */
export async function readDevelopmentId(request: Request, id: string): Promise<string> {
  const proposal = await readProposal(request, id, "signed in");
  if (proposal.development === null) throw redirect(`/proposals/${id}`, 303);
  return proposal.development.id;
}
