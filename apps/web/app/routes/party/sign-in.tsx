import { read } from "../../.server/api.ts";
import { safeReturnPath } from "../../return-path.ts";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { TextField } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { redirect } from "react-router";
import { localPeople } from "../../local-people.ts";
import type { Route } from "./+types/sign-in.ts";

export async function loader({ request }: Route.LoaderArgs) {
  const query = new URL(request.url).searchParams;
  const back = safeReturnPath(query.get("return"));
  const session = await read("session", { request });
  if (session.person) throw redirect(back, 303);
  return {
    back,
    local: session.windable,
    error: query.get("error"),
    handle: (query.get("handle") ?? "").slice(0, 300),
  };
}

export const meta: Route.MetaFunction = () => [{ title: "Sign in · Freehold" }];

/** Why the api sent somebody back here. */
const faults: Readonly<Record<string, string>> = {
  handle_unknown: "No account with that handle was found. Look at how it is written, or make an account.",
  access_denied: "You said no to signing in here. Nothing was changed.",
  expired: "This sign-in took too long or was used already. Begin again.",
  other_browser: "This sign-in was begun in another browser. Begin again in this one.",
  other_account: "Your host answered for another account than the one you named. Begin again.",
  host_failed: "Your host did not complete the sign-in. Try again in a moment.",
  too_many_requests: "That was too often. Wait a minute, then try again.",
};

export default function SignIn({ loaderData: { back, local, error, handle } }: Route.ComponentProps) {
  const signUp = `/oauth/sign-up?${new URLSearchParams({ return: back })}`;
  return (
    <div className="narrow">
      <h1>Sign in</h1>
      {error && (
        <Notice kind="refused">
          <p>{faults[error] ?? "Signing in did not work. Try once more; nothing was changed."}</p>
        </Notice>
      )}
      {back !== "/" && (
        <Notice kind="note">
          <p>You come back to where you were, and what you typed is kept.</p>
        </Notice>
      )}
      <p className="mt-4">
        Freehold has no passwords of its own. You sign in where your account lives, with the handle you use on the
        ATmosphere (Bluesky, Tangled and others).
      </p>
      <form method="get" action="/oauth/login">
        <input type="hidden" name="return" value={back} />
        <TextField
          name="handle"
          label="Your handle"
          hint="Such as alice.bsky.social"
          value={handle}
          required
          autoComplete="username"
          spellCheck={false}
          maxLength={300}
        />
        <div className="buttons">
          <Button>Sign in</Button>
          <ButtonLink to={signUp} look="quiet">
            No account? Make one
          </ButtonLink>
        </div>
      </form>
      {local && <LocalPeople back={back} />}
    </div>
  );
}

/** In the local world everybody may be anybody. */
function LocalPeople({ back }: { back: string }) {
  return (
    <section>
      <h2>People of this local world</h2>
      <p className="small quiet">
        Each is one press away; the password is <code>{localPeople.password}</code>, such as <code>hunter2-alice</code>.
      </p>
      <ul className="people">
        {localPeople.people.map((person) => (
          <li key={person.name}>
            <form method="get" action="/oauth/login">
              <input type="hidden" name="return" value={back} />
              <input type="hidden" name="handle" value={person.handle} />
              <button className="link" aria-label={`Sign in as ${person.name}`}>
                {person.name}
              </button>{" "}
              <span className="small quiet">{person.role}</span>
            </form>
          </li>
        ))}
      </ul>
    </section>
  );
}
