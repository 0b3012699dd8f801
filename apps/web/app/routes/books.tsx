import type { BooksView } from "@freehold/contract";
import type { ReactNode } from "react";
import { read } from "../.server/api.ts";
import { Moment } from "../components/moment.tsx";
import { moneyText } from "../components/money.tsx";
import { spanOf } from "../dates.ts";
import { Notice } from "../ui/notice.tsx";
import type { Route } from "./+types/books.ts";

export const loader = ({ request }: Route.LoaderArgs) => read("books", { request });

export const meta: Route.MetaFunction = () => [{ title: "The books · Freehold" }];

/** A figure, and the sentence that says what it is made of. */
function Figure({ name, sum, held, children }: { name: string; sum: ReactNode; held?: boolean; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <span className={held ? "sum held" : "sum"}>{sum}</span>
        <span className="small quiet">{children}</span>
      </dd>
    </div>
  );
}

export default function Books({ loaderData: books }: Route.ComponentProps) {
  return (
    <>
      <h1>The books</h1>
      <p className="mt-4">
        Every cent that is held, paid, returned or ours stands in one ledger in which each entry has its counter-entry.
        It proves itself on a schedule; the result stands here whatever it is.
      </p>
      <Proof proof={books.proof} />
      <HeldNow books={books} />
      <Ours books={books} />
      <Speed settlements={books.settlements} />
      <ToDate books={books} />
      <Waiting tasks={books.tasks} />
      <p className="small quiet">
        As of <Moment at={books.at} />. The same figures for machines: <a href="/api/books">/api/books</a>.
      </p>
    </>
  );
}

function Proof({ proof }: { proof: BooksView["proof"] }) {
  if (proof === null)
    return (
      <Notice kind="note">
        <p>The books have not been proved yet.</p>
      </Notice>
    );
  if (proof.balanced)
    return (
      <Notice kind="done">
        <p>
          The books balance. Last proved <Moment at={proof.at} />, with nothing found.
        </p>
      </Notice>
    );
  return (
    <Notice kind="refused">
      <p>
        The books did not balance on <Moment at={proof.at} />. Staff are told.
      </p>
      <ul>
        {proof.findings.map((finding) => (
          <li key={finding}>{finding}</li>
        ))}
      </ul>
    </Notice>
  );
}

function HeldNow({ books }: { books: BooksView }) {
  const { oldestHold } = books;
  return (
    <section>
      <h2>Held now</h2>
      <dl className="figures">
        <Figure
          name={`Held for ${books.developments} ${books.developments === 1 ? "feature" : "features"}`}
          sum={moneyText(books.held)}
          held
        >
          Pledges that were charged and are neither paid out nor on their way back.
        </Figure>
        {oldestHold && (
          <Figure name="Oldest of them" sum={days(oldestHold.days)}>
            Charged on <Moment at={oldestHold.at} as="day" />. None is held for 75 days: by then it has bought the code
            or is on its way back.
          </Figure>
        )}
      </dl>
    </section>
  );
}

function Ours({ books }: { books: BooksView }) {
  const short = BigInt(books.ownFundsFloor.minor) - BigInt(books.ownFunds.minor);
  return (
    <section>
      <h2>What is ours</h2>
      <dl className="figures">
        <Figure name="Our own funds" sum={moneyText(books.ownFunds)}>
          What lies at the payment processor, {moneyText(books.atProcessor, { cents: true })}, less what we owe to
          backers and developers, {moneyText(books.owed, { cents: true })}.
        </Figure>
        <Figure name="We aim to keep at least" sum={moneyText(books.ownFundsFloor)}>
          The greater of $1,000 and 2 % of what is held, so that a bank's reversal is our loss and no backer's.{" "}
          {books.ownFundsEnough
            ? "Our own funds are enough for that."
            : `Our own funds are ${moneyText({ ...books.ownFunds, minor: short.toString() }, { cents: true })} short of that.`}
        </Figure>
      </dl>
      {books.transfersStoppedSince && (
        <Notice kind="refused">
          <p>
            Payments to developers are stopped since <Moment at={books.transfersStoppedSince} /> and staff are told why.
            Refunds go out all the same.
          </p>
        </Notice>
      )}
    </section>
  );
}

function Speed({ settlements }: { settlements: BooksView["settlements"] }) {
  return (
    <section>
      <h2>From release to payment</h2>
      {settlements === null ? (
        <p className="quiet">No feature has been settled yet.</p>
      ) : (
        <dl className="figures">
          <Figure name="Half of them within" sum={spanOf(settlements.medianSeconds)}>
            From the submission of the released commit until everyone was paid, over{" "}
            {settlements.count === 1 ? "the one settled feature" : `${settlements.count} settled features`}. The time in
            which backers may object is part of it.
          </Figure>
          <Figure name="The longest" sum={spanOf(settlements.longestSeconds)}>
            Of the same.
          </Figure>
        </dl>
      )}
    </section>
  );
}

function ToDate({ books }: { books: BooksView }) {
  return (
    <section>
      <h2>To date</h2>
      <dl className="figures">
        <Figure name="Paid to developers" sum={moneyText(books.paid)}>
          For released features, after our part; confirmed by the payment processor.
        </Figure>
        <Figure name="Donated to developers" sum={moneyText(books.donated)}>
          Went to them at once and was never held.
        </Figure>
        <Figure name="Returned to backers" sum={moneyText(books.refunded)}>
          Confirmed refunds, with the service fee where it came back, too.
        </Figure>
        <Figure name="Our part of what was paid out" sum={moneyText(books.platformFees)}>
          Taken when a settlement is authorised, never from donations or refunds.
        </Figure>
        <Figure name="Service fees from backers" sum={moneyText(books.serviceFees)}>
          Paid on top of pledges and donations, less those that were returned.
        </Figure>
        <Figure name="Card fees we paid" sum={moneyText(books.cardFees)}>
          What the payment processor took for card payments, as it reports it.
        </Figure>
        <Figure name="Taken back by banks" sum={moneyText(books.chargedBack)}>
          Reversals that a bank made and has not undone.
        </Figure>
        <Figure name="Lost by us" sum={moneyText(books.lost)}>
          What reversals and their fees cost us where the money had left the hold. It is paid from our own funds.
        </Figure>
      </dl>
    </section>
  );
}

function Waiting({ tasks }: { tasks: BooksView["tasks"] }) {
  return (
    <section>
      <h2>What waits for a person</h2>
      {tasks.oldestAt === null ? (
        <p>Nothing: every payment, refund and payout goes by itself at present.</p>
      ) : (
        <p>
          {tasks.more ? "More than " : ""}
          {tasks.open} {tasks.open === 1 ? "task" : "tasks"} of our staff about money {tasks.open === 1 ? "is" : "are"}{" "}
          open; the oldest has waited since <Moment at={tasks.oldestAt} />.
        </p>
      )}
    </section>
  );
}

const days = (count: number) => `${count} ${count === 1 ? "day" : "days"}`;
