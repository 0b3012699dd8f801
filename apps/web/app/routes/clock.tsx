import { data } from "react-router";
import { read } from "../.server/api.ts";
import { submit } from "../.server/submit.ts";
import { ActionForm, useTyped } from "../components/action-form.tsx";
import { Moment } from "../components/moment.tsx";
import { SaidNotice } from "../components/said-notice.tsx";
import { Button } from "../ui/button.tsx";
import { TextField } from "../ui/field.tsx";
import { Notice } from "../ui/notice.tsx";
import type { Route } from "./+types/clock.ts";

export async function loader({ request }: Route.LoaderArgs) {
  const clock = await read("clock", { request });
  if (!clock.windable) throw data(null, { status: 404 });
  return clock;
}

export const action = ({ request }: Route.ActionArgs) =>
  submit(request, "windClock", {
    body: (form) => ({ by: form.text("by").trim() }),
    then: () => "/staff/clock?said=wound",
  });

export const meta: Route.MetaFunction = () => [{ title: "The clock · Freehold" }];

/** "3 days and 4 hours"; the machine's own time when nothing was wound. */
function shiftWords(seconds: number): string {
  if (seconds === 0) return "It shows the machine's own time.";
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor((seconds % 86_400) / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const words = [days && `${days} d`, hours && `${hours} h`, minutes && `${minutes} min`].filter(Boolean).join(" ");
  return `It is ${words || "less than a minute"} ahead of the machine's own time.`;
}

export default function Clock({ loaderData: clock, actionData }: Route.ComponentProps) {
  const refused = actionData?.refused;
  const typed = useTyped(refused);
  return (
    <div className="narrow">
      <h1>The clock of this local world</h1>
      <SaidNotice />
      <p className="mt-4">
        It is <Moment at={clock.now} />. {shiftWords(clock.shiftSeconds)} Deadlines, windows and the payment simulator
        follow it; what is due happens within a few seconds.
      </p>
      <div className="buttons">
        {["+1h", "+1d", "+7d", "+14d", "+30d"].map((by) => (
          <ActionForm key={by}>
            <input type="hidden" name="by" value={by} />
            <Button look="quiet">{by}</Button>
          </ActionForm>
        ))}
      </div>
      <ActionForm refused={refused}>
        <TextField
          name="by"
          label="Wind it by"
          short
          hint="Such as +14d, +6h or +30m"
          value={typed("by", "+14d")}
          fault={refused?.faults.by}
          required
          autoComplete="off"
        />
        <div className="buttons">
          <Button>Wind the clock</Button>
        </div>
      </ActionForm>
      <Notice kind="note">
        <p>
          On the command line: <code>npm run clock -- +14d</code>
        </p>
      </Notice>
    </div>
  );
}
