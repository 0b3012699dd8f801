import type { MoneyView, PayoutsView, PayoutState } from "@freehold/contract";
import { useSearchParams } from "react-router";
import { read } from "../../.server/api.ts";
import { Moment } from "../../components/moment.tsx";
import { isZero, Money, moneyText } from "../../components/money.tsx";
import { ButtonLink } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Pagination } from "../../ui/pagination.tsx";
import type { Route } from "./+types/payouts.ts";

export function loader({ request }: Route.LoaderArgs) {
  const query = new URL(request.url).searchParams;
  const place = (name: string) => {
    const text = query.get(name);
    return text ? { [name]: text.slice(0, 200) } : {};
  };
  return read("payouts", { request, query: { ...place("after"), ...place("donations") } });
}

export const meta: Route.MetaFunction = () => [{ title: "What you are paid · Freehold" }];

const states: Readonly<Record<PayoutState, string>> = {
  waiting: "waiting",
  not_payable: "not payable",
  on_its_way: "on its way",
  paid: "paid",
  stopped: "stopped",
};

export default function Payouts({ loaderData: payouts }: Route.ComponentProps) {
  const [query] = useSearchParams();
  const nothing = payouts.developments.length === 0 && payouts.donations.length === 0;
  return (
    <>
      <p className="crumb small quiet">
        <a href="/money">My money</a>
      </p>
      <h1>What you are paid</h1>
      <NextStep payouts={payouts} />
      {nothing && (
        <p>
          Nothing yet. When a feature that you built is released and stands, every pledge to it is one row here: what
          its backer paid for it, our part, and what reaches you.
        </p>
      )}
      {payouts.totals.map((sums) => (
        <Totals key={sums.net.currency} sums={sums} donated={payouts.donated} />
      ))}
      {payouts.totals.length === 0 &&
        payouts.donated.map((sum) => <p key={sum.currency}>Donated to you: {moneyText(sum, { cents: true })}.</p>)}
      {payouts.developments.length > 0 && (
        <section>
          <h2>For released features</h2>
          {payouts.developments.map((run) => (
            <Run key={run.lines[0]!.id} run={run} />
          ))}
          <Pagination next={payouts.next} query={query} />
        </section>
      )}
      <Donations payouts={payouts} query={query} />
      <p className="small quiet">
        <a href="/get-paid">How you are paid</a> ·{" "}
        <a href="/api/money/export.csv" download>
          All movements of your money as a table (CSV)
        </a>
      </p>
    </>
  );
}

function NextStep({ payouts: { nextStep } }: { payouts: PayoutsView }) {
  if (!nextStep) return null;
  return (
    <>
      <Notice kind="note">
        <p>{nextStep.sentence}</p>
      </Notice>
      <div className="buttons">
        <ButtonLink to={nextStep.path}>Set up how you are paid</ButtonLink>
      </div>
    </>
  );
}

function Totals({ sums, donated }: { sums: PayoutsView["totals"][number]; donated: MoneyView[] }) {
  const given = donated.find((sum) => sum.currency === sums.net.currency);
  const facts: [string, MoneyView | undefined][] = [
    ["Pledged to your work", sums.gross],
    ["Our part of it", sums.platformFee],
    ["Paid to you", sums.paid],
    ["Waiting", sums.waiting],
    ["Came back out of it", isZero(sums.reversed) ? undefined : sums.reversed],
    ["Donated to you", given],
  ];
  return (
    <dl className="facts">
      {facts.map(
        ([name, sum]) =>
          sum && (
            <div key={name}>
              <dt>{name}</dt>
              <dd className="money">{moneyText(sum, { cents: true })}</dd>
            </div>
          ),
      )}
    </dl>
  );
}

function Run({ run }: { run: PayoutsView["developments"][number] }) {
  const { sums } = run;
  return (
    <section className="run">
      <h3>
        <a href={`/proposals/${run.proposal.id}`}>{run.proposal.title}</a>
      </h3>
      <p className="small quiet">
        {run.pledges} {run.pledges === 1 ? "pledge" : "pledges"}: {moneyText(sums.gross, { cents: true })} less our part
        of {moneyText(sums.platformFee, { cents: true })} is {moneyText(sums.net, { cents: true })} for you
        {isZero(sums.waiting) ? "." : `; ${moneyText(sums.waiting, { cents: true })} of it waits.`}
      </p>
      <table className="ledger wide-figures">
        <caption className="unseen">Pledges paid out for {run.proposal.title}</caption>
        <thead>
          <tr>
            <th scope="col">State</th>
            <th scope="col">When</th>
            <th scope="col" className="fig">
              Pledged
            </th>
            <th scope="col" className="fig">
              Our part
            </th>
            <th scope="col" className="fig">
              To you
            </th>
          </tr>
        </thead>
        <tbody>
          {run.lines.map((line) => (
            <tr key={line.id}>
              <th scope="row">
                {states[line.state]}
                {line.why && <span className="small quiet block">{line.why}</span>}
                {!isZero(line.reversed) && (
                  <span className="small quiet block">
                    {moneyText(line.reversed, { cents: true })} came back later.
                  </span>
                )}
                {!isZero(line.netted) && (
                  <span className="small quiet block">
                    {moneyText(line.netted, { cents: true })} of it paid what you owed.
                  </span>
                )}
              </th>
              <td>
                <Moment at={line.paidAt ?? line.authorisedAt} as="day" />
              </td>
              <td className="fig" data-name="pledged">
                <Money of={line.gross} cents />
              </td>
              <td className="fig" data-name="our part">
                <Money of={line.platformFee} cents />
              </td>
              <td className="fig" data-name="to you">
                <Money of={line.net} cents />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Donations({ payouts, query }: { payouts: PayoutsView; query: URLSearchParams }) {
  if (payouts.donations.length === 0) return null;
  return (
    <section>
      <h2>Donations</h2>
      <p className="small quiet">They went to you at once, whole: our part is nothing.</p>
      <table className="ledger">
        <caption className="unseen">Donations to you</caption>
        <thead>
          <tr>
            <th scope="col">Feature</th>
            <th scope="col">When</th>
            <th scope="col" className="fig">
              Sum
            </th>
          </tr>
        </thead>
        <tbody>
          {payouts.donations.map((donation) => (
            <tr key={donation.id}>
              <th scope="row">
                <a href={`/proposals/${donation.proposal.id}`}>{donation.proposal.title}</a>
              </th>
              <td>
                <Moment at={donation.at} as="day" />
              </td>
              <td className="fig">
                <Money of={donation.amount} cents />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <Pagination next={payouts.nextDonations} query={query} mark="donations" name="Pages of donations" />
    </section>
  );
}
