import type { BareRepository } from "./bare-repository.ts";
import type { GitHubModel, StoredGitHubRepository } from "./github-model.ts";
import type { GitHubWebhooks } from "./github-webhooks.ts";
import type { GitHubRepository, LocalGitHub, NamedOnGitHub } from "./local-github.ts";

type Verbs = Pick<
  LocalGitHub,
  | "createRepository"
  | "fork"
  | "find"
  | "commit"
  | "forcePush"
  | "setRef"
  | "setDefaultBranch"
  | "setPrivate"
  | "setArchived"
  | "setDisabled"
  | "setBlocked"
  | "publishRelease"
  | "rename"
  | "deleteRepository"
>;

/** What people do to their repositories, each told to the listener in GitHub's own words. */
export function gitHubVerbs(model: GitHubModel, webhooks: GitHubWebhooks, webUrl: string): Verbs {
  const shown = async (repository: StoredGitHubRepository): Promise<GitHubRepository> => ({
    id: repository.id,
    owner: repository.owner,
    name: repository.name,
    private: repository.private,
    cloneUrl: `${webUrl}/${repository.owner}/${repository.name}.git`,
    webUrl: `${webUrl}/${repository.owner}/${repository.name}`,
    defaultBranch: await model.bare(repository).defaultBranch(),
  });
  const changed = <T>(input: NamedOnGitHub, change: (bare: BareRepository) => Promise<T>): Promise<T> => {
    const repository = model.require(input.owner, input.name);
    return model.recording(repository, repository.owner, () => change(model.bare(repository)));
  };

  return {
    createRepository: async (input) => {
      const repository = await model.create(input);
      await webhooks.tell("repository", repository, { action: "created" });
      return shown(repository);
    },
    fork: async ({ owner, name, from }) => {
      const parent = model.require(from.owner, from.name);
      const fork = await model.create({ owner, name, forkOf: parent });
      for (const branch of await model.bare(parent).branches()) {
        await model.bare(fork).setRef(`refs/heads/${branch.name}`, branch.sha);
      }
      return shown(fork);
    },
    find: async ({ owner, name }) => {
      const repository = model.byName(owner, name);
      return repository ? shown(repository) : null;
    },
    commit: (input) => changed(input, (bare) => bare.commit({ date: model.now(), ...input })),
    forcePush: (input) => changed(input, (bare) => bare.forcePush({ date: model.now(), ...input })),
    setRef: (input) => changed(input, (bare) => bare.setRef(input.ref, input.sha)),
    setDefaultBranch: async (input) => {
      await changed(input, (bare) => bare.setDefaultBranch(input.branch));
      await webhooks.tell("repository", model.require(input.owner, input.name), { action: "edited" });
    },
    setPrivate: async (input) => {
      const repository = model.require(input.owner, input.name);
      if (repository.private === input.private) return;
      repository.private = input.private;
      model.save();
      await webhooks.tell("repository", repository, { action: input.private ? "privatized" : "publicized" });
      if (!input.private) await webhooks.tell("public", repository);
    },
    setArchived: async (input) => {
      const repository = model.require(input.owner, input.name);
      repository.archived = input.archived;
      model.save();
      await webhooks.tell("repository", repository, { action: input.archived ? "archived" : "unarchived" });
    },
    setDisabled: async (input) => {
      model.require(input.owner, input.name).disabled = input.disabled;
      model.save();
    },
    setBlocked: async ({ owner, name, reason }) => {
      const repository = model.require(owner, name);
      if (reason === null) delete repository.blocked;
      else repository.blocked = reason;
      model.save();
    },
    publishRelease: async ({ owner, name, tag }) => {
      const repository = model.require(owner, name);
      const sha = await model.bare(repository).refSha(`refs/tags/${tag}`);
      if (!sha) throw new Error(`there is no tag ${tag}`);
      const release = { tag_name: tag, target_commitish: sha, draft: false, prerelease: false };
      await webhooks.tell("release", repository, { action: "published", release });
    },
    rename: async ({ owner, name, toOwner, toName }) => {
      const repository = model.require(owner, name);
      if (model.byName(toOwner ?? owner, toName ?? name)) throw new Error("that name is taken");
      repository.formerNames.push(`${repository.owner}/${repository.name}`);
      repository.owner = toOwner ?? repository.owner;
      repository.name = toName ?? repository.name;
      model.save();
      const changes = toOwner
        ? { owner: { from: { user: { login: owner } } } }
        : { repository: { name: { from: name } } };
      await webhooks.tell("repository", repository, { action: toOwner ? "transferred" : "renamed", changes });
      return shown(repository);
    },
    deleteRepository: async (input) => {
      const repository = model.require(input.owner, input.name);
      await webhooks.tell("repository", repository, { action: "deleted" });
      await model.remove(repository);
    },
  };
}
