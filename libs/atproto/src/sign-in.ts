import { createHash, timingSafeEqual } from "node:crypto";
import { safeFetchWrap } from "@atproto-labs/fetch-node";
import {
  NodeOAuthClient,
  OAuthCallbackError,
  type OAuthClientMetadata,
  type OAuthSession,
} from "@atproto/oauth-client-node";
import { refusal } from "@freehold/contract";
import type { Database } from "@freehold/database";
import { isRefusal } from "@freehold/values";
import { clientIdentity } from "./client-metadata.ts";
import { createSharedLock } from "./lock.ts";
import { createGrantStore, createStateStore } from "./stores.ts";

export interface SignInOptions {
  database: Database;
  /** The same database once more: the shared lock has a few connections of its own. */
  databaseUrl: string;
  publicUrl: string;
  plcUrl: string;
  /** The host that offers sign-up; in the local world it also resolves handles. */
  pdsUrl: string;
  sessionSecret: string;
  /** The network is one of the local world: plain http, handles below `.test`. */
  local: boolean;
}

export interface SignInBeginning {
  /** A handle or DID, as typed; or the wish for a new account. */
  who: { handle: string } | { signUp: true };
  /** Where to go on afterwards, a checked path on this site. */
  returnPath: string;
  /** Secret of the browser that begins; only it can finish. */
  browser: string;
}

/** Why a sign-in came to nothing, as a word for the page. */
export type SignInFailure = "access_denied" | "expired" | "other_browser" | "other_account" | "host_failed";

export interface SignedInIdentity {
  did: string;
  /** Verified both ways; `handle.invalid` when it is not. For display only. */
  handle: string;
  returnPath: string;
}

export interface SignIn {
  /** The page of the person's host to send the browser to. Refuses: handle_unknown, sign_in_failed. */
  begin(beginning: SignInBeginning): Promise<URL>;
  /**
   * What the host sent back with the browser. A state is used up by the first attempt.
   * Refuses: sign_in_failed with the facts `failure` (a `SignInFailure`) and, if it is known, `returnPath`.
   */
  finish(params: URLSearchParams, browser: string | undefined): Promise<SignedInIdentity>;
  /** The OAuth session of a DID, refreshed if `refresh` says so; throws when there is none any more. */
  restore(did: string, refresh?: boolean | "auto"): Promise<OAuthSession>;
  clientMetadata: OAuthClientMetadata;
  jwks: unknown;
  close(): Promise<void>;
}

interface Remembered {
  returnPath: string;
  /** Hash of the browser's secret. */
  browser: string;
  /** Whom the sign-in is meant for, when a handle or DID was typed. */
  did: string | undefined;
}

const patience = () => AbortSignal.timeout(15_000);

/** Sign-in with an ATProto account (OAuth). The DID is the identity; handles come and go. */
export async function createSignIn(options: SignInOptions): Promise<SignIn> {
  const { metadata, keys } = await clientIdentity(options.publicUrl, options.sessionSecret);
  const states = createStateStore(options.database, options.sessionSecret);
  const lock = createSharedLock(options.databaseUrl);
  const client = new NodeOAuthClient({
    clientMetadata: metadata,
    keyset: keys,
    plcDirectoryUrl: options.plcUrl,
    stateStore: states,
    sessionStore: createGrantStore(options.database, options.sessionSecret),
    requestLock: lock.request,
    ...(options.local
      ? { allowHttp: true, handleResolver: options.pdsUrl }
      : // Handles, DIDs and hosts are what strangers say they are: nothing private may be reached through them.
        { allowHttp: false, fetch: safeFetchWrap({ allowImplicitRedirect: true }) }),
  });

  return {
    clientMetadata: client.clientMetadata as OAuthClientMetadata,
    jwks: client.jwks,
    restore: (did, refresh) => client.restore(did, refresh),
    close: () => lock.close(),

    async begin({ who, returnPath, browser }) {
      const did = "handle" in who ? await resolve(client, who.handle) : undefined;
      const state: Remembered = { returnPath, browser: hash(browser), did };
      try {
        return await client.authorize(did ?? options.pdsUrl, {
          state: JSON.stringify(state),
          signal: patience(),
          ...(did === undefined ? { prompt: "create" as const } : {}),
        });
      } catch (error) {
        throw failed("host_failed", returnPath, error);
      }
    },

    async finish(params, browser) {
      const key = params.get("state") ?? "";
      const state = await states.peek(key);
      if (state?.appState === undefined) throw failed("expired", undefined);
      const remembered = JSON.parse(state.appState) as Remembered;
      if (browser === undefined || !sameText(hash(browser), remembered.browser)) {
        await states.del(key);
        throw failed("other_browser", remembered.returnPath);
      }
      try {
        const { session } = await client.callback(params);
        if (remembered.did !== undefined && session.did !== remembered.did) {
          await session.signOut().catch(() => undefined);
          throw failed("other_account", remembered.returnPath);
        }
        const { handle } = await client.identityResolver.resolve(session.did, { signal: patience() });
        return { did: session.did, handle, returnPath: remembered.returnPath };
      } catch (error) {
        if (isRefusal(error)) throw error;
        const denied = error instanceof OAuthCallbackError && error.params.get("error") === "access_denied";
        throw failed(denied ? "access_denied" : "host_failed", remembered.returnPath, error);
      }
    },
  };
}

/** The DID behind what somebody typed, when handle and DID name each other. */
async function resolve(client: NodeOAuthClient, typed: string): Promise<string> {
  // Copied handles often bring an @ or invisible marks along.
  const name = typed.replace(/[\p{Cf}\s]/gu, "").replace(/^@/, "");
  const handle = name.toLowerCase();
  const isDid = /^did:(plc|web):[a-zA-Z0-9._:%-]{1,250}$/.test(name);
  if (!isDid && (handle.length > 253 || !/^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*$/.test(handle)))
    throw refusal("handle_unknown", "That is not a handle. It looks like alice.example.");
  try {
    return (await client.identityResolver.resolve(isDid ? name : handle, { signal: patience() })).did;
  } catch (error) {
    throw Object.assign(refusal("handle_unknown"), { cause: error });
  }
}

const sentences: Record<SignInFailure, string> = {
  access_denied: "You said no to signing in here. Nothing was changed.",
  expired: "This sign-in took too long or was used already. Begin again.",
  other_browser: "This sign-in was begun in another browser. Begin again in this one.",
  other_account: "Your host answered for another account than the one you named. Begin again.",
  host_failed: "Your host did not complete the sign-in. Try again in a moment.",
};

function failed(failure: SignInFailure, returnPath: string | undefined, cause?: unknown) {
  const facts = { failure, ...(returnPath === undefined ? {} : { returnPath }) };
  return Object.assign(refusal("sign_in_failed", sentences[failure], facts), { cause });
}

const hash = (text: string): string => createHash("sha256").update(text).digest("base64url");

const sameText = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
