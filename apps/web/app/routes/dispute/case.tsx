import type { CaseView, Ruling } from "@freehold/contract";
import { read } from "../../.server/api.ts";
import { submit } from "../../.server/submit.ts";
import { ActionForm, useTyped } from "../../components/action-form.tsx";
import { Moment } from "../../components/moment.tsx";
import { Money, moneyText } from "../../components/money.tsx";
import { PreviewPlace } from "../../components/preview-section.tsx";
import { SaidNotice } from "../../components/said-notice.tsx";
import { grounds, rulings } from "../../dispute-words.ts";
import { Uptime } from "../../components/uptime.tsx";
import type { Refused } from "../../refused.ts";
import { Button } from "../../ui/button.tsx";
import { ChoiceField, ProseField } from "../../ui/field.tsx";
import type { Route } from "./+types/case.ts";

export const loader = ({ request, params }: Route.LoaderArgs) => read("case", { request, params });

export async function action({ request, params }: Route.ActionArgs) {
  const here = `/cases/${params.id}`;
  if (new URL(request.url).searchParams.has("admission"))
    return submit(request, "admitCase", {
      params,
      body: (form) => ({ admit: form.text("admit") === "yes", reasons: form.text("admission-reasons") }),
      then: () => `${here}?said=admitted`,
    });
  return submit(request, "ruleCase", {
    params,
    body: (form) => ({ ruling: form.text("ruling") as Ruling, reasons: form.text("reasons") }),
    then: () => `${here}?said=ruled`,
  });
}

export const meta: Route.MetaFunction = ({ loaderData }) =>
  loaderData ? [{ title: `Case on ${loaderData.proposal.title} · Freehold` }] : [];

export default function Case({ loaderData: found, actionData }: Route.ComponentProps) {
  const refused = actionData?.refused;
  const aboutAdmission = refused !== undefined && "admission-reasons" in refused.typed;
  return (
    <div className="narrow">
      <p className="crumb small quiet">
        <a href={`/proposals/${found.proposal.id}`}>{found.proposal.title}</a>
      </p>
      <h1>The case on this release</h1>
      <SaidNotice />
      <CaseState found={found} />
      <section>
        <h2>What backers say</h2>
        {found.disputes.map((dispute) => (
          <article key={`${dispute.person?.id ?? "backer"}-${dispute.at}`} className="mb-6">
            <h3>{grounds[dispute.ground]}</h3>
            <p className="small quiet">
              {dispute.person?.name ?? "A backer"}, <Moment at={dispute.at} />
              {dispute.held && (
                <>
                  , with <Money of={dispute.held} held /> in the hold
                </>
              )}
            </p>
            <p className="prose">{dispute.statement}</p>
          </article>
        ))}
      </section>
      <section>
        <h2>What was shown and what was released</h2>
        <ul className="points">
          {found.preview.points.map((point) => (
            <li key={point}>{point}</li>
          ))}
        </ul>
        <h3>The preview</h3>
        <PreviewPlace preview={found.preview} />
        <p className="prose">{found.preview.howToReach}</p>
        {found.preview.uptime && <Uptime uptime={found.preview.uptime} />}
        <p>{found.preview.outage.sentence}</p>
        <h3>The release</h3>
        <p>
          Release by {found.developer.name}: <a href={found.release.webUrl}>{found.release.commit.slice(0, 12)}</a> on
          branch <code>{found.release.branch}</code>
        </p>
      </section>
      {found.mayRule && found.state === "open" && (
        <>
          {found.admitted === null && <AdmissionForm refused={aboutAdmission ? refused : undefined} found={found} />}
          <RulingForm refused={aboutAdmission ? undefined : refused} />
        </>
      )}
    </div>
  );
}

function CaseState({ found }: { found: CaseView }) {
  return (
    <>
      <dl className="facts">
        <div>
          <dt>Held</dt>
          <dd className="held">{moneyText(found.held)}</dd>
        </div>
        <div>
          <dt>Of it disputed</dt>
          <dd className="held">{moneyText(found.disputedHeld)}</dd>
        </div>
      </dl>
      {found.state === "open" ? (
        <p>
          Opened <Moment at={found.openedAt} />. Staff answer by <Moment at={found.ruleBy} />
          {found.blocking ? "; nobody is paid before that." : "; until then only the disputed pledges wait."}{" "}
          {found.admitted === null && (
            <>
              Staff say by <Moment at={found.admitBy} /> whether they admit it.
            </>
          )}
        </p>
      ) : (
        <>
          <p>
            <strong>{found.ruling ? rulings[found.ruling] : "Answered"}.</strong> Ruled
            {found.ruledBy && ` by ${found.ruledBy.name}`}
            {found.ruledAt && (
              <>
                , <Moment at={found.ruledAt} />
              </>
            )}
            {found.takesEffectAt && (
              <>
                ; in effect from <Moment at={found.takesEffectAt} />
              </>
            )}
            .
          </p>
          {found.reasons && <blockquote className="prose">{found.reasons}</blockquote>}
        </>
      )}
    </>
  );
}

function AdmissionForm({ refused, found }: { refused: Refused | undefined; found: CaseView }) {
  const typed = useTyped(refused);
  return (
    <ActionForm refused={refused} action="?admission" label="Admission">
      <h2>Does it concern the others?</h2>
      <ChoiceField
        name="admit"
        legend="Admission"
        hint={`If admitted, nobody is paid before the ruling. Say so by the time above; ${found.disputes.length} ${found.disputes.length === 1 ? "backer disputes" : "backers dispute"}.`}
        value={typed("admit", "yes")}
        choices={[
          { value: "yes", label: "Admit: everybody's money waits" },
          { value: "no", label: "Reject: only the disputed pledges wait" },
        ]}
      />
      <ProseField
        name="admission-reasons"
        label="Reasons for the admission"
        rows={3}
        value={typed("admission-reasons")}
        fault={refused?.faults.reasons}
        required
        maxLength={2000}
      />
      <div className="buttons">
        <Button look="quiet">Record the admission</Button>
      </div>
    </ActionForm>
  );
}

function RulingForm({ refused }: { refused: Refused | undefined }) {
  const typed = useTyped(refused);
  return (
    <ActionForm refused={refused} action="?ruling" label="Ruling">
      <h2>Rule</h2>
      <ChoiceField
        name="ruling"
        legend="Ruling"
        value={typed("ruling")}
        fault={refused?.faults.ruling}
        choices={(Object.keys(rulings) as Ruling[]).map((ruling) => ({ value: ruling, label: rulings[ruling] }))}
      />
      <ProseField
        name="reasons"
        label="Reasons for the ruling"
        hint="Published. Which point, what you found, why it follows."
        value={typed("reasons")}
        fault={refused?.faults.reasons}
        required
        maxLength={5000}
      />
      <div className="buttons">
        <Button look="grave">Make the ruling</Button>
      </div>
    </ActionForm>
  );
}
