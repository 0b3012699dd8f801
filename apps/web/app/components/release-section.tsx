import type { DevelopmentView, ReleaseView } from "@freehold/contract";
import { Moment } from "./moment.tsx";
import { WatchLog, WatchState } from "./watch-log.tsx";

const outcomes: Readonly<Record<string, string>> = {
  ok: "passed",
  fail: "failed",
  inconclusive: "not yet known",
  needs_human: "with staff",
};
const states: Readonly<Record<ReleaseView["state"], string>> = {
  submitted: "being checked",
  passed: "passed its checks",
  failed: "did not pass",
  needs_human: "with staff",
};

const backers = (count: number, one: string, many: string) =>
  count === 0 ? `nobody ${one}` : count === 1 ? `1 backer ${one}` : `${count} backers ${many}`;

/** Each release with what was checked about it, in plain sentences; the newest first. */
export function ReleaseSection({ development }: { development: DevelopmentView }) {
  if (development.releases.length === 0) return null;
  const newestFirst = development.releases.toReversed();
  return (
    <section aria-labelledby="releases">
      <h2 id="releases">The release</h2>
      {newestFirst.map((release, index) => (
        <Release key={release.id} release={release} development={development} open={index === 0} />
      ))}
    </section>
  );
}

function Release({
  release,
  development,
  open,
}: {
  release: ReleaseView;
  development: DevelopmentView;
  open: boolean;
}) {
  const { destination } = development;
  const checks = release.checks.filter((check) => check.outcome !== "not_run");
  return (
    <article className="release">
      <p>
        Commit <code>{release.commit}</code> on branch <code>{release.branch}</code> of{" "}
        <a href={destination.webUrl}>{destination.slug}</a>, submitted <Moment at={release.submittedAt} as="hour" />:{" "}
        <strong className={release.state === "failed" ? "objection" : undefined}>{states[release.state]}</strong>
        {release.licence && `, under ${release.licence}`}.
      </p>
      {release.failure && <p className="objection">{release.failure.sentence}</p>}
      {checks.length > 0 && (
        <details open={open}>
          <summary>
            {checks.length} {checks.length === 1 ? "check" : "checks"}
            {release.checkedAt && (
              <>
                , last <Moment at={release.checkedAt} as="ago" />
              </>
            )}
          </summary>
          <ul className="checks">
            {checks.map((check) => (
              <li key={check.name}>
                <span className={check.outcome}>{outcomes[check.outcome] ?? check.outcome}</span>
                <span>{check.sentence}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
      {release.window && (
        <p className="small quiet">
          Open to objections from <Moment at={release.window.from} /> until <Moment at={release.window.until} />. So far{" "}
          {backers(release.confirmations, "says", "say")} it is as they tried it,{" "}
          {backers(release.disputes, "disputes", "dispute")} it.
        </p>
      )}
      {release.watch !== null && <WatchState watch={release.watch} />}
      {open && release.watch !== null && release.looks.length > 0 && (
        <WatchLog release={release.id} log={release.looks} label="The last looks" />
      )}
      <p>
        <a href={`/releases/${release.id}`}>The whole proof, and the code to take away</a>
      </p>
    </article>
  );
}
