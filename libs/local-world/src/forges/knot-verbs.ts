import type { BareRepository } from "./bare-repository.ts";
import { mintRepoDid } from "./knot-identity.ts";
import type { KnotModel, StoredKnotRepository } from "./knot-model.ts";
import type { KnotStream } from "./knot-stream.ts";
import type { KnotWebhooks } from "./knot-webhooks.ts";
import { licenceText } from "./licence-text.ts";
import type { KnotNamed, KnotOptions, KnotRepository, LocalKnot } from "./local-knot.ts";
import { watchingRefs } from "./moved-refs.ts";

export const collection = "sh.tangled.repo";

export interface KnotHands {
  model: KnotModel;
  options: KnotOptions;
  url: string;
  old: () => boolean;
  stream: KnotStream;
  webhooks: KnotWebhooks;
  cloneUrl(repository: StoredKnotRepository): string;
  writeRecord(repository: StoredKnotRepository): Promise<unknown>;
}

type Verbs = Pick<
  LocalKnot,
  | "createRepository"
  | "find"
  | "commit"
  | "forcePush"
  | "setRef"
  | "setDefaultBranch"
  | "rename"
  | "deleteRepository"
  | "giveDid"
  | "lie"
  | "equivocate"
  | "say"
  | "setWebhook"
  | "deliveries"
  | "redeliver"
  | "webhooksDrained"
>;

export function requireRepository(model: KnotModel, input: KnotNamed): StoredKnotRepository {
  const repository = locate(model, input);
  if (!repository) throw new Error(`there is no such repository on the local knot: ${JSON.stringify(input)}`);
  return repository;
}

function locate(model: KnotModel, input: KnotNamed): StoredKnotRepository | null {
  if ("repoDid" in input && input.repoDid) return model.byDid(input.repoDid);
  return "name" in input ? model.byOwner(input.owner, input.name) : null;
}

/** Do something to a repository and tell everybody who listens what moved. */
export async function recordingPush<T>(
  { model, stream, webhooks }: Pick<KnotHands, "model" | "stream" | "webhooks">,
  repository: StoredKnotRepository,
  change: () => Promise<T>,
): Promise<T> {
  const { result, moved } = await watchingRefs(model.bare(repository), change);
  stream.pushed(repository, moved);
  webhooks.pushed(repository, moved);
  return result;
}

/** What people do to their repositories on the knot, and what its operator may do to everybody. */
export function knotVerbs(hands: KnotHands): Verbs {
  const { model, options, url, old, stream, webhooks, cloneUrl, writeRecord } = hands;
  const require = (input: KnotNamed) => requireRepository(model, input);
  const changed = <T>(input: KnotNamed, change: (bare: BareRepository) => Promise<T>): Promise<T> => {
    const repository = require(input);
    return recordingPush(hands, repository, () => change(model.bare(repository)));
  };
  const shown = async (repository: StoredKnotRepository): Promise<KnotRepository> => ({
    repoDid: repository.repoDid,
    ownerDid: repository.ownerDid,
    ownerHandle: repository.ownerHandle,
    name: repository.name,
    rkey: repository.rkey,
    cloneUrl: cloneUrl(repository),
    webUrl: `${url}/@${repository.ownerHandle}/${repository.name}`,
    defaultBranch: await model.bare(repository).defaultBranch(),
  });
  const now = options.now ?? (() => new Date());
  let made = 0;

  return {
    createRepository: async ({ ownerDid, ownerHandle, name, license }) => {
      if (!/^(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/.test(name)) throw new Error(`${name} is not a possible name`);
      if (model.byOwner(ownerDid, name)) throw new Error(`${ownerHandle}/${name} exists already`);
      const createdAt = now().toISOString();
      const oldKey = `3${Date.now().toString(36)}${(made += 1)}`;
      const { repoDid, genesis } = old()
        ? { repoDid: `at://${ownerDid}/${collection}/${oldKey}`, genesis: {} }
        : await mintRepoDid(model, options.plcUrl, url);
      const rkey = old() ? oldKey : repoDid.slice("did:plc:".length).slice(0, 13);
      const repository: StoredKnotRepository = { repoDid, ownerDid, ownerHandle, name, rkey, createdAt, genesis };
      const bare = model.bare(repository);
      await bare.create("main");
      if (license) {
        await bare.commit({
          files: { LICENSE: licenceText(license, ownerHandle), "README.md": `# ${name}\n` },
          message: "Start with a readme and a licence",
          date: now(),
        });
      }
      await writeRecord(repository);
      model.memory.repositories.push(repository);
      model.save();
      return shown(repository);
    },
    find: async (input) => {
      const repository = locate(model, input);
      return repository ? shown(repository) : null;
    },
    commit: (input) => changed(input, (bare) => bare.commit({ date: now(), ...input })),
    forcePush: (input) => changed(input, (bare) => bare.forcePush({ date: now(), ...input })),
    setRef: (input) => changed(input, (bare) => bare.setRef(input.ref, input.sha)),
    setDefaultBranch: (input) => model.bare(require(input)).setDefaultBranch(input.branch),
    rename: async (input) => {
      const repository = require(input);
      if (model.byOwner(repository.ownerDid, input.toName)) throw new Error("that name is taken");
      const from = repository.name;
      repository.name = input.toName;
      model.save();
      await writeRecord(repository);
      webhooks.tell("repository:renamed", repository, { old_name: from, new_name: input.toName });
      return shown(repository);
    },
    deleteRepository: async (input) => {
      const repository = require(input);
      await options.deleteRecord?.(repository.ownerDid, collection, repository.rkey);
      await model.remove(repository);
    },
    giveDid: async (input) => {
      const repository = require(input);
      const minted = await mintRepoDid(model, options.plcUrl, url);
      await model.renumber(repository, minted.repoDid);
      repository.genesis = minted.genesis;
      model.save();
      await writeRecord(repository);
      return shown(repository);
    },
    lie: (input) => {
      model.lies.set(require(input).repoDid, input.describeRepo);
    },
    equivocate: async (input) => {
      const repository = require(input);
      const bare = model.bare(repository);
      const other = await model.otherFace(repository, input.to, input.refs === null);
      if (!other || input.refs === null) return;
      for (const [ref, sha] of await bare.refs()) await other.setRef(ref, sha);
      for (const [ref, sha] of Object.entries(input.refs)) await other.setRef(ref, sha);
    },
    say: (message) => stream.say(message),
    setWebhook: ({ url: to, secret, ...named }) =>
      webhooks.listen(require(named), to === null ? null : { url: to, ...(secret ? { secret } : {}) }),
    deliveries: () => webhooks.sent,
    redeliver: ({ id }) => webhooks.again(id),
    webhooksDrained: () => webhooks.drained(),
  };
}
