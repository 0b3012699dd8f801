import { useSearchParams } from "react-router";
import { read } from "../../.server/api.ts";
import { Timetable } from "../../components/timetable.tsx";
import { ButtonLink } from "../../ui/button.tsx";
import { Pagination } from "../../ui/pagination.tsx";
import type { Route } from "./+types/project.ts";

export function loader({ request, params }: Route.LoaderArgs) {
  const after = new URL(request.url).searchParams.get("after");
  return read("project", { request, params, query: after ? { after: after.slice(0, 200) } : {} });
}

/** A project whose people never came here is not put into search engines. */
export const meta: Route.MetaFunction = ({ loaderData }) =>
  loaderData
    ? [
        { title: `${loaderData.name} · Freehold` },
        ...(loaderData.claimed ? [] : [{ name: "robots", content: "noindex" }]),
      ]
    : [];

export default function Project({ loaderData: project }: Route.ComponentProps) {
  const [query] = useSearchParams();
  return (
    <>
      <p className="crumb small quiet">
        <a href="/proposals">Features</a>
      </p>
      <h1>{project.name}</h1>
      {!project.claimed && (
        <p>Nobody from {project.name} has agreed to anything here, and they owe nobody an answer.</p>
      )}
      <Timetable title="Features" rows={project.rows}>
        Nothing has been proposed for {project.name} yet.
      </Timetable>
      <Pagination next={project.next} query={query} />
      <div className="buttons">
        <ButtonLink to={`/propose?${new URLSearchParams({ project: project.name })}`} look="quiet">
          Propose a feature for {project.name}
        </ButtonLink>
      </div>
    </>
  );
}
