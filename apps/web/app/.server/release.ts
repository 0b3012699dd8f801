import { redirect } from "react-router";
import { readProposal } from "./proposal.ts";

/** The release that a backer's form is about: the latest of the running development. */
export async function readReleaseId(request: Request, proposalId: string): Promise<string> {
  const proposal = await readProposal(request, proposalId, "signed in");
  const release = proposal.development?.releases.at(-1);
  if (!release) throw redirect(`/proposals/${proposalId}`, 303);
  return release.id;
}
