import { usePageSession } from "../session.ts";
import { Moment } from "./moment.tsx";

const Mark = () => (
  <svg width="22" height="22" viewBox="0 0 22 22" aria-hidden="true">
    <path d="M17.5 6.2A8 8 0 1 0 17.5 15.8" fill="none" stroke="currentColor" strokeWidth="3" />
    <circle cx="11" cy="11" r="3" fill="currentColor" />
  </svg>
);

/** The sign over the door: where one can go, and who is signed in. */
export function SiteHeader({ path }: { path: string }) {
  const page = usePageSession();
  const person = page?.session.person ?? null;
  const unread = page?.session.unreadNotices ?? 0;
  const link = (to: string, name: string) => (
    <a href={to} {...(path === to && { "aria-current": "page" as const })}>
      {name}
    </a>
  );
  return (
    <header className="site">
      <div className="page">
        <a className="mark" href="/">
          <Mark />
          Freehold
        </a>
        <nav aria-label="Main">
          {link("/proposals", "Explore")}
          {link("/propose", "Propose")}
          {link("/books", "Books")}
          {link("/how-it-works", "How it works")}
          {!person && link("/sign-in", "Sign in")}
        </nav>
        {person && (
          <nav aria-label="Yours" className="yours">
            <span className="quiet">{person.name}</span>
            {link("/money", "My money")}
            {link("/notices", unread > 0 ? `Notices (${unread})` : "Notices")}
            {person.staff && link("/staff", "Staff")}
            <form method="post" action="/sign-out">
              <input type="hidden" name="csrf" value={page?.session.csrfToken} />
              <button className="link">Sign out</button>
            </form>
          </nav>
        )}
      </div>
    </header>
  );
}

export function SiteFooter() {
  const page = usePageSession();
  return (
    <footer className="site">
      <div className="page small quiet">
        <p>
          Freehold is free software under AGPL-3.0-or-later, and the first project in its own market. Times are in UTC.
        </p>
        {page?.session.windable && (
          <p>
            This is a local world; its clock says <Moment at={page.session.now} />.{" "}
            {page.session.person?.staff && <a href="/staff/clock">Wind the clock</a>}
          </p>
        )}
      </div>
    </footer>
  );
}
