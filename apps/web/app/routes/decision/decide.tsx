import { readPolicy } from "../../.server/policy.ts";
import { readDevelopmentId, readProposal } from "../../.server/proposal.ts";
import { submit } from "../../.server/submit.ts";
import { ActionForm, useTyped } from "../../components/action-form.tsx";
import { ActionPage, canDo } from "../../components/action-page.tsx";
import { Moment } from "../../components/moment.tsx";
import { moneyText } from "../../components/money.tsx";
import { people } from "../../components/sentences.ts";
import { Button } from "../../ui/button.tsx";
import { ProseField } from "../../ui/field.tsx";
import type { Route } from "./+types/decide.ts";

export async function loader({ request, params }: Route.LoaderArgs) {
  const [proposal, policy] = await Promise.all([readProposal(request, params.id, "signed in"), readPolicy(request)]);
  return { proposal, policy };
}

export const action = async ({ request, params }: Route.ActionArgs) => {
  const id = await readDevelopmentId(request, params.id);
  return submit(request, "decide", {
    params: { id },
    body: (form) => ({
      kind: form.text("kind") as "decline" | "release",
      ...(form.optional("note") !== undefined && { note: form.text("note") }),
    }),
    then: (_done, form) => `/proposals/${params.id}?said=${form.text("kind") === "release" ? "released" : "declined"}`,
  });
};

export default function Decide({ loaderData: { proposal, policy }, actionData }: Route.ComponentProps) {
  const refused = actionData?.refused;
  const typed = useTyped(refused);
  const mayDecline = canDo(proposal, "decline");
  const mayRelease = canDo(proposal, "choose_release");
  const { development } = proposal;
  return (
    <ActionPage
      proposal={proposal}
      title={mayRelease ? "Decide" : "Decline"}
      possible={development !== null && (mayDecline || mayRelease)}
    >
      {development && (
        <>
          <dl className="facts">
            <div>
              <dt>Held from {people(development.backers)}</dt>
              <dd className="held">{moneyText(development.held)}</dd>
            </div>
            <div>
              <dt>Freehold's share</dt>
              <dd>{moneyText(development.ifReleased.platformFee)}</dd>
            </div>
            <div>
              <dt>You would receive</dt>
              <dd>{moneyText(development.ifReleased.toPayees)}</dd>
            </div>
          </dl>
          <p>
            The decision is yours, whatever the sum
            {development.goal && ` and whatever you hoped for (${moneyText(development.goal)})`}.{" "}
            {development.decisionBy && (
              <>
                If you say nothing by <Moment at={development.decisionBy} />, every pledge goes back, without the
                service fee.
              </>
            )}
          </p>
          {mayRelease && (
            <ActionForm refused={refused?.typed.kind === "release" ? refused : undefined} label="Release">
              <input type="hidden" name="kind" value="release" />
              <h2>Release the code</h2>
              <p>
                You make it public under an open licence on branch{" "}
                <code>{development.destination.branch ?? "as pinned"}</code> of {development.destination.slug} and
                submit the commit within {policy.release_within}. It is checked, backers may object for{" "}
                {development.preview?.windowDays} days, then you are paid.
              </p>
              <div className="buttons">
                <Button>Release the code</Button>
              </div>
            </ActionForm>
          )}
          {mayDecline && (
            <ActionForm refused={refused?.typed.kind !== "release" ? refused : undefined} label="Decline">
              <input type="hidden" name="kind" value="decline" />
              <h2>It was not enough</h2>
              <p>
                You receive nothing, keep your code, and every pledge goes back, without the service fee. It takes
                effect at once.
              </p>
              <ProseField
                name="note"
                label="A note to those who pledged (you may leave it empty)"
                rows={3}
                value={typed("note")}
                fault={refused?.faults.note}
                maxLength={2000}
              />
              <div className="buttons">
                <Button look="grave">Decline and refund everyone</Button>
              </div>
            </ActionForm>
          )}
        </>
      )}
    </ActionPage>
  );
}
