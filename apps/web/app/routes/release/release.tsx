import type { ReleasePage } from "@freehold/contract";
import { useLocation } from "react-router";
import { read } from "../../.server/api.ts";
import { Moment } from "../../components/moment.tsx";
import { sizeOf } from "../../components/preview-section.tsx";
import { WatchLog, WatchState } from "../../components/watch-log.tsx";
import { Pagination } from "../../ui/pagination.tsx";
import type { Route } from "./+types/release.ts";

export const loader = ({ request, params }: Route.LoaderArgs) => {
  const after = new URL(request.url).searchParams.get("after");
  return read("release", { request, params, ...(after === null ? {} : { query: { after } }) });
};

export const meta: Route.MetaFunction = ({ loaderData }) =>
  loaderData ? [{ title: `The proof of “${loaderData.proposal.title}” · Freehold` }] : [];

const states: Readonly<Record<ReleasePage["state"], string>> = {
  submitted: "It is being checked.",
  passed: "It has passed its checks.",
  failed: "It did not pass its checks.",
  needs_human: "The machine cannot judge it; a member of staff looks at it.",
};
const outcomes: Readonly<Record<ReleasePage["checks"][number]["outcome"], string>> = {
  ok: "passed",
  fail: "failed",
  inconclusive: "not yet known",
  needs_human: "with staff",
  not_run: "not looked at",
};

/** The proof of a release: every check with its answer and its limits, the log, and what a reader can take away. */
export default function Release({ loaderData: found }: Route.ComponentProps) {
  const query = new URLSearchParams(useLocation().search);
  return (
    <div className="narrow">
      <p className="crumb small quiet">
        <a href={`/proposals/${found.proposal.id}`}>{found.proposal.title}</a>
      </p>
      <h1>Is the code really out?</h1>
      <p>
        {found.developer.name} released commit <code>{found.commit}</code> on branch <code>{found.branch}</code> of{" "}
        <a href={found.repository.webUrl}>{found.repository.slug}</a>
        {found.destination === "own" ? ", the developer's own repository" : ", the project's repository"}, on{" "}
        <Moment at={found.submittedAt} />
        {found.licence !== null && `, under ${found.licence}`}.{" "}
        <strong>
          {found.watch?.suspended ? "It passed its checks then, and is not in order now." : states[found.state]}
        </strong>
      </p>
      {found.failure !== null && <p className="objection">{found.failure.sentence}</p>}
      {found.watch !== null && <WatchState watch={found.watch} />}
      <Checks found={found} />
      <Copy found={found} />
      <Verify found={found} />
      <section aria-labelledby="log">
        <h2 id="log">Every look so far</h2>
        {found.looks.length === 0 ? (
          <p>Nobody has looked yet.</p>
        ) : (
          <WatchLog release={found.id} log={found.looks} label="Looks" />
        )}
        <Pagination next={found.olderLooks} query={query} name="Older looks" />
      </section>
    </div>
  );
}

function Checks({ found }: { found: ReleasePage }) {
  if (found.checks.length === 0) return null;
  return (
    <section aria-labelledby="checks">
      <h2 id="checks">What was checked</h2>
      {found.checkedAt !== null && (
        <p className="small quiet">
          As seen at the last whole look, <Moment at={found.checkedAt} />. We read our own copy, fetched without any
          account.
          {!found.sealed &&
            " The preview was not sealed: nothing proves that the released code is the code that was shown."}
        </p>
      )}
      <ul className="proof">
        {found.checks.map((check) => (
          <li key={check.name}>
            <h3>
              {check.title}
              <span className={check.outcome}>{outcomes[check.outcome]}</span>
            </h3>
            <p>{check.sentence}</p>
            <p className="small quiet">Does not prove: {lowered(check.doesNotProve)}</p>
          </li>
        ))}
      </ul>
      {found.findings.map((finding) => (
        <p key={finding.at}>
          <Moment at={finding.at} />: a member of staff {finding.accepted ? "accepted" : "did not accept"} what the
          machine could not judge. <q>{finding.note}</q>
        </p>
      ))}
    </section>
  );
}

const lowered = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);

function Copy({ found: { id, copy, repository } }: { found: ReleasePage }) {
  return (
    <section aria-labelledby="copy">
      <h2 id="copy">Take the code</h2>
      {copy === null ? (
        <p>
          Anybody may copy it from <a href={repository.webUrl}>{repository.slug}</a>. We keep a copy of our own as soon
          as the release has passed.
        </p>
      ) : (
        <>
          <p>
            Anybody may fork or copy it, here or from <a href={repository.webUrl}>{repository.slug}</a>. Our own copy
            stays even if the repository does not: <a href={`/api/releases/${id}/bundle`}>download the git bundle</a> (
            {sizeOf(copy.bytes)}), then clone from the file.
          </p>
          <dl className="names">
            <dt>sha256 of the bundle</dt>
            <dd className="checksum">{copy.sha256}</dd>
            <dt>Software Heritage names</dt>
            <dd className="checksum">{copy.revision}</dd>
            <dd className="checksum">{copy.directory}</dd>
          </dl>
        </>
      )}
    </section>
  );
}

function Verify({ found: { id, branch, commit, copy, looks, newestLink } }: { found: ReleasePage }) {
  if (looks.length === 0) return null;
  return (
    <section aria-labelledby="verify">
      <h2 id="verify">Verify it yourself</h2>
      <p>
        Every look is kept with what it saw, chained and signed:{" "}
        <a href={`/api/releases/${id}/evidence`}>download the evidence</a> and the{" "}
        <a href="/api/claim-keys" download="claim-keys.json">
          public keys
        </a>
        {copy !== null && ", and the git bundle"}. With these files beside you, a checkout of Freehold's own source at
        FREEHOLD, and Node 24, this works out every verdict again without asking us anything:
      </p>
      <pre>
        <code>{`node FREEHOLD/libs/forge-verify/src/main.ts replay \\
  freehold-evidence-${id}.json \\
  --keys claim-keys.json${copy === null ? "" : ` --bundle ${copy.name}`}`}</code>
      </pre>
      {newestLink !== null && (
        <p className="small quiet checksum">
          It names the newest link of the chain, which has to be this one: <code>{newestLink}</code>
        </p>
      )}
      {copy !== null && (
        <>
          <p>And without anything of ours, with git alone:</p>
          <pre>
            <code>{`git clone --branch ${branch} ${copy.name} code
git -C code rev-parse HEAD   # ${commit}
git -C code show HEAD:LICENSE`}</code>
          </pre>
        </>
      )}
    </section>
  );
}
