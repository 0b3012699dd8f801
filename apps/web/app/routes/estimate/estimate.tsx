import { readPolicy } from "../../.server/policy.ts";
import { readProposal } from "../../.server/proposal.ts";
import { submit } from "../../.server/submit.ts";
import { ActionForm, useTyped } from "../../components/action-form.tsx";
import { ActionPage, canDo } from "../../components/action-page.tsx";
import { moneyText } from "../../components/money.tsx";
import { estimatesSentence } from "../../components/sentences.ts";
import { typedMoney } from "../../money-typed.ts";
import { Button } from "../../ui/button.tsx";
import { TextField } from "../../ui/field.tsx";
import type { Route } from "./+types/estimate.ts";

export async function loader({ request, params }: Route.LoaderArgs) {
  const [proposal, policy] = await Promise.all([readProposal(request, params.id), readPolicy(request)]);
  return { proposal, policy };
}

export async function action({ request, params }: Route.ActionArgs) {
  const back = `/proposals/${params.id}`;
  // Two forms share this page; the second one takes the estimate back.
  if (new URL(request.url).searchParams.has("withdraw"))
    return submit(request, "withdrawEstimate", { params, then: () => `${back}?said=estimate-withdrawn` });
  return submit(request, "createEstimate", {
    params,
    carry: true,
    body: (form) => ({ amount: form.money("amount") }),
    then: () => `${back}?said=estimated`,
  });
}

export default function Estimate({ loaderData: { proposal, policy }, actionData }: Route.ComponentProps) {
  const refused = actionData?.refused;
  const typed = useTyped(refused);
  const { you } = proposal;
  const stageAllows = proposal.stage === "open" || proposal.stage === "in_development";
  return (
    <ActionPage
      proposal={proposal}
      title="What would it be worth to you?"
      possible={you ? canDo(proposal, "estimate") || (stageAllows && you.estimate !== null) : stageAllows}
    >
      <p className="mt-4">
        An estimate costs nothing and binds nobody; it shows developers what would be worth their time.{" "}
        {estimatesSentence(proposal.estimates)}
      </p>
      <ActionForm refused={refused} label="Estimate">
        <TextField
          name="amount"
          label="What you would pay"
          before="$"
          short
          inputMode="decimal"
          hint={
            you
              ? `In US dollars, up to your limit of ${moneyText(you.estimateCap)}. Once a feature you paid for is settled, the limit is twice your largest pledge there, if that is more.`
              : `In US dollars, up to ${policy.estimate_cap} at first. Once a feature you paid for is settled, the limit is twice your largest pledge there, if that is more.`
          }
          value={typed("amount", you?.estimate ? typedMoney(you.estimate) : "")}
          fault={refused?.faults.amount}
          required
          maxLength={20}
          autoComplete="off"
        />
        <div className="buttons">
          <Button>{you?.estimate ? "Change the estimate" : "Send the estimate"}</Button>
        </div>
        {!you && <p className="small quiet">You are asked to sign in when you send it; the amount is kept.</p>}
      </ActionForm>
      {you?.estimate && (
        <ActionForm action="?withdraw" label="Take the estimate back">
          <Button look="quiet">Take my estimate back</Button>
        </ActionForm>
      )}
    </ActionPage>
  );
}
