import type { PledgeQuote } from "@freehold/contract";
import { Moment } from "./moment.tsx";
import { moneyText, smallMoneyText } from "./money.tsx";

const full = (money: PledgeQuote["amount"]) => moneyText(money, { cents: true });

/** Everything a pledge means, said before paying: who gets what, what comes back when, and the latest day. */
export function PledgeMeaning({ quote }: { quote: PledgeQuote }) {
  const who = quote.developer;
  return (
    <div className="meaning">
      <p>
        You pay <strong>{full(quote.total)}</strong>: {full(quote.amount)} is held for this feature and{" "}
        {smallMoneyText(quote.serviceFee)} is our service fee. If {who} releases the code and it passes the checks,{" "}
        {who} receives {full(quote.toDeveloper)} and Freehold {smallMoneyText(quote.platformFee)}. If the release fails
        or backers are found right, all {full(quote.total)} comes back.
      </p>
      <p>
        If {who} decides not to release, or you take your pledge back before <Moment at={quote.closesAt} />,{" "}
        {full(quote.amount)} comes back and the {smallMoneyText(quote.serviceFee)} does not.
      </p>
      <p>
        By{" "}
        <strong>
          <Moment at={quote.latestDay} as="day" />
        </strong>{" "}
        at the latest your money has bought the code or is on its way back.
      </p>
      <p>
        On your bank statement it says <strong className="code">{quote.statementName}</strong>.
      </p>
    </div>
  );
}

/** The same as a bill. */
export function PledgeBill({ quote }: { quote: PledgeQuote }) {
  return (
    <dl className="bill">
      <dt>Held for this feature</dt>
      <dd>{full(quote.amount)}</dd>
      <dt>Service fee</dt>
      <dd>{full(quote.serviceFee)}</dd>
      <dt className="total">You pay</dt>
      <dd className="total">{full(quote.total)}</dd>
    </dl>
  );
}
