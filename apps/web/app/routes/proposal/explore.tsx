import { type Stage, stage as stageSchema } from "@freehold/contract";
import { useSearchParams } from "react-router";
import { read } from "../../.server/api.ts";
import { Timetable } from "../../components/timetable.tsx";
import { Pagination } from "../../ui/pagination.tsx";
import type { Route } from "./+types/explore.ts";

/** The filters people think in; each is one stage of the story. */
const filters: { stage: Stage | null; name: string }[] = [
  { stage: null, name: "All" },
  { stage: "open", name: "Wishes" },
  { stage: "in_development", name: "Being built" },
  { stage: "in_preview", name: "Ready to try" },
  { stage: "in_decision", name: "Being decided" },
  { stage: "in_verification", name: "Open to objections" },
  { stage: "settled", name: "Free" },
  { stage: "closed", name: "Closed" },
];

export async function loader({ request }: Route.LoaderArgs) {
  const query = new URL(request.url).searchParams;
  const stage = stageSchema.safeParse(query.get("stage"));
  const project = query.get("project");
  const after = query.get("after");
  return read("proposals", {
    request,
    query: {
      ...(stage.success && { stage: stage.data }),
      ...(project && { project: project.slice(0, 100) }),
      ...(after && { after: after.slice(0, 200) }),
    },
  });
}

export default function Explore({ loaderData }: Route.ComponentProps) {
  const [query] = useSearchParams();
  const chosen = filters.find((filter) => filter.stage !== null && filter.stage === query.get("stage")) ?? filters[0];
  const to = (stage: Stage | null) => {
    const copy = new URLSearchParams(query);
    copy.delete("after");
    copy.delete("stage");
    if (stage) copy.set("stage", stage);
    return `/proposals${copy.size > 0 ? `?${copy}` : ""}`;
  };
  return (
    <>
      <title>{`${chosen?.stage ? chosen.name : "Explore features"} · Freehold`}</title>
      <h1>Explore features</h1>
      <nav aria-label="Stages">
        <ul className="filters">
          {filters.map((filter) => (
            <li key={filter.name}>
              <a href={to(filter.stage)} {...(filter === chosen && { "aria-current": "page" as const })}>
                {filter.name}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      {query.get("project") && (
        <p className="small quiet mt-4">
          Only features for {query.get("project")}. <a href="/proposals">Show those of every project</a>
        </p>
      )}
      <Timetable title={chosen?.name ?? "All"} rows={loaderData.rows}>
        Nothing here just now. <a href="/propose">Propose a feature</a>
      </Timetable>
      <Pagination next={loaderData.next} query={query} />
    </>
  );
}
