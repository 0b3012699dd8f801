import type { BareRepository, CommitInput } from "./bare-repository.ts";
import type { ForgeMode } from "./git-http.ts";
import type { SentDelivery } from "./webhook-sender.ts";

export interface KnotRepository {
  /** Its own DID; on a knot of before 2026, which gives none, the address of its owner's record. */
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
  /** A knot of before 2026: no DIDs for repositories, no describeRepo, 204 for what is missing, other events. */
  old?: boolean;
  now?: () => Date;
}

/** A part of the knot that can be told to fail. */
export type KnotPart = "git" | "api" | "events";

/** A Tangled knot on a laptop: real repository DIDs at the PLC, real `sh.tangled.repo` records, smart-HTTP git, XRPC, events. */
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
  setMode(mode: ForgeMode, scope?: { repoDid?: string; part?: KnotPart }): void;
  /** The knot is renewed (false), or becomes one of before 2026. What is there stays as it is. */
  setOld(old: boolean): void;
  /** What a renewed knot does to each of its old repositories: a DID, written into the owner's record. */
  giveDid(input: KnotNamed): Promise<KnotRepository>;
  /** What describeRepo says about it instead of the truth. */
  lie(input: KnotNamed & { describeRepo: Record<string, unknown> }): void;
  /** Show other refs to whoever asks from an address; `refs` null ends it. */
  equivocate(input: KnotNamed & { to: string; refs: Record<string, string | null> | null }): Promise<void>;
  /** Tell the event stream anything; `created` is nanoseconds since 1970, decimal. */
  say(message: { nsid: string; event: unknown; rkey?: string; created?: string }): void;
  /** Where events of one repository are posted; url null for nowhere, no secret for unsigned. */
  setWebhook(input: KnotNamed & { url: string | null; secret?: string }): void;
  deliveries(): readonly SentDelivery[];
  redeliver(input: { id: string }): void;
  webhooksDrained(): Promise<void>;
  bare(input: KnotNamed): BareRepository;
  close(): Promise<void>;
}
