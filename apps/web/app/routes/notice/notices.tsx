import { useSearchParams } from "react-router";
import { read } from "../../.server/api.ts";
import { submit } from "../../.server/submit.ts";
import { ActionForm } from "../../components/action-form.tsx";
import { Moment } from "../../components/moment.tsx";
import { SaidNotice } from "../../components/said-notice.tsx";
import { safeReturnPath } from "../../return-path.ts";
import { Button } from "../../ui/button.tsx";
import { Pagination } from "../../ui/pagination.tsx";
import type { Route } from "./+types/notices.ts";

export function loader({ request }: Route.LoaderArgs) {
  const after = new URL(request.url).searchParams.get("after");
  return read("notices", { request, query: after ? { after: after.slice(0, 200) } : {} });
}

export const action = ({ request }: Route.ActionArgs) =>
  submit(request, "readNotices", { then: () => "/notices?said=notices-read" });

export const meta: Route.MetaFunction = () => [{ title: "Notices · Freehold" }];

export default function Notices({ loaderData: { notices, next }, actionData }: Route.ComponentProps) {
  const [query] = useSearchParams();
  return (
    <div className="narrow">
      <h1>Notices</h1>
      <SaidNotice />
      {notices.length === 0 ? (
        <p className="quiet mt-4">Nothing has happened yet that concerns you.</p>
      ) : (
        <ol className="history mt-6">
          {notices.map((notice) => (
            <li key={notice.id}>
              <span className="small quiet">
                <Moment at={notice.at} as="hour" />
                {!notice.read && <strong> · new</strong>}
              </span>
              <span>
                <a href={safeReturnPath(notice.path)} className={notice.read ? "plain" : undefined}>
                  {notice.sentence}
                </a>
              </span>
            </li>
          ))}
        </ol>
      )}
      <Pagination next={next} query={query} />
      {notices.some((notice) => !notice.read) && (
        <ActionForm refused={actionData?.refused}>
          <Button look="quiet">Mark all as read</Button>
        </ActionForm>
      )}
    </div>
  );
}
