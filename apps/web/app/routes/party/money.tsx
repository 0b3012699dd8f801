import type { MyMoney } from "@freehold/contract";
import { useSearchParams } from "react-router";
import { read } from "../../.server/api.ts";
import { Moment } from "../../components/moment.tsx";
import { Money, isZero, moneyText } from "../../components/money.tsx";
import { paymentWord } from "../../payment-words.ts";
import { Pagination } from "../../ui/pagination.tsx";
import type { Route } from "./+types/money.ts";

export function loader({ request }: Route.LoaderArgs) {
  const after = new URL(request.url).searchParams.get("after");
  return read("myMoney", { request, query: after ? { after: after.slice(0, 200) } : {} });
}

export const meta: Route.MetaFunction = () => [{ title: "My money · Freehold" }];

export default function Mine({ loaderData: money }: Route.ComponentProps) {
  const [query] = useSearchParams();
  return (
    <>
      <h1>My money</h1>
      <dl className="facts">
        <div>
          <dt>Held for you</dt>
          <dd className="held">{moneyText(money.held)}</dd>
        </div>
        <div>
          <dt>Paid for finished features</dt>
          <dd>{moneyText(money.paid)}</dd>
        </div>
        <div>
          <dt>Donated to developers</dt>
          <dd>{moneyText(money.givenToDevelopers)}</dd>
        </div>
        <div>
          <dt>Returned to you</dt>
          <dd>{moneyText(money.refunded)}</dd>
        </div>
      </dl>
      <p className="small quiet">
        Your limit for an estimate is {moneyText(money.estimateCap)}. It grows to twice your largest pledge on a settled
        feature, and it does not limit what you pledge.
      </p>
      {money.payments.length === 0 ? (
        <p>You have not paid anything here yet.</p>
      ) : (
        <Payments payments={money.payments} />
      )}
      <Pagination next={money.next} query={query} />
      <Received received={money.received} />
    </>
  );
}

function Payments({ payments }: { payments: MyMoney["payments"] }) {
  return (
    <table className="ledger">
      <caption>What you paid</caption>
      <thead>
        <tr>
          <th scope="col">Feature</th>
          <th scope="col">State</th>
          <th scope="col">Latest day</th>
          <th scope="col">Also</th>
          <th scope="col" className="fig">
            Sum
          </th>
        </tr>
      </thead>
      <tbody>
        {payments.map((payment) => (
          <tr key={payment.id}>
            <th scope="row">
              <a href={`/proposals/${payment.proposal.id}`}>{payment.proposal.title}</a>
              <span className="small quiet block">
                {payment.kind} to {payment.developer}
                {payment.paidAt && (
                  <>
                    , <Moment at={payment.paidAt} as="day" />
                  </>
                )}
              </span>
            </th>
            <td>{paymentWord(payment.kind, payment.state)}</td>
            <td>
              {payment.latestDay && payment.state === "held" && (
                <>
                  by <Moment at={payment.latestDay} as="day" />
                </>
              )}
            </td>
            <td>
              <a href={`/payments/${payment.id}`}>Receipt</a>
              {payment.canTakeBack && (
                <>
                  {" "}
                  · <a href={`/proposals/${payment.proposal.id}/take-back`}>Take back</a>
                </>
              )}
              {payment.checkoutUrl && (
                <>
                  {" "}
                  · <a href={payment.checkoutUrl}>Pay</a>
                </>
              )}
            </td>
            <td className="fig">
              <Money
                of={payment.state === "held" ? payment.held : payment.amount}
                cents
                held={payment.state === "held"}
              />
              {!isZero(payment.refunded) && (
                <span className="small quiet block">
                  <Money of={payment.refunded} cents /> returned
                </span>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Received({ received }: { received: MyMoney["received"] }) {
  const nothing = isZero(received.payouts) && isZero(received.donations);
  return (
    <section>
      <h2 className="mt-10">What you received</h2>
      <p>
        {nothing
          ? "Nothing yet."
          : `${moneyText(received.payouts)} for released features and ${moneyText(received.donations)} in donations.`}
      </p>
      <p className="small">
        <a href="/payouts">Every payout, one by one</a> · <a href="/get-paid">How you are paid</a> ·{" "}
        <a href="/api/money/export.csv" download>
          All movements as a table (CSV)
        </a>
      </p>
    </section>
  );
}
