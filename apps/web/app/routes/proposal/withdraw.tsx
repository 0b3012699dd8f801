import { closeReason } from "@freehold/contract";
import { readProposal } from "../../.server/proposal.ts";
import { submit } from "../../.server/submit.ts";
import { ActionForm, useTyped } from "../../components/action-form.tsx";
import { ActionPage, canDo } from "../../components/action-page.tsx";
import { Button } from "../../ui/button.tsx";
import { ChoiceField, ProseField } from "../../ui/field.tsx";
import type { Route } from "./+types/withdraw.ts";

export const loader = ({ request, params }: Route.LoaderArgs) => readProposal(request, params.id, "signed in");

export const action = ({ request, params }: Route.ActionArgs) =>
  submit(request, "closeProposal", {
    params,
    body: (form) => ({
      reason: closeReason.safeParse(form.text("reason")).data ?? "withdrawn",
      note: form.text("note"),
    }),
    then: () => `/proposals/${params.id}?said=closed`,
  });

export default function Withdraw({ loaderData: proposal, actionData }: Route.ComponentProps) {
  const refused = actionData?.refused;
  const typed = useTyped(refused);
  const asStaff = proposal.you?.isStaff === true && !proposal.you.isProposer;
  return (
    <ActionPage
      proposal={proposal}
      title={asStaff ? "Close this proposal" : "Withdraw this proposal"}
      possible={canDo(proposal, "withdraw")}
    >
      <p className="mt-4">
        {asStaff
          ? "The reason is shown to everybody. Nothing is deleted."
          : "You may withdraw a proposal while nobody else has estimated it. The page stays and says that you withdrew it."}
      </p>
      <ActionForm refused={refused}>
        {asStaff ? (
          <ChoiceField
            name="reason"
            legend="Reason"
            value={typed("reason", "merged")}
            fault={refused?.faults.reason}
            choices={[
              { value: "merged", label: "Merged with another proposal" },
              { value: "exists_already", label: "The feature exists already" },
              { value: "removed", label: "Removed" },
            ]}
          />
        ) : (
          <input type="hidden" name="reason" value="withdrawn" />
        )}
        <ProseField
          name="note"
          label="Why"
          rows={3}
          value={typed("note")}
          fault={refused?.faults.note}
          required
          maxLength={1000}
        />
        <div className="buttons">
          <Button look="grave">{asStaff ? "Close the proposal" : "Withdraw the proposal"}</Button>
        </div>
      </ActionForm>
    </ActionPage>
  );
}
