import type { Author, BareRepository, CommitInput } from "./bare-repository.ts";
import type { ForgeMode } from "./git-http.ts";
import type { GitHubListener } from "./github-webhooks.ts";
import type { SentDelivery } from "./webhook-sender.ts";

export interface GitHubRepository {
  id: number;
  owner: string;
  name: string;
  private: boolean;
  cloneUrl: string;
  webUrl: string;
  defaultBranch: string;
}

export type NamedOnGitHub = { owner: string; name: string };

/** Which part of the forge a mode is for: one repository or all, git or the REST answers or both. */
export interface ModeScope {
  owner?: string;
  name?: string;
  part?: "git" | "api";
}

/** A GitHub on a laptop: REST that Octokit accepts, smart-HTTP git, numbers that outlive renames and restarts. */
export interface LocalGitHub {
  url: string;
  apiUrl: string;
  webUrl: string;
  /** host:port, for a verifier's list of addresses allowed here. */
  host: string;
  /** Every request so far, "METHOD /path?query". */
  requests: string[];
  /** The password (or API token) with which an owner pushes and sees what is theirs. */
  tokenFor(owner: string): string;
  createRepository(
    input: NamedOnGitHub & { private?: boolean; license?: string; author?: Author },
  ): Promise<GitHubRepository>;
  fork(input: NamedOnGitHub & { owner: string; from: NamedOnGitHub }): Promise<GitHubRepository>;
  find(input: NamedOnGitHub): Promise<GitHubRepository | null>;
  commit(input: NamedOnGitHub & CommitInput): Promise<string>;
  forcePush(
    input: NamedOnGitHub & { branch?: string; to?: string } & Partial<Omit<CommitInput, "branch">>,
  ): Promise<string>;
  setRef(input: NamedOnGitHub & { ref: string; sha: string | null }): Promise<void>;
  setDefaultBranch(input: NamedOnGitHub & { branch: string }): Promise<void>;
  setPrivate(input: NamedOnGitHub & { private: boolean }): Promise<void>;
  setArchived(input: NamedOnGitHub & { archived: boolean }): Promise<void>;
  rename(input: NamedOnGitHub & { toOwner?: string; toName?: string }): Promise<GitHubRepository>;
  deleteRepository(input: NamedOnGitHub): Promise<void>;
  setMode(mode: ForgeMode, scope?: ModeScope): void;
  /** How many REST requests remain, for everybody, and in how many milliseconds they are renewed (one hour). */
  setRateLimit(remaining: number, resetInMs?: number): void;
  /** The next `count` REST requests meet the secondary limit; `retryAfterSeconds` null leaves out for how long. */
  setSecondaryLimit(input: { count: number; retryAfterSeconds?: number | null; status?: 403 | 429 }): void;
  /** Switched off by the forge itself. */
  setDisabled(input: NamedOnGitHub & { disabled: boolean }): Promise<void>;
  /** Taken down: `dmca` answers 451, `tos` 403; null gives it back. */
  setBlocked(input: NamedOnGitHub & { reason: "dmca" | "tos" | null }): Promise<void>;
  /** A release object for a tag that exists. */
  publishRelease(input: NamedOnGitHub & { tag: string }): Promise<void>;
  /** Where events of all repositories are posted, as with an app that everybody installed; null for nowhere. */
  setWebhook(listener: GitHubListener | null): void;
  /** The latest messages that were posted, with what was answered. */
  deliveries(): readonly SentDelivery[];
  /** Posts a message once more, as GitHub's own page can. */
  redeliver(input: { id: string }): void;
  /** Resolves when every message so far was posted. */
  webhooksDrained(): Promise<void>;
  /** The bare repository itself, for stories that need git's own hands. */
  bare(input: NamedOnGitHub): BareRepository;
  close(): Promise<void>;
}
