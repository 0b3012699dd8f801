import { readProposal } from "../../.server/proposal.ts";
import { readReleaseId } from "../../.server/release.ts";
import { submit } from "../../.server/submit.ts";
import { ActionForm } from "../../components/action-form.tsx";
import { ActionPage, canDo } from "../../components/action-page.tsx";
import { ReleaseSection } from "../../components/release-section.tsx";
import { Button } from "../../ui/button.tsx";
import type { Route } from "./+types/confirm.ts";

export const loader = ({ request, params }: Route.LoaderArgs) => readProposal(request, params.id, "signed in");

export const action = async ({ request, params }: Route.ActionArgs) =>
  submit(request, "confirm", {
    params: { id: await readReleaseId(request, params.id) },
    then: () => `/proposals/${params.id}?said=confirmed`,
  });

export default function Confirm({ loaderData: proposal, actionData }: Route.ComponentProps) {
  const preview = proposal.development?.preview;
  return (
    <ActionPage proposal={proposal} title="Is it as you tried it?" possible={canDo(proposal, "confirm")}>
      <p className="mt-4">
        Compare the code with these points. If every backer says it is as they tried it, the time for objections ends at
        its seventh day.
      </p>
      <ul className="points">
        {(preview?.points ?? proposal.points).map((point) => (
          <li key={point}>{point}</li>
        ))}
      </ul>
      {proposal.development && <ReleaseSection development={proposal.development} />}
      <ActionForm refused={actionData?.refused}>
        <div className="buttons">
          <Button>It is as I tried it</Button>
          {canDo(proposal, "dispute") && <a href={`/proposals/${proposal.id}/dispute`}>It is not: dispute it</a>}
        </div>
      </ActionForm>
    </ActionPage>
  );
}
