import type { DevelopmentView, ProposalView } from "@freehold/contract";
import { CopyField } from "../ui/field.tsx";
import { Moment } from "./moment.tsx";
import { moneyText } from "./money.tsx";
import { paidInAll, people } from "./sentences.ts";

/** What a settled feature leaves: what, when, commit, licence, how many paid. Printable. */
export function Plaque({
  proposal,
  development,
  origin,
}: {
  proposal: ProposalView;
  development: DevelopmentView;
  origin: string;
}) {
  const release = development.releases.findLast((candidate) => candidate.state === "passed");
  const { settlement } = development;
  return (
    <section className="plaque" aria-labelledby="plaque">
      <h2 id="plaque">
        <svg width="22" height="22" viewBox="0 0 22 22" aria-hidden="true" className="shrink-0">
          <path d="M17.5 6.2A8 8 0 1 0 17.5 15.8" fill="none" stroke="var(--color-enamel)" strokeWidth="3" />
        </svg>
        {proposal.title}
      </h2>
      <dl>
        <dt>Free since</dt>
        <dd>
          <Moment at={proposal.stageSince} as="day" />
        </dd>
        {release && (
          <>
            <dt>Commit</dt>
            <dd>
              <code>{release.commit}</code>, branch <code>{release.branch}</code> of{" "}
              <a href={development.destination.webUrl}>{development.destination.slug}</a>
            </dd>
            {release.licence && (
              <>
                <dt>Licence</dt>
                <dd>{release.licence}</dd>
              </>
            )}
          </>
        )}
        {settlement && (
          <>
            <dt>Paid</dt>
            <dd>
              {moneyText(paidInAll(settlement))}
              {development.backers > 0 && ` by ${people(development.backers)}`}, {moneyText(settlement.paid)} of it to{" "}
              {development.developer.name}
            </dd>
          </>
        )}
        {development.namedBackers.length > 0 && (
          <>
            <dt>Among them</dt>
            <dd>{development.namedBackers.join(", ")}</dd>
          </>
        )}
      </dl>
      {proposal.you?.isDeveloper && (
        <p className="small on-screen">
          <a href="/payouts">What you were paid, pledge by pledge</a>
        </p>
      )}
      <CopyField
        name="trailer"
        label="For the commit message"
        rows={3}
        value={`Funded-by: ${development.backers > 0 ? people(development.backers) : "backers"} through Freehold <${origin}/proposals/${proposal.id}>`}
      />
    </section>
  );
}

/** How far paying or refunding has come, so that nobody reads "paid" too early. */
export function SettlementProgress({ settlement }: { settlement: NonNullable<DevelopmentView["settlement"]> }) {
  const noun = settlement.kind === "payout" ? "payments" : "refunds";
  return (
    <section aria-labelledby="settlement">
      <h2 id="settlement">{settlement.kind === "payout" ? "Paying out" : "Going back"}</h2>
      <p>
        <label htmlFor="settlement-bar">
          {settlement.done} of {settlement.items} {noun} made
        </label>
        , authorised <Moment at={settlement.authorisedAt} as="hour" />.
      </p>
      <p>
        <progress id="settlement-bar" max={settlement.items} value={settlement.done} />
      </p>
      <p className="small quiet">
        {settlement.kind === "payout"
          ? `${moneyText(settlement.paid)} paid so far; ${moneyText(settlement.platformFee)} is Freehold's share.`
          : `${moneyText(settlement.refunded)} is back so far.`}
      </p>
    </section>
  );
}
