import { rm } from "node:fs/promises";
import path from "node:path";
import { BareRepository, type Author } from "./bare-repository.ts";
import { licenceText } from "./licence-text.ts";
import { watchingRefs, zeroSha, type MovedRef } from "./moved-refs.ts";
import { readStored, writeStored } from "./stored-json.ts";

export interface GitHubActivity {
  id: number;
  ref: string;
  before: string;
  after: string;
  timestamp: string;
  activity_type: "push" | "force_push" | "branch_creation" | "branch_deletion";
  actor: string;
}

export interface StoredGitHubRepository {
  id: number;
  owner: string;
  name: string;
  private: boolean;
  archived: boolean;
  /** Switched off by the forge: listed, but not served. */
  disabled?: boolean;
  /** Taken down: `dmca` answers 451, `tos` 403. */
  blocked?: "dmca" | "tos";
  forkOf: number | null;
  createdAt: string;
  pushedAt: string;
  /** Former `owner/name`s that still lead here, until somebody takes the name anew. */
  formerNames: string[];
  activity: GitHubActivity[];
}

interface Memory {
  nextId: number;
  nextActivity: number;
  repositories: StoredGitHubRepository[];
}

const sameName = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();

/** What the local GitHub knows: repositories by number, kept in `dataDir/github.json`, their git in `dataDir/repositories`. */
export class GitHubModel {
  readonly #file: string;
  readonly #dir: string;
  readonly #memory: Memory;
  readonly #bare = new Map<number, BareRepository>();
  readonly now: () => Date;
  /** Told about every change of branches and tags. */
  onPush?: (repository: StoredGitHubRepository, moved: readonly MovedRef[], actor: string) => Promise<void>;

  constructor(dataDir: string, now: () => Date) {
    this.#file = path.join(dataDir, "github.json");
    this.#dir = path.join(dataDir, "repositories");
    this.#memory = readStored<Memory>(this.#file, { nextId: 700_001, nextActivity: 1, repositories: [] });
    this.now = now;
  }

  save(): void {
    writeStored(this.#file, this.#memory);
  }

  all(): readonly StoredGitHubRepository[] {
    return this.#memory.repositories;
  }

  byId(id: number): StoredGitHubRepository | null {
    return this.#memory.repositories.find((repository) => repository.id === id) ?? null;
  }

  byName(owner: string, name: string): StoredGitHubRepository | null {
    return this.#memory.repositories.find((one) => sameName(one.owner, owner) && sameName(one.name, name)) ?? null;
  }

  /** The repository that once had this name, if nobody has it now. */
  byFormerName(owner: string, name: string): StoredGitHubRepository | null {
    return (
      this.#memory.repositories.find((one) => one.formerNames.some((n) => sameName(n, `${owner}/${name}`))) ?? null
    );
  }

  require(owner: string, name: string): StoredGitHubRepository {
    const repository = this.byName(owner, name);
    if (!repository) throw new Error(`there is no repository ${owner}/${name} on the local GitHub`);
    return repository;
  }

  bare(repository: StoredGitHubRepository): BareRepository {
    const known = this.#bare.get(repository.id);
    if (known) return known;
    const bare = new BareRepository(path.join(this.#dir, `${repository.id}.git`));
    this.#bare.set(repository.id, bare);
    return bare;
  }

  async create(input: {
    owner: string;
    name: string;
    private?: boolean;
    license?: string;
    forkOf?: StoredGitHubRepository;
    author?: Author;
  }): Promise<StoredGitHubRepository> {
    if (!/^[A-Za-z0-9][A-Za-z0-9-]{0,38}$/.test(input.owner)) throw new Error(`${input.owner} is not a possible owner`);
    if (!/^(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/.test(input.name))
      throw new Error(`${input.name} is not a possible name`);
    if (this.byName(input.owner, input.name)) throw new Error(`${input.owner}/${input.name} exists already`);
    const takenOver = this.byFormerName(input.owner, input.name);
    if (takenOver) {
      takenOver.formerNames = takenOver.formerNames.filter((name) => !sameName(name, `${input.owner}/${input.name}`));
    }
    const at = this.now().toISOString();
    const repository: StoredGitHubRepository = {
      id: this.#memory.nextId++,
      owner: input.owner,
      name: input.name,
      private: input.private ?? false,
      archived: false,
      forkOf: input.forkOf?.id ?? null,
      createdAt: at,
      pushedAt: at,
      formerNames: [],
      activity: [],
    };
    const bare = this.bare(repository);
    await bare.create("main", input.forkOf ? this.bare(input.forkOf) : undefined);
    if (input.license) {
      await bare.commit({
        files: { LICENSE: licenceText(input.license, input.owner), "README.md": `# ${input.name}\n` },
        message: "Start with a readme and a licence",
        date: this.now(),
        ...(input.author ? { author: input.author } : {}),
      });
    }
    this.#memory.repositories.push(repository);
    this.save();
    return repository;
  }

  async remove(repository: StoredGitHubRepository): Promise<void> {
    this.#memory.repositories = this.#memory.repositories.filter((one) => one.id !== repository.id);
    this.#bare.delete(repository.id);
    this.save();
    // A repository whose objects a fork still uses is only forgotten, as on the real one.
    if (this.#memory.repositories.some((one) => one.forkOf === repository.id)) return;
    await rm(path.join(this.#dir, `${repository.id}.git`), { recursive: true, force: true });
  }

  /** Do something to a repository's branches and write down what moved, in the words of GitHub's activity list. */
  async recording<T>(repository: StoredGitHubRepository, actor: string, change: () => Promise<T>): Promise<T> {
    const { result, moved } = await watchingRefs(this.bare(repository), change);
    const timestamp = this.now().toISOString();
    for (const { ref, before, after, forced } of moved) {
      repository.pushedAt = timestamp;
      if (!ref.startsWith("refs/heads/")) continue;
      const kind =
        before === zeroSha ? "branch_creation" : after === zeroSha ? "branch_deletion" : forced ? "force_push" : "push";
      const id = this.#memory.nextActivity++;
      repository.activity.unshift({ id, ref, before, after, timestamp, activity_type: kind, actor });
    }
    repository.activity.length = Math.min(repository.activity.length, 500);
    this.save();
    await this.onPush?.(repository, moved, actor);
    return result;
  }
}
