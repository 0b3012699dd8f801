import type { PledgeQuote } from "@freehold/contract";
import { moneyText, smallMoneyText } from "./money.tsx";

/** Where your dollar goes, with the figures that are in force, on the smallest round example. */
export function MoneySection({ quote, who }: { quote: PledgeQuote | null; who: string }) {
  return (
    <section aria-labelledby="money">
      <h2 id="money">Where your dollar goes</h2>
      <p>
        You choose what to pledge. It is held here, not by {who}. If {who} releases the code and it passes the checks,{" "}
        {quote
          ? `${moneyText(quote.toDeveloper, { cents: true })} of each ${moneyText(quote.amount)} reaches ${who} and ${smallMoneyText(quote.platformFee)} pays for Freehold.`
          : `it reaches ${who}, less Freehold's share.`}{" "}
        If {who} decides it was not enough, it goes back to your card.
      </p>
      {quote && (
        <p className="small quiet">
          Your card also pays a service fee: {smallMoneyText(quote.serviceFee)} on {moneyText(quote.amount)}. All of it
          is shown before you pay.
        </p>
      )}
    </section>
  );
}
