import { useSearchParams } from "react-router";
import { readProposal } from "../../.server/proposal.ts";
import { submit } from "../../.server/submit.ts";
import { ActionForm } from "../../components/action-form.tsx";
import { ActionPage } from "../../components/action-page.tsx";
import { Moment } from "../../components/moment.tsx";
import { moneyText } from "../../components/money.tsx";
import { Button } from "../../ui/button.tsx";
import type { Route } from "./+types/take-back.ts";

export const loader = ({ request, params }: Route.LoaderArgs) => readProposal(request, params.id, "signed in");

export const action = ({ request }: Route.ActionArgs) => {
  const pledge = new URL(request.url).searchParams.get("pledge") ?? "";
  return submit(request, "takeBack", {
    params: { id: pledge },
    then: () => `/payments/${encodeURIComponent(pledge)}?said=taken-back`,
  });
};

/** One button for each pledge that can still go back. */
export default function TakeBack({ loaderData: proposal, actionData }: Route.ComponentProps) {
  const [query] = useSearchParams();
  const pledges = proposal.you?.pledges.filter((pledge) => pledge.canTakeBack) ?? [];
  const closesAt = proposal.development?.preview?.closesAt;
  return (
    <ActionPage proposal={proposal} title="Take your pledge back" possible={pledges.length > 0}>
      <p className="mt-4">
        The pledge comes back to the card you paid with; the service fee does not. You may do this{" "}
        {closesAt ? (
          <>
            until the preview closes on <Moment at={closesAt} />
          </>
        ) : (
          "until the preview closes"
        )}
        , and you need not say why.
      </p>
      {pledges.map((pledge) => (
        <ActionForm
          key={pledge.id}
          action={`?pledge=${pledge.id}`}
          label={`Take back ${moneyText(pledge.amount, { cents: true })}`}
          refused={query.get("pledge") === pledge.id ? actionData?.refused : undefined}
        >
          <div className="buttons">
            <Button look="grave">Take back {moneyText(pledge.amount, { cents: true })}</Button>
          </div>
        </ActionForm>
      ))}
      <p>
        <a href={`/proposals/${proposal.id}`}>Leave it where it is</a>
      </p>
    </ActionPage>
  );
}
