import type { KnotModel, StoredKnotRepository } from "./knot-model.ts";

type Answer = { status: number; body: unknown };

const repoNotFound: Answer = { status: 404, body: { error: "RepoNotFound", message: "repository not found" } };

/** What knots of before 2026 answer about a repository that they do not have: no content, whatever the body says. */
const oldNotFound: Answer = { status: 204, body: null };

/** Answer one XRPC query of the knot's public subset; none of them needs a sign-in. */
export async function answerXrpc(
  model: KnotModel,
  method: string,
  query: URLSearchParams,
  old = false,
): Promise<Answer> {
  if (method === "sh.tangled.knot.version") return { status: 200, body: { version: "freehold-local-1" } };
  if (method === "sh.tangled.repo.describeRepo" && (!old || model.lies.size > 0)) {
    const repository = model.byPath(query.get("repoDid") ?? query.get("repo") ?? "");
    if (!repository) return repoNotFound;
    const { repoDid, ownerDid, rkey } = repository;
    return { status: 200, body: { repoDid, ownerDid, rkey, ...model.lies.get(repoDid) } };
  }
  const answer = repositoryQueries[method];
  if (!answer) return { status: 404, body: { error: "MethodNotImplemented", message: `no ${method} here` } };
  const repository = model.byPath(query.get("repo") ?? "");
  if (!repository) return old ? oldNotFound : repoNotFound;
  return answer(model, repository, query);
}

type RepositoryQuery = (model: KnotModel, repository: StoredKnotRepository, query: URLSearchParams) => Promise<Answer>;

const repositoryQueries: Record<string, RepositoryQuery> = {
  "sh.tangled.repo.getDefaultBranch": async (model, repository) => {
    const bare = model.bare(repository);
    const name = await bare.defaultBranch();
    const [head] = await bare.log(name, 1);
    return { status: 200, body: { name, hash: head?.sha ?? "", when: head?.date ?? repository.createdAt } };
  },
  "sh.tangled.repo.branches": async (model, repository) => {
    const bare = model.bare(repository);
    const standard = await bare.defaultBranch();
    const branches = (await bare.branches()).map(({ name, sha }) => ({
      reference: { name, hash: sha },
      is_default: name === standard,
    }));
    return { status: 200, body: { branches } };
  },
  "sh.tangled.repo.branch": async (model, repository, query) => {
    const bare = model.bare(repository);
    const name = query.get("name") ?? "";
    const sha = (await bare.branches()).find((branch) => branch.name === name)?.sha;
    if (!sha) return { status: 404, body: { error: "BranchNotFound", message: "branch not found" } };
    const [head] = await bare.log(sha, 1);
    const isDefault = name === (await bare.defaultBranch());
    const body = { name, hash: sha, when: head?.date, message: head?.message, author: head?.author, isDefault };
    return { status: 200, body };
  },
  "sh.tangled.repo.log": async (model, repository, query) => {
    const bare = model.bare(repository);
    const ref = query.get("ref") ?? (await bare.defaultBranch());
    const limit = Math.min(100, Math.max(1, Number(query.get("limit") ?? 50) || 50));
    const commits = ref.startsWith("-") ? [] : await bare.log(ref, limit);
    return { status: 200, body: { ref, commits, page: 1, per_page: limit, total: commits.length } };
  },
};
