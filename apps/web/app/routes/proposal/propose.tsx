import { readDraft } from "../../.server/draft.ts";
import { submit } from "../../.server/submit.ts";
import { ActionForm, useTyped } from "../../components/action-form.tsx";
import { usePerson } from "../../session.ts";
import { Button } from "../../ui/button.tsx";
import { ProseField, TextField } from "../../ui/field.tsx";
import type { Route } from "./+types/propose.ts";

export const loader = ({ request }: Route.LoaderArgs) => readDraft(request);

export const action = ({ request }: Route.ActionArgs) =>
  submit(request, "createProposal", {
    carry: true,
    body: (form) => ({
      project: form.text("project"),
      title: form.text("title"),
      body: form.text("body"),
      points: form.lines("points"),
    }),
    then: (created) => `/proposals/${created.id}?said=proposed`,
  });

export const meta: Route.MetaFunction = () => [{ title: "Propose a feature · Freehold" }];

export default function Propose({ loaderData: draft, actionData }: Route.ComponentProps) {
  const refused = actionData?.refused;
  const typed = useTyped(refused, draft);
  const person = usePerson();
  return (
    <div className="narrow">
      <h1>Propose a feature</h1>
      <p className="mt-4">
        Anybody may propose a feature for any software. It costs nothing and binds nobody: others say what it would be
        worth, and any developer may reserve it and build it.
      </p>
      {!person && (
        <p className="small quiet">You are asked to sign in when you send the form; what you typed is kept.</p>
      )}
      <ActionForm refused={refused}>
        <TextField
          name="project"
          label="Project"
          hint="The software it is for. A name that is new here makes a new page; nobody there has agreed to anything by it."
          value={typed("project")}
          fault={refused?.faults.project}
          required
          maxLength={80}
        />
        <TextField
          name="title"
          label="Title"
          hint="What one could do then, in a few words: Read threads offline"
          value={typed("title")}
          fault={refused?.faults.title}
          required
          maxLength={120}
        />
        <ProseField
          name="body"
          label="Why"
          hint="What is missing, for whom, and how people manage without it today."
          value={typed("body")}
          fault={refused?.faults.body}
          required
          maxLength={10_000}
        />
        <ProseField
          name="points"
          label="What it should do"
          hint="One point a line, each something a person can try and find true or not."
          rows={4}
          value={typed("points")}
          fault={refused?.faults.points}
          required
        />
        <div className="buttons">
          <Button>Propose this feature</Button>
        </div>
      </ActionForm>
    </div>
  );
}
