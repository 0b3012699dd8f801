import type { SessionView } from "@freehold/contract";
import { useRouteLoaderData } from "react-router";

/** What every page knows: who is here, the form token, story time, and a fresh key for this page's form. */
export interface PageSession {
  session: SessionView;
  /** Idempotency key of the forms on this page: sending one twice pays once. */
  formKey: string;
}

/** Null only on the error page of an api that does not answer. */
export const usePageSession = (): PageSession | null => useRouteLoaderData<PageSession>("root") ?? null;

export const usePerson = (): SessionView["person"] => usePageSession()?.session.person ?? null;

/** Story time; without the api, the machine's. */
export const useNow = (): Date => new Date(usePageSession()?.session.now ?? Date.now());
