import path from "node:path";
import { AddressGuard } from "./address/guard.ts";
import { download, type Downloaded, visit, type Visit } from "./address/visit.ts";
import { baselineOf, type Baseline } from "./baseline.ts";
import type { WindowSeen } from "./checks/held.ts";
import type { Finding, Phase } from "./checks/index.ts";
import type { PreservedCopy } from "./checks/preserved.ts";
import { EvidenceStore } from "./evidence-store.ts";
import type { Observed } from "./evidence.ts";
import type { Forge, ForgeName, PushHint, RepositoryDescription, RepositoryRef } from "./forges/forge.ts";
import { gitHubForge } from "./forges/github.ts";
import { readKnotEvents, type KnotEvents } from "./forges/knot-events.ts";
import { tangledForge } from "./forges/tangled.ts";
import { understandAddress, type ForgeHosts } from "./forges/typed-address.ts";
import { adoptBundle } from "./git/adopt.ts";
import { advertise } from "./git/advertise.ts";
import { MirrorFault } from "./git/mirror-fault.ts";
import { glanceAt } from "./glance.ts";
import { Mirrors } from "./mirrors.ts";
import { observeRelease } from "./observe-release.ts";
import { reportOn, type Report } from "./report.ts";
import { patientLimits, standardLimits, type VerifierLimits, type VerifierOptions } from "./verifier-options.ts";

export type { Report };

/** A release, and all that the verdict on it depends on. */
export interface ReleaseToVerify {
  repository: RepositoryRef;
  branch: string;
  commit: string;
  baseline: Baseline;
  mirrorKey: string;
  /** The story's time: it goes into the report; requests use the machine's clock. */
  at: Date;
  phase: Exclude<Phase, "glance">;
  allowedLicences?: string[];
  /** A sealed preview: what was published with it, and what the developer revealed (a nonce or a whole reveal file). */
  seal?: { commitment: string; reveal: string };
  /** What was public when the release was chosen: what had moved on the branch until then is not the developer's. */
  branchSeen?: Baseline;
  /** What was public when earlier attempts at the same feature began or ended, wherever they were made. */
  earlier?: readonly Baseline[];
  /** The copy kept when the release passed; without it one is made. */
  copy?: PreservedCopy;
  /** For the final look: how the window went. */
  window?: WindowSeen;
  findings?: readonly Finding[];
  /** How long a failure may be cured, in milliseconds. */
  cureMs?: number;
  /**
   * How many times larger than usual the repository, its parts and the time for it may be, from 1 to 5: for a look again
   * after a person allowed it. 1 when not said.
   */
  patience?: number;
}

export interface ForgeVerifier {
  /** What a person typed → the repository, asked of the forge itself; `public` only if git serves it to anybody. */
  resolve(url: string): Promise<Observed<RepositoryDescription>>;
  /** A repository by its stable id: follows renames and transfers. */
  describe(ref: RepositoryRef): Promise<Observed<RepositoryDescription>>;
  /**
   * Copy what is public now, anonymously. Taken again under the same key, it includes everything seen before; `kept` are
   * the sha256 of bundles of earlier releases there, whose mirror may be gone.
   */
  takeBaseline(input: {
    repository: RepositoryRef;
    mirrorKey: string;
    at: Date;
    kept?: readonly string[];
  }): Promise<Observed<Baseline>>;
  /** Everything that a mirror holds already, without asking anybody: what an earlier attempt made public. */
  seenIn(mirrorKey: string, at: Date): Promise<Baseline>;
  /** Look at a release as a whole, now. */
  verifyRelease(input: ReleaseToVerify): Promise<Report>;
  /**
   * Look again within the window: two requests while nothing has moved since `since`, the last whole look; a whole look
   * otherwise.
   */
  recheck(input: ReleaseToVerify, since: Report): Promise<Report>;
  /** What the forge says was pushed since then, newest first: hints, never evidence. */
  pushes(ref: RepositoryRef, since: Date): Promise<Observed<PushHint[]>>;
  /** What a knot's event stream says since `cursor` (nanoseconds since 1970; null: the last hour), and where to go on. */
  knotEvents(knotUrl: string, cursor: string | null): Promise<Observed<KnotEvents>>;
  /**
   * Removes our mirror of a repository, if `stillWanted` says so when its turn comes; bundles and evidence stay.
   * @returns whether it was removed
   */
  forget(mirrorKey: string, stillWanted?: () => Promise<boolean>): Promise<boolean>;
  /** Looks whether an address that somebody named answers; at most 64 kB of it are read. Any status is an answer. */
  visit(url: string): Promise<Observed<Visit>>;
  /** Fetches a file that somebody named into the evidence store; more than `maxBytes` is the fault too_large. */
  download(url: string, maxBytes: number): Promise<Observed<Downloaded>>;
}

/** A verifier with its mirrors on this disk. One per process; several processes may use one `mirrorsDir`. */
export function createForgeVerifier(options: VerifierOptions): ForgeVerifier {
  const limits = { ...standardLimits, ...options.limits };
  const mirrors = new Mirrors(options.mirrorsDir, limits);
  const store = options.evidence ?? new EvidenceStore(path.join(path.resolve(options.mirrorsDir), "evidence"));
  const guard = new AddressGuard(options.allowPrivateAddresses);
  const webUrl = (options.githubWebUrl ?? "https://github.com").replace(/\/+$/, "");
  const tangledWebUrl = (options.tangledWebUrl ?? "https://tangled.org").replace(/\/+$/, "");
  const hosts: ForgeHosts = {
    github: new URL(webUrl).host,
    // Only names are read from an address: the real pages' names may be typed anywhere.
    tangled: [new URL(tangledWebUrl).host, "tangled.org", "tangled.sh"],
  };
  const timeoutMs = limits.requestTimeoutMs;
  const forges: Record<ForgeName, Forge> = {
    github: gitHubForge(guard, {
      apiUrl: (options.githubApiUrl ?? "https://api.github.com").replace(/\/+$/, ""),
      webUrl,
      timeoutMs,
      ...(options.githubToken ? { token: options.githubToken } : {}),
    }),
    tangled: tangledForge(guard, {
      plcUrl: (options.plcUrl ?? "https://plc.directory").replace(/\/+$/, ""),
      handleResolverUrl: (options.handleResolverUrl ?? "https://public.api.bsky.app").replace(/\/+$/, ""),
      webUrl: tangledWebUrl,
      timeoutMs,
    }),
  };

  const advertisedFrom = (bounds: VerifierLimits, localAddress?: string) => (cloneUrl: string, totalMs?: number) =>
    advertise(guard, cloneUrl, {
      maxBytes: bounds.maxAdvertisementBytes,
      maxRefs: bounds.maxRefs,
      timeoutMs,
      ...(totalMs === undefined ? {} : { totalMs }),
      ...(localAddress === undefined ? {} : { localAddress }),
    });
  const advertised = advertisedFrom(limits);

  /** Where a forge has no word for visibility, git's own answer is the word. */
  async function withVisibility(found: Observed<RepositoryDescription>): Promise<Observed<RepositoryDescription>> {
    if (!found.ok || found.value.visibility === "private") return found;
    const shown = await advertised(found.value.cloneUrl);
    const evidence = [...found.evidence, ...shown.evidence];
    const closed = !shown.ok && (shown.fault === "not_found" || shown.fault === "unauthorized");
    if (!shown.ok && !closed) {
      const wait = shown.retryAfterMs === undefined ? {} : { retryAfterMs: shown.retryAfterMs };
      return { ok: false, fault: shown.fault, evidence, ...wait };
    }
    return { ok: true, value: { ...found.value, visibility: closed ? "private" : "public" }, evidence };
  }

  const verifyRelease = (input: ReleaseToVerify): Promise<Report> =>
    mirrors
      .inTurn(input.mirrorKey, async () => {
        const bounds = patientLimits(limits, input.patience);
        const mirror = await mirrors.open(input.mirrorKey, bounds);
        for (const key of new Set([input.baseline, ...(input.earlier ?? [])].map((one) => one.mirrorKey)))
          if (key !== input.mirrorKey) mirror.readAlso(mirrors.look(key));
        // Only a self-hosted server can show different visitors different things; GitHub gains nothing by it.
        const selfHosted = input.repository.forge === "tangled" && options.secondAddress !== undefined;
        const observations = await observeRelease({
          ...input,
          forge: forges[input.repository.forge],
          hosts,
          guard,
          mirror,
          store,
          limits: bounds,
          advertised: advertisedFrom(bounds),
          emptyCopy: (work) => mirrors.once(input.mirrorKey, work, bounds),
          ...(selfHosted ? { advertisedElsewhere: advertisedFrom(bounds, options.secondAddress) } : {}),
        });
        return reportOn(observations, input, store);
      })
      .catch((error: unknown) => withoutOurDisk(error, input));

  /** Our own copy could not be used, or nothing be kept: others have it in their hands, or the disk does not give it. */
  function withoutOurDisk(error: unknown, input: ReleaseToVerify, phase: Phase = input.phase): Promise<Report> {
    if (!(error instanceof MirrorFault)) throw error;
    const facts = { fault: error.fault };
    const seen = [{ check: "mirror" as const, at: input.at.toISOString(), facts, requests: [] }];
    return reportOn(seen, { ...input, phase }, store);
  }

  return {
    async resolve(url) {
      const address = understandAddress(url, hosts);
      if (!address) return { ok: false, fault: "malformed", evidence: [] };
      return withVisibility(await forges[address.forge].find(address));
    },

    async describe(ref) {
      const found = await forges[ref.forge].describe(ref);
      return ref.forge === "tangled" ? withVisibility(found) : found;
    },

    takeBaseline: ({ repository, mirrorKey, at, kept = [] }) =>
      mirrors
        .inTurn(mirrorKey, async (): Promise<Observed<Baseline>> => {
          const found = await forges[repository.forge].describe(repository);
          if (!found.ok) return found;
          const shown = await advertised(found.value.cloneUrl);
          const evidence = [...found.evidence, ...shown.evidence];
          if (!shown.ok) return { ...shown, evidence };
          if (shown.value.objectFormat !== "sha1") return { ok: false, fault: "malformed", evidence };
          try {
            const mirror = await mirrors.open(mirrorKey);
            await mirror.fetch(guard, shown.value);
            for (const sha256 of kept) {
              const file = store.fileOf(sha256);
              if (file !== null) await adoptBundle(mirror, file, limits.fetchTimeoutMs);
            }
            return { ok: true, value: await baselineOf(mirror, mirrorKey, shown.value.head, at), evidence };
          } catch (error) {
            if (error instanceof MirrorFault) return { ok: false, fault: error.fault, evidence };
            throw error;
          }
        })
        .catch((error: unknown): Observed<Baseline> => {
          if (error instanceof MirrorFault) return { ok: false, fault: error.fault, evidence: [] };
          throw error;
        }),

    seenIn: (mirrorKey, at) =>
      mirrors.inTurn(mirrorKey, async () => baselineOf(await mirrors.open(mirrorKey), mirrorKey, null, at)),

    verifyRelease,

    async recheck(input, since) {
      const bounds = patientLimits(limits, input.patience);
      const glance = await glanceAt(since, input, { guard, advertised: advertisedFrom(bounds) });
      if (glance === null) return verifyRelease(input);
      const glanced = { ...input, phase: "glance" as const };
      return reportOn(glance, glanced, store).catch((error: unknown) => withoutOurDisk(error, input, "glance"));
    },

    pushes: (ref, since) => forges[ref.forge].pushes(ref, since),

    knotEvents: (knotUrl, cursor) => readKnotEvents(guard, knotUrl, cursor),

    forget: (mirrorKey, stillWanted = async () => true) => mirrors.forget(mirrorKey, stillWanted),
    visit: (url) => visit(guard, url, { timeoutMs, maxBytes: 64_000 }),
    download: (url, maxBytes) => download(guard, url, store, { maxBytes, timeoutMs: limits.fetchTimeoutMs }),
  };
}
