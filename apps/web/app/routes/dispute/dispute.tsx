import { disputeGround } from "@freehold/contract";
import { readProposal } from "../../.server/proposal.ts";
import { readReleaseId } from "../../.server/release.ts";
import { submit } from "../../.server/submit.ts";
import { ActionForm, useTyped } from "../../components/action-form.tsx";
import { ActionPage, canDo } from "../../components/action-page.tsx";
import { grounds } from "../../dispute-words.ts";
import { Button } from "../../ui/button.tsx";
import { ChoiceField, ProseField } from "../../ui/field.tsx";
import type { DisputeGround } from "@freehold/contract";
import type { Route } from "./+types/dispute.ts";

export const loader = ({ request, params }: Route.LoaderArgs) => readProposal(request, params.id, "signed in");

export const action = async ({ request, params }: Route.ActionArgs) =>
  submit(request, "dispute", {
    params: { id: await readReleaseId(request, params.id) },
    body: (form) => ({ ground: form.text("ground") as DisputeGround, statement: form.text("statement") }),
    then: () => `/proposals/${params.id}?said=disputed`,
  });

export default function Dispute({ loaderData: proposal, actionData }: Route.ComponentProps) {
  const refused = actionData?.refused;
  const typed = useTyped(refused);
  return (
    <ActionPage proposal={proposal} title="Dispute this release" possible={canDo(proposal, "dispute")}>
      <p className="mt-4">
        Say which point differs from what you tried; staff who have no stake in this answer. Your own pledge is not paid
        out before they have. The others wait, too, when disputes stand for a tenth of the held money, come from three
        people, or staff admit the case.
      </p>
      <ActionForm refused={refused}>
        <ChoiceField
          name="ground"
          legend="What is wrong?"
          value={typed("ground", "does_not_match")}
          fault={refused?.faults.ground}
          choices={disputeGround.options.map((ground) => ({ value: ground, label: grounds[ground] }))}
        />
        <ProseField
          name="statement"
          label="What differs"
          hint="Which point, what you did, what you saw in the preview, what the released code does. Everybody concerned reads this."
          value={typed("statement")}
          fault={refused?.faults.statement}
          required
          maxLength={5000}
        />
        <div className="buttons">
          <Button look="grave">Dispute the release</Button>
        </div>
      </ActionForm>
    </ActionPage>
  );
}
