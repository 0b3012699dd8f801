import type { AddressGuard } from "./address/guard.ts";
import { tipsOf, type Baseline } from "./baseline.ts";
import { completeSource } from "./checks/complete-source.ts";
import type { CheckName, Evidence, FactsOfCheck } from "./checks/index.ts";
import { final } from "./checks/final.ts";
import { licence } from "./checks/licence.ts";
import { mirror as mirrorCheck } from "./checks/mirror.ts";
import { newSinceBaseline } from "./checks/new-since-baseline.ts";
import { reachable } from "./checks/reachable.ts";
import { sameAsPreview } from "./checks/same-as-preview.ts";
import { preserved } from "./checks/preserved.ts";
import type { EvidenceStore } from "./evidence-store.ts";
import { movedSince } from "./git/moved-since.ts";
import type { FaultFacts, Observed, RequestRecord } from "./evidence.ts";
import type { Forge, RepositoryDescription } from "./forges/forge.ts";
import { understandAddress, type ForgeHosts } from "./forges/typed-address.ts";
import { isBranchName, type Advertisement } from "./git/advertise.ts";
import { changesSince, type Changes } from "./git/changes.ts";
import { MirrorFault } from "./git/mirror-fault.ts";
import type { Mirror } from "./git/mirror.ts";
import type { SourceLimits, World } from "./git/world.ts";
import type { ReleaseToVerify } from "./verify.ts";

export interface ReleaseToObserve extends ReleaseToVerify {
  forge: Forge;
  hosts: ForgeHosts;
  guard: AddressGuard;
  mirror: Mirror;
  store: EvidenceStore;
  limits: SourceLimits & { maxBundleBytes: number };
  advertised: World["advertised"];
  /** A copy that holds nothing yet, gone when the work on it is done. */
  emptyCopy: <T>(work: (copy: Mirror) => Promise<T>) => Promise<T>;
  /** The same question from another place, where a server might show different visitors different things. */
  advertisedElsewhere?: (cloneUrl: string) => Promise<Observed<Advertisement>>;
}

/**
 * Make the observations in the order of the proof. A check whose ground is missing is not made (nothing is read from a
 * commit that is not on its branch); its absence keeps the verdict from passing.
 */
export async function observeRelease(release: ReleaseToObserve): Promise<Evidence[]> {
  const { repository, branch, commit, baseline, forge, guard, mirror } = release;
  const at = release.at.toISOString();
  const observations: Evidence[] = [];
  const note = <Name extends CheckName>(check: Name, facts: FactsOfCheck[Name], requests: RequestRecord[] = []) => {
    observations.push({ check, at, facts, requests } as Evidence);
  };
  /** Look at the mirror; what time, size or our own disk kept from us becomes a fault in the facts. */
  const look = async <F>(facts: Promise<F>): Promise<F | FaultFacts> =>
    facts.catch((error: unknown) => {
      if (error instanceof MirrorFault) return { fault: error.fault };
      throw error;
    });

  if (!/^[0-9a-f]{40}$/.test(commit) || !isBranchName(branch)) {
    note("reachable", { commit, branch, impossible: isBranchName(branch) ? "commit" : "branch" });
    return observations;
  }

  const described = await forge.describe(repository);
  const address = described.ok ? described.value.cloneUrl : forge.entryUrl;
  const unsafe = !described.ok && described.fault === "unsafe_url";
  const safe = unsafe ? ({ ok: false, fault: "unsafe_url" } as const) : await guard.check(address);
  note("safe-address", safe.ok ? { address, leadsTo: safe.addresses } : { address, fault: safe.fault });
  if (!safe.ok) return observations;

  const pinned = { slug: repository.slug, pinned: repository.stableId };
  if (!described.ok) {
    const inItsPlace = described.fault === "not_found" ? await whoHasTheName(release) : null;
    const evidence = [...described.evidence, ...(inItsPlace?.evidence ?? [])];
    const heldBy = inItsPlace?.ok ? inItsPlace.value.stableId : null;
    note("identity", { ...pinned, ...faultFacts(described), inItsPlace: heldBy }, evidence);
    return observations;
  }
  const { stableId, slug, agree, cloneUrl, visibility, archived } = described.value;
  note(
    "identity",
    { ...pinned, observed: stableId, slugNow: slug, agree, ...(archived ? { archived } : {}) },
    described.evidence,
  );
  if (stableId !== repository.stableId) return observations;

  const shown = await release.advertised(cloneUrl);
  const said = { forgeSays: visibility, cloneUrl };
  if (!shown.ok) {
    note("public-now", { ...said, ...faultFacts(shown) }, shown.evidence);
    return observations;
  }
  const { refs, digest, objectFormat, head } = shown.value;
  const listed = { refs: Object.keys(refs).length, advertisement: digest, objectFormat };
  const other = release.advertisedElsewhere ? await secondView(release, cloneUrl, shown.value) : null;
  const secondly = other === null ? {} : { secondView: other.view };
  note("public-now", { ...said, ...listed, ...secondly }, [...shown.evidence, ...(other?.evidence ?? [])]);
  if (objectFormat !== "sha1") return observations;

  const before = release.phase === "release" ? null : await look(mirror.observed());
  const copied = await look(mirrorCheck.observe(mirror, guard, shown.value));
  note("mirror", copied);
  if ("fault" in copied) return observations;

  const followed = await look(reachable.observe(mirror, { commit, branch }, head, baseline.head));
  if (!("onBranch" in followed) || !followed.onBranch) {
    const told = "onBranch" in followed && release.phase !== "release" ? await lastPushTo(release) : null;
    note("reachable", { ...followed, ...(told?.push ? { lastPush: told.push } : {}) }, told?.evidence);
    return observations;
  }

  const changes = changesSince(mirror, commit, tipsOf(baseline));
  note("new-since-baseline", await look(newSinceBaseline.observe(mirror, commit, baseline, changes, release.earlier)));
  const licences = await look(licence.observe(mirror, commit, changes));
  note("licence", licences);
  const moved = before && !("fault" in before) ? await look(movedSince(mirror, followed, before, licences)) : {};
  note("reachable", { ...followed, ...("fault" in moved || !hasAny(moved) ? {} : { meanwhile: moved }) });
  const requests: RequestRecord[] = [];
  const world = { guard, advertised: release.advertised, requests, limits: release.limits };
  note("complete-source", await look(completeSource.observe(mirror, commit, changes, cloneUrl, world)), requests);
  if (release.seal) {
    const beyond = release.branchSeen ? changesBeyond(mirror, release, release.branchSeen) : changes;
    note("same-as-preview", await look(sameAsPreview.observe(mirror, commit, changes, beyond, release.seal)));
  }
  const kept = { branch, commit, baseline, earlier: release.copy };
  note("preserved", await look(preserved.observe(mirror, release.store, kept, release.limits)));
  if (release.phase === "final") {
    if (release.window) note("held", { kind: "window", ...release.window });
    const asked: RequestRecord[] = [];
    const askAgain = async () => {
      const again = await release.advertised(cloneUrl);
      asked.push(...again.evidence);
      return again;
    };
    note("final", await look(final.observe(followed, shown.value, guard, release.emptyCopy, askAgain)), asked);
  }
  return observations;
}

const hasAny = (value: object): boolean => Object.keys(value).length > 0;

function faultFacts(answer: { fault: FaultFacts["fault"]; retryAfterMs?: number }): FaultFacts {
  const { fault, retryAfterMs } = answer;
  return retryAfterMs === undefined ? { fault } : { fault, retryAfterMs };
}

/** What the release changes against the baseline and what its branch held when it was chosen; other branches do not count. */
function changesBeyond(mirror: Mirror, { branch, commit, baseline }: ReleaseToObserve, seen: Baseline): Changes {
  const tip = seen.refs[`refs/heads/${branch}`] ?? seen.refs[`refs/heads/${seen.head}`];
  return changesSince(mirror, commit, [...(tip ? [tip] : []), ...tipsOf(baseline)]);
}

/** Whether somebody who asks from elsewhere is shown the same branch; asked twice, since it may move between two looks. */
async function secondView(release: ReleaseToObserve, cloneUrl: string, first: Advertisement) {
  const name = `refs/heads/${release.branch}`;
  const evidence: RequestRecord[] = [];
  const ask = async (from: typeof release.advertised) => {
    const answer = await from(cloneUrl);
    evidence.push(...answer.evidence);
    return answer;
  };
  const other = await ask(release.advertisedElsewhere!);
  if (!other.ok) return { view: faultFacts(other), evidence };
  if (other.value.refs[name] === first.refs[name]) return { view: { agrees: true }, evidence };
  const again = await ask(release.advertised);
  return { view: { agrees: again.ok && again.value.refs[name] === other.value.refs[name] }, evidence };
}

/** What the forge's own log says was done to the branch last: a help for whoever reads that a commit is gone. */
async function lastPushTo({ forge, repository, branch }: ReleaseToObserve) {
  const told = await forge.pushes(repository, new Date(Date.now() - LOG_MS));
  const hints = told.ok ? told.value.filter((hint) => hint.ref === `refs/heads/${branch}` && hint.at !== null) : [];
  const [last] = hints.toSorted((a, b) => b.at!.getTime() - a.at!.getTime());
  return { push: last ? { kind: last.kind, at: last.at!.toISOString() } : null, evidence: told.evidence };
}

/** How far back a forge's log is asked for, in milliseconds; the longest window is shorter. */
const LOG_MS = 45 * 24 * 3_600_000;

/** Which repository the pinned one's name leads to now. */
async function whoHasTheName(release: ReleaseToObserve): Promise<Observed<RepositoryDescription> | null> {
  const address = understandAddress(release.repository.slug, release.hosts);
  return address?.forge === release.repository.forge ? release.forge.find(address) : null;
}
