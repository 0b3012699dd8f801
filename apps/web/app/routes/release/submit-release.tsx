import { readDevelopmentId, readProposal } from "../../.server/proposal.ts";
import { submit } from "../../.server/submit.ts";
import { ActionForm, useTyped } from "../../components/action-form.tsx";
import { ActionPage, canDo } from "../../components/action-page.tsx";
import { Moment } from "../../components/moment.tsx";
import { PushWebhook } from "../../components/push-webhook.tsx";
import { ReleaseSection } from "../../components/release-section.tsx";
import { Button } from "../../ui/button.tsx";
import { ProseField, TextField } from "../../ui/field.tsx";
import type { Route } from "./+types/submit-release.ts";

export const loader = ({ request, params }: Route.LoaderArgs) => readProposal(request, params.id, "signed in");

export const action = async ({ request, params }: Route.ActionArgs) =>
  submit(request, "submitRelease", {
    params: { id: await readDevelopmentId(request, params.id) },
    body: (form) => {
      const nonce = form.optional("nonce");
      return { commit: form.text("commit"), branch: form.text("branch"), ...(nonce !== undefined && { nonce }) };
    },
    then: () => `/proposals/${params.id}?said=release-submitted`,
  });

export default function SubmitRelease({ loaderData: proposal, actionData }: Route.ComponentProps) {
  const refused = actionData?.refused;
  const typed = useTyped(refused);
  const { development } = proposal;
  return (
    <ActionPage
      proposal={proposal}
      title="Submit the released commit"
      possible={development !== null && canDo(proposal, "submit_release")}
    >
      {development && (
        <>
          <p className="mt-4">
            Push the code to branch <code>{development.destination.branch}</code> of{" "}
            <a href={development.destination.webUrl}>{development.destination.slug}</a> so that anybody can fetch it,
            then name the commit here.
            {development.releaseBy && (
              <>
                {" "}
                There is time until <Moment at={development.releaseBy} />; after that everyone is refunded in full.
              </>
            )}
          </p>
          <ActionForm refused={refused}>
            <TextField
              name="commit"
              label="Commit"
              hint="Its full 40 or 64 hexadecimal digits: git rev-parse HEAD"
              value={typed("commit")}
              fault={refused?.faults.commit}
              required
              maxLength={64}
              spellCheck={false}
              autoComplete="off"
            />
            <TextField
              name="branch"
              label="Branch"
              hint="Pinned when the preview opened."
              value={typed("branch", development.destination.branch ?? "")}
              fault={refused?.faults.branch}
              required
              maxLength={200}
              spellCheck={false}
            />
            {development.preview?.sealed && (
              <ProseField
                name="nonce"
                label="What opens the seal"
                hint="All of freehold-seal.json, the file that was written when you sealed. Its nonce alone opens the seal only if the release changes nothing but what was sealed."
                rows={5}
                value={typed("nonce")}
                fault={refused?.faults.nonce}
                maxLength={500_000}
              />
            )}
            <div className="buttons">
              <Button>Submit the release</Button>
            </div>
          </ActionForm>
          <PushWebhook proposal={proposal} />
          <ReleaseSection development={development} />
        </>
      )}
    </ActionPage>
  );
}
