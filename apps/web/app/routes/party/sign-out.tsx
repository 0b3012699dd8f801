import { redirect } from "react-router";
import { submit } from "../../.server/submit.ts";
import type { Route } from "./+types/sign-out.ts";
import { ActionForm } from "../../components/action-form.tsx";
import { Button } from "../../ui/button.tsx";
import { read } from "../../.server/api.ts";

export async function loader({ request }: Route.LoaderArgs) {
  const session = await read("session", { request });
  if (!session.person) throw redirect("/", 303);
  return null;
}

export const action = ({ request }: Route.ActionArgs) => submit(request, "endSession", { then: () => "/" });

export default function SignOut({ actionData }: Route.ComponentProps) {
  return (
    <div className="narrow">
      <title>Sign out · Freehold</title>
      <h1>Sign out</h1>
      <ActionForm refused={actionData?.refused}>
        <div className="buttons">
          <Button>Sign out</Button>
        </div>
      </ActionForm>
    </div>
  );
}
