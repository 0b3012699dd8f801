import type { PreviewKind } from "@freehold/contract";
import { readPolicy } from "../../.server/policy.ts";
import { readDevelopmentId, readProposal } from "../../.server/proposal.ts";
import { submit } from "../../.server/submit.ts";
import { ActionForm, useTyped } from "../../components/action-form.tsx";
import { ActionPage, canDo } from "../../components/action-page.tsx";
import { Button } from "../../ui/button.tsx";
import { ChoiceField, CopyField, ProseField, TextField } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import type { Route } from "./+types/open-preview.ts";

export async function loader({ request, params }: Route.LoaderArgs) {
  const [proposal, policy] = await Promise.all([readProposal(request, params.id, "signed in"), readPolicy(request)]);
  return { proposal, policy };
}

/** A field for days takes a number, the policy says "14 days". */
const digits = (words: string | undefined) => words?.replace(/\D/g, "") ?? "";

export const action = async ({ request, params }: Route.ActionArgs) =>
  submit(request, "openPreview", {
    params: { id: await readDevelopmentId(request, params.id) },
    body: (form) => {
      const commitment = form.optional("commitment");
      return {
        kind: form.text("kind") as PreviewKind,
        url: form.text("url").trim(),
        howToReach: form.text("howToReach"),
        points: form.lines("points"),
        days: form.wholeNumber("days"),
        windowDays: form.wholeNumber("windowDays"),
        branch: form.text("branch"),
        ...(commitment !== undefined && { commitment }),
      };
    },
    then: () => `/proposals/${params.id}?said=preview-opened`,
  });

export default function OpenPreview({ loaderData: { proposal, policy }, actionData }: Route.ComponentProps) {
  const refused = actionData?.refused;
  const typed = useTyped(refused);
  const fault = (name: string) => refused?.faults[name];
  const { development } = proposal;
  return (
    <ActionPage proposal={proposal} title="Open the preview" possible={canDo(proposal, "open_preview")}>
      <p className="mt-4">
        From now on people can try it and pledge. What it does, how to reach it, the lengths and the payees stay as you
        write them here, and the preview has to stay up until you are paid.
      </p>
      {development && !development.payable && (
        <Notice kind="note">
          <p>
            <a href={`/get-paid?return=/proposals/${proposal.id}/preview`}>Set up how you are paid</a> first: a preview
            opens only when the payment can reach you.
          </p>
        </Notice>
      )}
      <ActionForm refused={refused}>
        <ChoiceField
          name="kind"
          legend="What there is to try"
          value={typed("kind", "page")}
          fault={fault("kind")}
          choices={[
            {
              value: "page",
              label: "A page",
              note: "Hosted by you. It counts as up while it opens without a password.",
            },
            { value: "api", label: "An API", note: "It counts as up while it answers, also when it asks for a key." },
            {
              value: "download",
              label: "A build to download",
              note: "Up to 200 MB. We fetch it once, keep it and hand it out, with its sha256, so it stays up by itself.",
            },
            {
              value: "recording",
              label: "A recording",
              note: "A film, or a terminal's. The page says that it cannot be tried.",
            },
          ]}
        />
        <TextField
          name="url"
          label="Address of the preview"
          type="url"
          inputMode="url"
          hint="Where anybody can open it, such as https://preview.larkspur.example. We visit it when you send this form, and every quarter of an hour from then on: a preview that is down for more than three days in all closes, and everybody is refunded."
          value={typed("url")}
          fault={fault("url")}
          required
          maxLength={500}
          spellCheck={false}
        />
        <ProseField
          name="howToReach"
          label="How to reach the feature"
          hint="Step by step, for somebody who has never seen it. Say whether an account is needed and where to get one."
          value={typed("howToReach")}
          fault={fault("howToReach")}
          required
          maxLength={5000}
        />
        <ProseField
          name="points"
          label="What it does"
          hint="One point a line. Backers compare the release with these."
          rows={5}
          value={typed("points", proposal.points.join("\n"))}
          fault={fault("points")}
          required
        />
        <TextField
          name="days"
          label="Days of preview"
          short
          inputMode="numeric"
          hint={`${digits(policy.preview_min)} to ${policy.preview_max}. Together with the days for objections at most ${policy.preview_and_window_max}.`}
          value={typed("days", digits(policy.preview_default))}
          fault={fault("days")}
          required
        />
        <TextField
          name="windowDays"
          label="Days for objections after the release"
          short
          inputMode="numeric"
          hint={`${digits(policy.window_min)} to ${policy.window_max}.`}
          value={typed("windowDays", digits(policy.window_default))}
          fault={fault("windowDays")}
          required
        />
        <TextField
          name="branch"
          label="Branch of the release"
          hint={`The branch of ${development?.destination.slug ?? "your repository"} on which the code will be public. It cannot be changed later.`}
          value={typed("branch", development?.destination.branch ?? "main")}
          fault={fault("branch")}
          required
          maxLength={200}
          spellCheck={false}
        />
        <details className="field" open={fault("commitment") !== undefined || typed("commitment") !== ""}>
          <summary>Seal what you show (you may leave it out)</summary>
          <p className="hint">
            In your private repository this command fixes what you have changed without showing it, and prints the seal.
            Keep the file it writes: it opens the seal at the release. FREEHOLD is a checkout of Freehold's own source;
            the program is one file and needs nothing else.
          </p>
          <CopyField
            name="seal-command"
            label="Command"
            rows={2}
            value={`node FREEHOLD/libs/freehold-seal/freehold-seal.mjs --baseline ${development?.baselineCommit ?? "none"}`}
          />
          <TextField
            name="commitment"
            label="Seal"
            hint={`64 hexadecimal digits that fix the code without showing it. With a seal, the release must have the files that you fixed when the preview opened; without one a new developer's preview may hold ${policy.unsealed_newcomer_held}.`}
            value={typed("commitment")}
            fault={fault("commitment")}
            maxLength={64}
            spellCheck={false}
          />
        </details>
        <div className="buttons">
          <Button>Open the preview</Button>
        </div>
      </ActionForm>
    </ActionPage>
  );
}
