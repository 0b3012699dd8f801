import { readPolicy } from "../../.server/policy.ts";
import { readDevelopmentId, readProposal } from "../../.server/proposal.ts";
import { submit } from "../../.server/submit.ts";
import { ActionForm, useTyped } from "../../components/action-form.tsx";
import { ActionPage, canDo } from "../../components/action-page.tsx";
import { Button } from "../../ui/button.tsx";
import { ProseField } from "../../ui/field.tsx";
import type { Route } from "./+types/give-up.ts";

export async function loader({ request, params }: Route.LoaderArgs) {
  const [proposal, policy] = await Promise.all([readProposal(request, params.id, "signed in"), readPolicy(request)]);
  return { proposal, policy };
}

export const action = async ({ request, params }: Route.ActionArgs) =>
  submit(request, "giveUp", {
    params: { id: await readDevelopmentId(request, params.id) },
    body: (form) => ({ note: form.text("note") }),
    then: () => `/proposals/${params.id}?said=given-up`,
  });

export default function GiveUp({ loaderData: { proposal, policy }, actionData }: Route.ComponentProps) {
  const refused = actionData?.refused;
  const typed = useTyped(refused);
  return (
    <ActionPage proposal={proposal} title="Give this development up" possible={canDo(proposal, "give_up")}>
      <p className="mt-4">
        The proposal opens again for others and its estimates stay. Donations you received stay yours. If somebody else
        wants it, you may reserve it again after {policy.wait_after_lapse}.
      </p>
      <ActionForm refused={refused}>
        <ProseField
          name="note"
          label="What should others know?"
          hint="Shown to everybody: how far you came, what stood in the way."
          rows={4}
          value={typed("note")}
          fault={refused?.faults.note}
          required
          maxLength={1000}
        />
        <div className="buttons">
          <Button look="grave">Give it up</Button>
        </div>
      </ActionForm>
    </ActionPage>
  );
}
