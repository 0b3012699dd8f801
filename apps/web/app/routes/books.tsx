import { read } from "../.server/api.ts";
import { Moment } from "../components/moment.tsx";
import { moneyText } from "../components/money.tsx";
import { Notice } from "../ui/notice.tsx";
import type { Route } from "./+types/books.ts";

export const loader = ({ request }: Route.LoaderArgs) => read("books", { request });

export const meta: Route.MetaFunction = () => [{ title: "The books · Freehold" }];

export default function Books({ loaderData: books }: Route.ComponentProps) {
  const facts: [string, string, boolean][] = [
    [
      `Held for ${books.developments} ${books.developments === 1 ? "feature" : "features"}`,
      moneyText(books.held),
      true,
    ],
    ["Paid to developers", moneyText(books.paid), false],
    ["Donated to developers", moneyText(books.donated), false],
    ["Returned to backers", moneyText(books.refunded), false],
    ["Our own funds", moneyText(books.ownFunds), false],
    ["We aim to keep at least", moneyText(books.ownFundsFloor), false],
  ];
  return (
    <div className="narrow">
      <h1>The books</h1>
      <p className="mt-4">
        Every cent that is held, paid, returned or ours stands in one ledger in which each entry has its counter-entry.
        It proves itself on a schedule; the result stands here whatever it is.
      </p>
      {books.proof === null ? (
        <Notice kind="note">
          <p>The books have not been proved yet.</p>
        </Notice>
      ) : books.proof.balanced ? (
        <Notice kind="done">
          <p>
            The books balance. Last proved <Moment at={books.proof.at} />.
          </p>
        </Notice>
      ) : (
        <Notice kind="refused">
          <p>
            The books did not balance on <Moment at={books.proof.at} />. Staff are told.
          </p>
          <ul>
            {books.proof.findings.map((finding) => (
              <li key={finding}>{finding}</li>
            ))}
          </ul>
        </Notice>
      )}
      <dl className="facts">
        {facts.map(([name, sum, held]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd className={held ? "held money" : "money"}>{sum}</dd>
          </div>
        ))}
      </dl>
      {books.oldestHoldAt && (
        <p className="small quiet">
          The oldest pledge in the hold was paid on <Moment at={books.oldestHoldAt} as="day" />; none is held for 75
          days.
        </p>
      )}
    </div>
  );
}
