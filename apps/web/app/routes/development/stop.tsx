import { readDevelopmentId, readProposal } from "../../.server/proposal.ts";
import { submit } from "../../.server/submit.ts";
import { ActionForm, useTyped } from "../../components/action-form.tsx";
import { ActionPage, canDo } from "../../components/action-page.tsx";
import { Button } from "../../ui/button.tsx";
import { ProseField } from "../../ui/field.tsx";
import type { Route } from "./+types/stop.ts";

export const loader = ({ request, params }: Route.LoaderArgs) => readProposal(request, params.id, "signed in");

export const action = async ({ request, params }: Route.ActionArgs) =>
  submit(request, "stopDevelopment", {
    params: { id: await readDevelopmentId(request, params.id) },
    body: (form) => ({ reason: form.text("reason") }),
    then: () => `/proposals/${params.id}?said=stopped`,
  });

export default function Stop({ loaderData: proposal, actionData }: Route.ComponentProps) {
  const refused = actionData?.refused;
  const typed = useTyped(refused);
  return (
    <ActionPage proposal={proposal} title="Stop this development" possible={canDo(proposal, "stop")}>
      <p className="mt-4">
        Staff may stop a development at any time before payment is authorised. Everyone who pledged is refunded in full
        and told why. It cannot be undone.
      </p>
      <ActionForm refused={refused}>
        <ProseField
          name="reason"
          label="Public reason"
          rows={5}
          value={typed("reason")}
          fault={refused?.faults.reason}
          required
          maxLength={2000}
        />
        <div className="buttons">
          <Button look="grave">Stop it and refund everyone</Button>
        </div>
      </ActionForm>
    </ActionPage>
  );
}
