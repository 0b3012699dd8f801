import { readPolicy } from "../../.server/policy.ts";
import { readProposal } from "../../.server/proposal.ts";
import { submit } from "../../.server/submit.ts";
import { ActionForm, useTyped } from "../../components/action-form.tsx";
import { ActionPage, canDo } from "../../components/action-page.tsx";
import { estimatesSentence } from "../../components/sentences.ts";
import { useNow } from "../../session.ts";
import { Button } from "../../ui/button.tsx";
import { ChoiceField, TextField } from "../../ui/field.tsx";
import type { Route } from "./+types/reserve.ts";

const DAY_MS = 86_400_000;
const dayInput = (at: Date, days: number) => new Date(at.getTime() + days * DAY_MS).toISOString().slice(0, 10);

export async function loader({ request, params }: Route.LoaderArgs) {
  const [proposal, policy] = await Promise.all([readProposal(request, params.id, "signed in"), readPolicy(request)]);
  return { proposal, policy };
}

export const action = ({ request, params }: Route.ActionArgs) =>
  submit(request, "createDevelopment", {
    params,
    body: (form) => ({
      expectedPreviewAt: form.day("expectedPreviewAt"),
      repository: form.text("repository"),
      destination: form.text("destination") as "own" | "project",
      ...(form.optional("goal") !== undefined && { goal: form.money("goal") }),
    }),
    then: () => `/proposals/${params.id}?said=reserved`,
  });

export default function Reserve({ loaderData: { proposal, policy }, actionData }: Route.ComponentProps) {
  const refused = actionData?.refused;
  const typed = useTyped(refused);
  const now = useNow();
  return (
    <ActionPage proposal={proposal} title="Reserve it and build it" possible={canDo(proposal, "reserve")}>
      <p className="mt-4">
        While it is reserved nobody else builds it here. {estimatesSentence(proposal.estimates)} Estimates bind nobody.
        Keep the code private until you decide to release; only the preview is public before that.
      </p>
      <ActionForm refused={refused}>
        <TextField
          name="expectedPreviewAt"
          label="Expected preview"
          type="date"
          short
          hint={`The day on which people can probably try it, at most ${policy.expected_preview_max} from now. It stays reserved for ${policy.reservation_grace} longer.`}
          value={typed("expectedPreviewAt", dayInput(now, 30))}
          min={dayInput(now, 1)}
          max={dayInput(now, Number.parseInt(policy.expected_preview_max ?? "", 10) - 1 || 89)}
          fault={refused?.faults.expectedPreviewAt}
          required
        />
        <TextField
          name="repository"
          label="Repository for the release"
          hint="A public GitHub or Tangled repository: its address, or owner/name. The code has to be public there before anybody is paid."
          value={typed("repository")}
          fault={refused?.faults.repository}
          required
          maxLength={300}
          spellCheck={false}
        />
        <ChoiceField
          name="destination"
          legend="Whose repository is it?"
          value={typed("destination", "own")}
          fault={refused?.faults.destination}
          choices={[
            {
              value: "own",
              label: "My own",
              note: `Shown everywhere as released beside ${proposal.project.name}, not by ${proposal.project.name}.`,
            },
            {
              value: "project",
              label: `The repository of ${proposal.project.name}`,
              note: "Needs the maintainer's written acceptance of this development.",
            },
          ]}
        />
        <TextField
          name="goal"
          label="What you hope for (you may leave it empty)"
          before="$"
          short
          inputMode="decimal"
          hint="Your estimate of the full cost, shown to everybody. It is not a threshold: you decide, whatever the sum."
          value={typed("goal")}
          fault={refused?.faults.goal}
          maxLength={20}
          autoComplete="off"
        />
        <div className="buttons">
          <Button>Reserve it</Button>
        </div>
      </ActionForm>
    </ActionPage>
  );
}
