import type { MovementAccount, StaffQueue } from "@freehold/contract";
import { useSearchParams } from "react-router";
import { read } from "../../.server/api.ts";
import { submit } from "../../.server/submit.ts";
import { Moment } from "../../components/moment.tsx";
import { SaidNotice } from "../../components/said-notice.tsx";
import { DoneTasks, OpenTask } from "../../components/tasks.tsx";
import { usePageSession } from "../../session.ts";
import { Pagination } from "../../ui/pagination.tsx";
import type { Route } from "./+types/queue.ts";

export function loader({ request }: Route.LoaderArgs) {
  const after = new URL(request.url).searchParams.get("after");
  return read("staffQueue", { request, query: after ? { after: after.slice(0, 200) } : {} });
}

export function action({ request }: Route.ActionArgs) {
  const id = new URL(request.url).searchParams.get("task") ?? "";
  return submit(request, "completeTask", {
    params: { id },
    body: (form) => ({
      note: form.text(`note-${id}`),
      // What is none of the accounts is refused by the api.
      ...(form.text(`accepted-${id}`) !== "" && { accepted: form.text(`accepted-${id}`) === "yes" }),
      ...(form.text(`account-${id}`) !== "" && { account: form.text(`account-${id}`) as MovementAccount }),
    }),
    then: () => "/staff?said=task-done",
  });
}

export const meta: Route.MetaFunction = () => [{ title: "Staff · Freehold" }];

export default function Queue({ loaderData: { cases, tasks, nextTasks, done }, actionData }: Route.ComponentProps) {
  const page = usePageSession();
  const [query] = useSearchParams();
  const answered = query.get("task");
  return (
    <>
      <h1>What staff have to do</h1>
      <SaidNotice />
      {page?.session.windable && (
        <p className="small mt-4">
          <a href="/staff/clock">Wind the clock of this local world</a>
        </p>
      )}
      <Cases cases={cases} />
      <section className="mt-10">
        <h2>Operator's tasks</h2>
        {tasks.length === 0 && <p className="quiet">Nothing waits for an operator.</p>}
        {tasks.map((task) => (
          <OpenTask key={task.id} task={task} refused={answered === task.id ? actionData?.refused : undefined} />
        ))}
        <Pagination
          next={nextTasks}
          query={new URLSearchParams(query.has("after") ? { after: query.get("after")! } : {})}
        />
      </section>
      <DoneTasks done={done} />
    </>
  );
}

function Cases({ cases }: { cases: StaffQueue["cases"] }) {
  if (cases.length === 0) return <p className="quiet mt-4">No case is open.</p>;
  return (
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
  );
}
