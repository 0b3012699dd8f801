import type { EvidenceStore } from "./evidence-store.ts";
import type { SourceLimits } from "./git/world.ts";

export interface VerifierLimits extends SourceLimits {
  /** One answer of an API, in milliseconds. */
  requestTimeoutMs: number;
  /** One fetch of a repository, in milliseconds. */
  fetchTimeoutMs: number;
  /** One question to our own mirror, in milliseconds. */
  readTimeoutMs: number;
  maxPackBytes: number;
  /** One mirror as a whole, in bytes on the disk. */
  maxMirrorBytes: number;
  /** So much of the disk stays free whatever is fetched, in bytes. */
  minFreeBytes: number;
  /** Each process of git, in bytes. */
  maxMemoryBytes: number;
  maxBundleBytes: number;
  maxAdvertisementBytes: number;
  maxRefs: number;
}

export const standardLimits: VerifierLimits = {
  requestTimeoutMs: 15_000,
  fetchTimeoutMs: 600_000,
  readTimeoutMs: 120_000,
  maxPackBytes: 2_000_000_000,
  maxMirrorBytes: 4_000_000_000,
  minFreeBytes: 2_000_000_000,
  maxMemoryBytes: 1_500_000_000,
  maxBundleBytes: 2_500_000_000,
  maxAdvertisementBytes: 20_000_000,
  maxRefs: 50_000,
  sourceTimeoutMs: 300_000,
  sourceQuestionMs: 120_000,
  maxSubmodules: 20,
  maxSubmoduleDepth: 4,
  maxSubmoduleBytes: 300_000_000,
  maxLfsPointers: 1000,
  maxLfsBytes: 500_000_000,
};

/** Someone's word can make us look at so many times more, and so many times longer, than we do by ourselves. */
export const MAX_PATIENCE = 5;

/**
 * Limits for a look at something larger than we look at by ourselves. Memory, the floor of free disk and the time for one
 * answer stay what they are.
 */
export function patientLimits(limits: VerifierLimits, wanted = 1): VerifierLimits & { patience: number } {
  const patience = Number.isFinite(wanted) ? Math.min(MAX_PATIENCE, Math.max(1, wanted)) : 1;
  const times = (limit: number) => Math.floor(limit * patience);
  return {
    ...limits,
    // Times of git are multiplied where it is started.
    patience,
    maxPackBytes: times(limits.maxPackBytes),
    maxMirrorBytes: times(limits.maxMirrorBytes),
    maxBundleBytes: times(limits.maxBundleBytes),
    maxAdvertisementBytes: times(limits.maxAdvertisementBytes),
    maxRefs: times(limits.maxRefs),
    sourceTimeoutMs: times(limits.sourceTimeoutMs),
    sourceQuestionMs: times(limits.sourceQuestionMs),
    maxSubmodules: times(limits.maxSubmodules),
    maxSubmoduleDepth: times(limits.maxSubmoduleDepth),
    maxSubmoduleBytes: times(limits.maxSubmoduleBytes),
    maxLfsPointers: times(limits.maxLfsPointers),
    maxLfsBytes: times(limits.maxLfsBytes),
  };
}

export interface VerifierOptions {
  /** Where the bare mirrors are kept; one folder per mirrorKey. */
  mirrorsDir: string;
  /** Where what was seen is kept; its own folder beside the mirrors when not said. */
  evidence?: EvidenceStore;
  /** Another address of this machine, from which a self-hosted server is looked at a second time. */
  secondAddress?: string;
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
