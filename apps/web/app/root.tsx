import "@fontsource-variable/literata/wght.css";
import type { ReactNode } from "react";
import { Links, Meta, Outlet, isRouteErrorResponse, useLocation } from "react-router";
import type { Route } from "./+types/root.ts";
import { read } from "./.server/api.ts";
import "./app.css";
import { SiteFooter, SiteHeader } from "./components/site-header.tsx";
import { ErrorPage } from "./components/error-page.tsx";
import type { PageSession } from "./session.ts";

export async function loader({ request }: Route.LoaderArgs): Promise<PageSession> {
  return { session: await read("session", { request }), formKey: crypto.randomUUID() };
}

/** The frame of every page, the error pages included. No script: each page is whole as it is sent. */
export function Layout({ children }: { children: ReactNode }) {
  const { pathname } = useLocation();
  return (
    <html lang="en-GB">
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
        <Meta />
        <Links />
      </head>
      <body>
        <a className="skip" href="#content">
          Skip to the content
        </a>
        <SiteHeader path={pathname} />
        <main id="content" className="page" tabIndex={-1}>
          {children}
        </main>
        <SiteFooter />
      </body>
    </html>
  );
}

export default function App() {
  return <Outlet />;
}

export function ErrorBoundary({ error }: Route.ErrorBoundaryProps) {
  return isRouteErrorResponse(error) ? (
    <ErrorPage status={error.status} problem={error.data} />
  ) : (
    <ErrorPage status={500} problem={null} />
  );
}
