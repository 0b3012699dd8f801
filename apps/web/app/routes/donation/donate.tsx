import { readPolicy } from "../../.server/policy.ts";
import { readDevelopmentId, readProposal } from "../../.server/proposal.ts";
import { submit } from "../../.server/submit.ts";
import { ActionForm, useTyped } from "../../components/action-form.tsx";
import { ActionPage, canDo } from "../../components/action-page.tsx";
import { moneyText } from "../../components/money.tsx";
import { typedMoney } from "../../money-typed.ts";
import { Button } from "../../ui/button.tsx";
import { TextField } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import type { Route } from "./+types/donate.ts";

export async function loader({ request, params }: Route.LoaderArgs) {
  const [proposal, policy] = await Promise.all([readProposal(request, params.id, "signed in"), readPolicy(request)]);
  return { proposal, policy };
}

export const action = async ({ request, params }: Route.ActionArgs) =>
  submit(request, "createDonation", {
    params: { id: await readDevelopmentId(request, params.id) },
    body: (form) => ({ amount: form.money("amount"), fullAmount: form.money("fullAmount") }),
    then: (checkout) => checkout.url ?? `/payments/${checkout.id}`,
  });

export default function Donate({ loaderData: { proposal, policy }, actionData }: Route.ComponentProps) {
  const refused = actionData?.refused;
  const typed = useTyped(refused);
  const { development, you } = proposal;
  const who = development?.developer.name ?? "the developer";
  return (
    <ActionPage proposal={proposal} title={`Donate to ${who}`} possible={canDo(proposal, "donate")}>
      <Notice kind="note">
        <p>A donation goes to {who} today and does not come back, whatever becomes of the feature.</p>
      </Notice>
      <ActionForm refused={refused}>
        <TextField
          name="amount"
          label="Donation now"
          before="$"
          short
          inputMode="decimal"
          hint={`${who} receives exactly this; our service fee of ${policy.service_fee_rate} and ${policy.service_fee_fixed} comes on top.`}
          value={typed("amount")}
          fault={refused?.faults.amount}
          required
          maxLength={20}
          autoComplete="off"
        />
        <TextField
          name="fullAmount"
          label="What you would pay in all"
          before="$"
          short
          inputMode="decimal"
          hint={
            you
              ? `Your estimate of the finished feature, this donation included: up to your limit of ${moneyText(you.estimateCap)} and what you have donated here. It binds you to nothing.`
              : "It binds you to nothing."
          }
          value={typed("fullAmount", you?.estimate ? typedMoney(you.estimate) : "")}
          fault={refused?.faults.fullAmount}
          required
          maxLength={20}
          autoComplete="off"
        />
        <div className="buttons">
          <Button>Continue to payment</Button>
        </div>
        <p className="small quiet">The next page belongs to our payment processor and shows the exact total.</p>
      </ActionForm>
    </ActionPage>
  );
}
