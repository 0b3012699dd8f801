import { read } from "../../.server/api.ts";
import { Moment } from "../../components/moment.tsx";
import { Money } from "../../components/money.tsx";
import { usePageSession } from "../../session.ts";
import type { Route } from "./+types/queue.ts";

export const loader = ({ request }: Route.LoaderArgs) => read("staffQueue", { request });

export const meta: Route.MetaFunction = () => [{ title: "Staff · Freehold" }];

export default function Queue({ loaderData: { cases, tasks } }: Route.ComponentProps) {
  const page = usePageSession();
  return (
    <>
      <h1>What staff have to do</h1>
      {page?.session.windable && (
        <p className="small mt-4">
          <a href="/staff/clock">Wind the clock of this local world</a>
        </p>
      )}
      {cases.length === 0 ? (
        <p className="quiet mt-4">No case is open.</p>
      ) : (
        <table className="ledger">
          <caption>Cases</caption>
          <thead>
            <tr>
              <th scope="col">Feature</th>
              <th scope="col">Opened</th>
              <th scope="col">Answer by</th>
              <th scope="col">Disputes</th>
              <th scope="col">You</th>
            </tr>
          </thead>
          <tbody>
            {cases.map((entry) => (
              <tr key={entry.id}>
                <th scope="row">
                  <a href={`/cases/${entry.id}`}>{entry.proposal.title}</a>
                </th>
                <td>
                  <Moment at={entry.openedAt} as="hour" />
                </td>
                <td>
                  <Moment at={entry.due} as="hour" />
                </td>
                <td>
                  {entry.disputes}
                  {entry.blocking && ", stops every payment"}
                </td>
                <td>{entry.hasStake ? "hold a stake: somebody else rules" : "may rule"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {tasks.length === 0 ? (
        <p className="quiet mt-4">Nothing waits for an operator.</p>
      ) : (
        <table className="ledger">
          <caption>Operator's tasks</caption>
          <thead>
            <tr>
              <th scope="col">Task</th>
              <th scope="col">Cause</th>
              <th scope="col">Next step</th>
              <th scope="col">Since</th>
              <th scope="col" className="fig">
                Sum
              </th>
            </tr>
          </thead>
          <tbody>
            {tasks.map((task) => (
              <tr key={task.id}>
                <th scope="row">{task.kind.replaceAll("_", " ")}</th>
                <td>{task.cause}</td>
                <td>{task.nextStep}</td>
                <td>
                  <Moment at={task.createdAt} as="hour" />
                </td>
                <td className="fig">{task.amount && <Money of={task.amount} cents />}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}
