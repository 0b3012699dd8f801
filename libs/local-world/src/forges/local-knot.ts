import type { BareRepository, CommitInput } from "./bare-repository.ts";
import type { ForgeMode } from "./git-http.ts";

export interface KnotRepository {
  repoDid: string;
  ownerDid: string;
  ownerHandle: string;
  name: string;
  rkey: string;
  cloneUrl: string;
  webUrl: string;
  defaultBranch: string;
}

/** A repository on the knot: by its DID, or by its owner (DID or handle) and name. */
export type KnotNamed = { repoDid: string } | { owner: string; name: string };

export type CreateRecord = (
  did: string,
  collection: string,
  rkey: string,
  record: Record<string, unknown>,
) => Promise<unknown>;

export interface KnotOptions {
  port?: number;
  dataDir: string;
  plcUrl: string;
  pdsUrl: string;
  /** Writes (or overwrites) a record in a person's own repository at the PDS. */
  createRecord: CreateRecord;
  deleteRecord?: (did: string, collection: string, rkey: string) => Promise<unknown>;
  now?: () => Date;
}

/** A Tangled knot on a laptop: real repository DIDs at the PLC, real `sh.tangled.repo` records, smart-HTTP git, XRPC. */
export interface LocalKnot {
  url: string;
  webUrl: string;
  host: string;
  requests: string[];
  tokenFor(ownerHandle: string): string;
  createRepository(input: {
    ownerDid: string;
    ownerHandle: string;
    name: string;
    license?: string;
  }): Promise<KnotRepository>;
  find(input: KnotNamed): Promise<KnotRepository | null>;
  commit(input: KnotNamed & CommitInput): Promise<string>;
  forcePush(
    input: KnotNamed & { branch?: string; to?: string } & Partial<Omit<CommitInput, "branch">>,
  ): Promise<string>;
  setRef(input: KnotNamed & { ref: string; sha: string | null }): Promise<void>;
  setDefaultBranch(input: KnotNamed & { branch: string }): Promise<void>;
  /** A knot has no private repositories; this makes one unreachable, as a firewall would. */
  setPrivate(input: KnotNamed & { private: boolean }): Promise<void>;
  rename(input: KnotNamed & { toName: string }): Promise<KnotRepository>;
  deleteRepository(input: KnotNamed): Promise<void>;
  setMode(mode: ForgeMode, scope?: { repoDid?: string; part?: "git" | "api" }): void;
  bare(input: KnotNamed): BareRepository;
  close(): Promise<void>;
}
