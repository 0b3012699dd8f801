import type { ReceiptView } from "@freehold/contract";
import { call, read } from "../../.server/api.ts";
import { Moment } from "../../components/moment.tsx";
import { Money, isZero, moneyText } from "../../components/money.tsx";
import { SaidNotice } from "../../components/said-notice.tsx";
import { paymentWord } from "../../payment-words.ts";
import { ButtonLink } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import type { Route } from "./+types/payment.ts";

/**
 * A receipt, and the page people come back to from the payment processor. While the payment is open the api is asked to
 * look at once instead of waiting for the processor's message; looking changes nothing that has not happened.
 */
export async function loader({ request, params }: Route.LoaderArgs) {
  const receipt = await read("receipt", { request, params });
  if (receipt.state !== "opened") return receipt;
  const session = await read("session", { request });
  const looked = await call("settleCheckout", { request, params, csrf: session.csrfToken });
  return looked.ok ? read("receipt", { request, params }) : receipt;
}

export const meta: Route.MetaFunction = ({ loaderData }) =>
  loaderData ? [{ title: `Your ${loaderData.kind} · ${loaderData.proposal.title} · Freehold` }] : [];

export default function Payment({ loaderData: receipt }: Route.ComponentProps) {
  const whole = receipt.state === "held" && receipt.held.minor === receipt.amount.minor;
  return (
    <div className="narrow receipt">
      <p className="crumb small quiet">
        <a href="/money">My money</a> · <a href={`/proposals/${receipt.proposal.id}`}>{receipt.proposal.title}</a>
      </p>
      <h1>Your {receipt.kind}</h1>
      <SaidNotice />
      <State receipt={receipt} />
      <dl className="bill">
        <dt>{receipt.kind === "pledge" ? "Pledge" : "Donation"}</dt>
        <dd>
          <Money of={receipt.amount} cents held={whole} />
        </dd>
        <dt>Service fee</dt>
        <dd>
          <Money of={receipt.serviceFee} cents />
        </dd>
        <dt className="total">Total</dt>
        <dd className="total">
          <Money of={receipt.total} cents />
        </dd>
        {receipt.state === "held" && !whole && (
          <>
            <dt>Held now</dt>
            <dd>
              <Money of={receipt.held} cents held />
            </dd>
          </>
        )}
        {!isZero(receipt.refunded) && (
          <>
            <dt>Returned</dt>
            <dd>
              <Money of={receipt.refunded} cents />
            </dd>
          </>
        )}
      </dl>
      <Payees receipt={receipt} />
      <Events receipt={receipt} />
      <section>
        <h2>Receipt</h2>
        <p className="small quiet">
          Paid by {receipt.person}
          {receipt.paidAt && (
            <>
              {" "}
              on <Moment at={receipt.paidAt} />
            </>
          )}
          , for “{receipt.proposal.title}” by {receipt.developer}. On the bank statement:{" "}
          <span className="code">{receipt.statementName}</span>.
          {receipt.processorReference && (
            <>
              {" "}
              Processor's reference: <span className="code">{receipt.processorReference}</span>.
            </>
          )}{" "}
          Made under policy <span className="code">{receipt.policyVersionId}</span>, which stays in force for it.
          Receipt <span className="code">{receipt.id}</span>.
        </p>
        {receipt.claimable && (
          <p className="small on-screen">
            <a href={`/api/payments/${receipt.id}/claim`} download>
              Download this as a signed statement
            </a>
            : what stands here, under our signature, for whoever asks you for proof.{" "}
            <a href="/api/claim-keys">Our public keys</a>
          </p>
        )}
      </section>
    </div>
  );
}

const payeeStates: Readonly<Record<ReceiptView["payees"][number]["state"], string>> = {
  foreseen: "if the release stands",
  on_its_way: "on its way",
  paid: "paid",
  stopped: "stopped",
};

/** Where a pledge goes, line by line; they add up to it. */
function Payees({ receipt }: { receipt: ReceiptView }) {
  if (receipt.payees.length === 0) return null;
  return (
    <section>
      <h2>{receipt.payees.some((payee) => payee.state === "foreseen") ? "Where it would go" : "Where it went"}</h2>
      <table className="ledger">
        <caption className="unseen">Who receives what of this pledge</caption>
        <tbody>
          {receipt.payees.map((payee) => (
            <tr key={`${payee.name}-${payee.reason}-${payee.state}`}>
              <th scope="row">
                {payee.name}
                <span className="small quiet block">{payee.reason.replaceAll("_", " ")}</span>
              </th>
              <td>
                {payeeStates[payee.state]}
                {payee.paidAt && (
                  <>
                    , <Moment at={payee.paidAt} as="day" />
                  </>
                )}
              </td>
              <td className="fig">
                <Money of={payee.amount} cents />
              </td>
            </tr>
          ))}
          <tr>
            <th scope="row">
              Freehold
              <span className="small quiet block">{receipt.platformFeeBasisPoints / 100} % of what is paid out</span>
            </th>
            <td>of the pledge</td>
            <td className="fig">
              <Money of={receipt.platformFee} cents />
            </td>
          </tr>
        </tbody>
      </table>
    </section>
  );
}

function State({ receipt }: { receipt: ReceiptView }) {
  const amount = moneyText(receipt.amount, { cents: true });
  if (receipt.state === "opened")
    return (
      <>
        <Notice kind="note">
          <p>Nothing has been paid yet, as far as the payment processor says.</p>
        </Notice>
        <div className="buttons">
          {receipt.checkoutUrl && <ButtonLink to={receipt.checkoutUrl}>Continue to payment</ButtonLink>}
          <ButtonLink to={`/payments/${receipt.id}`} look="quiet">
            Look again
          </ButtonLink>
        </div>
      </>
    );
  const failed = receipt.state === "failed" || receipt.state === "expired";
  return (
    <Notice kind={failed ? "note" : "done"}>
      <p>
        <strong>
          {amount} {receipt.kind === "pledge" ? "pledged" : "donated"}: {paymentWord(receipt.kind, receipt.state)}.
        </strong>{" "}
        {receipt.state === "held" && receipt.latestDay && (
          <>
            By{" "}
            <strong>
              <Moment at={receipt.latestDay} as="day" />
            </strong>{" "}
            at the latest it has bought the code or is on its way back
            {receipt.daysLeft !== null && `: ${receipt.daysLeft} ${receipt.daysLeft === 1 ? "day" : "days"} from now`}.
          </>
        )}
        {failed && "Nothing is held."}
      </p>
      {receipt.canTakeBack && (
        <p>
          <a href={`/proposals/${receipt.proposal.id}/take-back`}>Take this pledge back</a>
        </p>
      )}
    </Notice>
  );
}

function Events({ receipt }: { receipt: ReceiptView }) {
  if (receipt.events.length === 0) return null;
  return (
    <section>
      <h2>What happened</h2>
      <ol className="history">
        {receipt.events.map((event) => (
          <li key={`${event.at}-${event.sentence}`}>
            <span className="small quiet">
              <Moment at={event.at} as="hour" />
            </span>
            <span>{event.sentence}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}
