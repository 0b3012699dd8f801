import type { EvidenceStore } from "./evidence-store.ts";

export interface VerifierLimits {
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
};

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
