import { useSearchParams } from "react-router";
import { call } from "../../.server/api.ts";
import { readDevelopmentId, readProposal } from "../../.server/proposal.ts";
import { submit } from "../../.server/submit.ts";
import { ActionForm } from "../../components/action-form.tsx";
import { ActionPage, canDo } from "../../components/action-page.tsx";
import { PledgeBill, PledgeMeaning } from "../../components/pledge-meaning.tsx";
import { moneyText } from "../../components/money.tsx";
import { readMoney, typedMoney } from "../../money-typed.ts";
import { Button } from "../../ui/button.tsx";
import { TextField, TickField } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import type { Route } from "./+types/pledge.ts";

/** First the amount (a GET, so that the answer can be read again), then what it means in full, then paying. */
export async function loader({ request, params }: Route.LoaderArgs) {
  const proposal = await readProposal(request, params.id);
  const typed = new URL(request.url).searchParams.get("amount")?.slice(0, 20) ?? null;
  const development = proposal.development;
  if (typed === null || development === null) return { proposal, quote: null, fault: null };
  const money = readMoney(typed);
  if ("fault" in money) return { proposal, quote: null, fault: money.fault };
  const quoted = await call("pledgeQuote", { request, params: { id: development.id }, query: { minor: money.minor } });
  return quoted.ok
    ? { proposal, quote: quoted.answer, fault: null }
    : { proposal, quote: null, fault: quoted.problem.detail || quoted.problem.title };
}

export const action = async ({ request, params }: Route.ActionArgs) =>
  submit(request, "createPledge", {
    params: { id: await readDevelopmentId(request, params.id) },
    carry: true,
    body: (form) => ({ amount: form.money("amount"), named: form.ticked("named") }),
    then: (checkout) => checkout.url ?? `/payments/${checkout.id}`,
  });

export default function Pledge({ loaderData: { proposal, quote, fault }, actionData }: Route.ComponentProps) {
  const [query] = useSearchParams();
  const refused = actionData?.refused;
  const { development, you } = proposal;
  const possible = you ? canDo(proposal, "pledge") : proposal.stage === "in_preview";
  return (
    <ActionPage proposal={proposal} title="Pledge" possible={possible && development !== null}>
      {quote ? (
        <>
          <PledgeMeaning quote={quote} />
          <PledgeBill quote={quote} />
          <ActionForm refused={refused} label="Pledge">
            <input type="hidden" name="amount" value={typedMoney(quote.amount)} />
            <TickField
              name="named"
              label="The plaque may name me when the feature is free"
              ticked={refused ? "named" in refused.typed : query.has("named")}
            />
            <div className="buttons">
              <Button>Pledge {moneyText(quote.amount, { cents: true })}</Button>
              <a href={`/proposals/${proposal.id}/pledge`}>Another amount</a>
            </div>
            <p className="small quiet">
              {you
                ? "The next page belongs to our payment processor."
                : "You are asked to sign in next; the amount is kept. Then the payment processor's page follows."}
            </p>
          </ActionForm>
        </>
      ) : (
        <AmountForm
          proposalId={proposal.id}
          who={development?.developer.name ?? "the developer"}
          value={query.get("amount") ?? suggestion(you)}
          fault={fault}
        />
      )}
    </ActionPage>
  );
}

/** What is left of the visitor's own estimate after their donations; nothing is suggested to others. */
function suggestion(you: Route.ComponentProps["loaderData"]["proposal"]["you"]): string {
  if (!you?.estimate) return "";
  const left = BigInt(you.estimate.minor) - BigInt(you.donated.minor);
  return left > 0n ? typedMoney({ minor: String(left) }) : "";
}

function AmountForm({
  proposalId,
  who,
  value,
  fault,
}: {
  proposalId: string;
  who: string;
  value: string;
  fault: string | null;
}) {
  return (
    <>
      <p className="mt-4">
        You choose what to pledge. It is held here, not by {who}, until the code is free; the next step says exactly
        what becomes of it before you pay.
      </p>
      {fault && (
        <Notice kind="refused">
          <p>{fault}</p>
        </Notice>
      )}
      <form method="get" action={`/proposals/${proposalId}/pledge`}>
        <TextField
          name="amount"
          label="Your pledge"
          before="$"
          short
          inputMode="decimal"
          hint="In US dollars."
          value={value}
          fault={fault ?? undefined}
          required
          maxLength={20}
          autoComplete="off"
        />
        <div className="buttons">
          <Button>See what it means</Button>
        </div>
      </form>
    </>
  );
}
