import { mkdirSync } from "node:fs";
import path from "node:path";
import { AddressGuard } from "./address/guard.ts";
import { baselineOf, type Baseline } from "./baseline.ts";
import type { Phase } from "./checks/index.ts";
import type { Observed } from "./evidence.ts";
import type { Forge, ForgeName, RepositoryDescription, RepositoryRef } from "./forges/forge.ts";
import { gitHubForge } from "./forges/github.ts";
import { tangledForge } from "./forges/tangled.ts";
import { understandAddress, type ForgeHosts } from "./forges/typed-address.ts";
import { advertise } from "./git/advertise.ts";
import { GitJail } from "./git/jail.ts";
import { Mirror, MirrorFault } from "./git/mirror.ts";
import { observeRelease } from "./observe-release.ts";
import { reportOn, type Report } from "./report.ts";

export type { Report };

export interface VerifierLimits {
  /** One answer of an API, in milliseconds. */
  requestTimeoutMs: number;
  /** One fetch of a repository, in milliseconds. */
  fetchTimeoutMs: number;
  /** One question to our own mirror, in milliseconds. */
  readTimeoutMs: number;
  maxPackBytes: number;
  maxAdvertisementBytes: number;
  maxRefs: number;
}

const standardLimits: VerifierLimits = {
  requestTimeoutMs: 15_000,
  fetchTimeoutMs: 600_000,
  readTimeoutMs: 120_000,
  maxPackBytes: 2_000_000_000,
  maxAdvertisementBytes: 20_000_000,
  maxRefs: 50_000,
};

export interface VerifierOptions {
  /** Where the bare mirrors are kept; one folder per mirrorKey. */
  mirrorsDir: string;
  githubApiUrl?: string;
  githubWebUrl?: string;
  githubToken?: string;
  plcUrl?: string;
  handleResolverUrl?: string;
  tangledWebUrl?: string;
  /** host:port that may be asked although it is not public or not https: the local world's own servers, nothing else. */
  allowPrivateAddresses?: string[];
  limits?: Partial<VerifierLimits>;
}

export interface ForgeVerifier {
  /** What a person typed → the repository, asked of the forge itself; `public` only if git serves it to anybody. */
  resolve(url: string): Promise<Observed<RepositoryDescription>>;
  /** A repository by its stable id: follows renames and transfers. */
  describe(ref: RepositoryRef): Promise<Observed<RepositoryDescription>>;
  /** Copy what is public now, anonymously. Taken again under the same key, it includes everything seen before. */
  takeBaseline(input: { repository: RepositoryRef; mirrorKey: string; at: Date }): Promise<Observed<Baseline>>;
  /** Look at a release now. `at` is the story's time and goes into the report; requests use the machine's clock. */
  verifyRelease(input: {
    repository: RepositoryRef;
    branch: string;
    commit: string;
    baseline: Baseline;
    mirrorKey: string;
    at: Date;
    phase: Phase;
    allowedLicences?: string[];
    seal?: { commitment: string; nonce: string };
  }): Promise<Report>;
}

/** A verifier with its mirrors on this disk. One per process; several processes may use one `mirrorsDir`. */
export function createForgeVerifier(options: VerifierOptions): ForgeVerifier {
  const limits = { ...standardLimits, ...options.limits };
  const mirrorsDir = path.resolve(options.mirrorsDir);
  mkdirSync(mirrorsDir, { recursive: true });
  const guard = new AddressGuard(options.allowPrivateAddresses);
  const jail = new GitJail(mirrorsDir);
  const webUrl = (options.githubWebUrl ?? "https://github.com").replace(/\/+$/, "");
  const tangledWebUrl = (options.tangledWebUrl ?? "https://tangled.org").replace(/\/+$/, "");
  const hosts: ForgeHosts = {
    github: new URL(webUrl).host,
    tangled: options.tangledWebUrl ? [new URL(tangledWebUrl).host] : ["tangled.org", "tangled.sh"],
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

  const advertised = (cloneUrl: string) =>
    advertise(guard, cloneUrl, { maxBytes: limits.maxAdvertisementBytes, maxRefs: limits.maxRefs, timeoutMs });

  const turns = new Map<string, Promise<unknown>>();
  /** One piece of work per mirror at a time in this process; git's own locks keep other processes apart. */
  function inTurn<T>(mirrorKey: string, work: () => Promise<T>): Promise<T> {
    const next = (turns.get(mirrorKey) ?? Promise.resolve()).then(work, work);
    const settled = next
      .catch(() => {})
      .then(() => {
        if (turns.get(mirrorKey) === settled) turns.delete(mirrorKey);
      });
    turns.set(mirrorKey, settled);
    return next;
  }

  async function mirrorOf(mirrorKey: string): Promise<Mirror> {
    if (mirrorKey === "" || mirrorKey.length > 150) throw new RangeError("a mirror key has 1 to 150 characters");
    const folder = mirrorKey.replace(/[^A-Za-z0-9_-]/g, (c) => `~${c.codePointAt(0)?.toString(16)}~`);
    const mirror = new Mirror(path.join(mirrorsDir, `${folder}.git`), jail, limits);
    await mirror.prepare();
    return mirror;
  }

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

    takeBaseline: ({ repository, mirrorKey, at }) =>
      inTurn(mirrorKey, async () => {
        const found = await forges[repository.forge].describe(repository);
        if (!found.ok) return found;
        const shown = await advertised(found.value.cloneUrl);
        const evidence = [...found.evidence, ...shown.evidence];
        if (!shown.ok) return { ...shown, evidence };
        if (shown.value.objectFormat !== "sha1") return { ok: false, fault: "malformed", evidence };
        try {
          const mirror = await mirrorOf(mirrorKey);
          await mirror.fetch(guard, shown.value);
          return { ok: true, value: await baselineOf(mirror, mirrorKey, shown.value.head, at), evidence };
        } catch (error) {
          if (error instanceof MirrorFault) return { ok: false, fault: error.fault, evidence };
          throw error;
        }
      }),

    verifyRelease: (input) =>
      inTurn(input.mirrorKey, async () => {
        const mirror = await mirrorOf(input.mirrorKey);
        if (input.baseline.mirrorKey !== input.mirrorKey) mirror.readAlso(await mirrorOf(input.baseline.mirrorKey));
        const forge = forges[input.repository.forge];
        const observations = await observeRelease({ ...input, forge, hosts, guard, mirror, advertised });
        return reportOn(observations, input);
      }),
  };
}
