import type { Author, BareRepository, CommitInput } from "./bare-repository.ts";
import type { ForgeMode } from "./git-http.ts";

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
  /** How many REST requests remain this hour, for everybody. */
  setRateLimit(remaining: number): void;
  /** The bare repository itself, for stories that need git's own hands. */
  bare(input: NamedOnGitHub): BareRepository;
  close(): Promise<void>;
}
