import type { ProposalView } from "@freehold/contract";

/** For the developer: how the forge can tell us of a push, so that a look does not have to wait for its hour. */
export function PushWebhook({ proposal }: { proposal: ProposalView }) {
  const webhook = proposal.you?.webhook ?? null;
  const destination = proposal.development?.destination;
  if (webhook === null || destination === undefined) return null;
  return (
    <details className="mt-10">
      <summary>Let your forge tell us of a push</summary>
      <p>
        Nothing depends on it: we look by ourselves. With a webhook in the settings of{" "}
        <a href={destination.webUrl}>{destination.slug}</a> we look within minutes of a push.
        {destination.forge === "github" && " Choose application/json, and only pushes if you like."}
      </p>
      <dl className="names">
        <dt>Address</dt>
        <dd className="checksum">{webhook.url}</dd>
        <dt>Secret, for this repository alone</dt>
        <dd className="checksum">{webhook.secret}</dd>
      </dl>
    </details>
  );
}
