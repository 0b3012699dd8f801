import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { CommitSummary } from "./bare-repository.ts";
import type { GitHubModel, StoredGitHubRepository } from "./github-model.ts";
import { guessLicence } from "./licence-text.ts";

export interface RestContext {
  model: GitHubModel;
  apiUrl: string;
  webUrl: string;
  /** The signed-in owner, or null for an anonymous caller. */
  viewer: string | null;
}

type Answer = { status: number; body: unknown; headers?: Record<string, string> };

const docs = "https://docs.github.com/rest";
const notFound: Answer = { status: 404, body: { message: "Not Found", documentation_url: docs, status: "404" } };

/** Send a REST answer as GitHub does: JSON, an ETag that depends on who asks, 304 when nothing changed. */
export function sendRest(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
  extra: Record<string, string>,
): void {
  const text = JSON.stringify(answer.body);
  const etag = `W/"${createHash("sha256")
    .update(`${request.headers.authorization ?? ""}\n${text}`)
    .digest("hex")}"`;
  const headers = { "content-type": "application/json; charset=utf-8", etag, ...extra, ...answer.headers };
  if (answer.status === 200 && request.headers["if-none-match"] === etag) {
    response.writeHead(304, headers).end();
    return;
  }
  response.writeHead(answer.status, headers).end(text);
}

/** Answer `GET {path}` of the REST subset. `path` has no prefix and no query. */
export async function answerRest(context: RestContext, path: string, query: URLSearchParams): Promise<Answer> {
  const [first, ...rest] = path.split("/").filter(Boolean).map(decodeURIComponent);
  if (first === "repositories" && /^\d{1,15}$/.test(rest[0] ?? "")) {
    const repository = context.model.byId(Number(rest[0]));
    return repository ? answerRepository(context, repository, rest.slice(1), query) : notFound;
  }
  const [owner, name] = rest;
  if (first !== "repos" || !owner || !name) return notFound;
  const repository = context.model.byName(owner, name);
  if (repository) return answerRepository(context, repository, rest.slice(2), query);
  const moved = context.model.byFormerName(owner, name);
  if (!moved || !mayRead(context, moved)) return notFound;
  const url = [`${context.apiUrl}/repositories/${moved.id}`, ...rest.slice(2)].join("/");
  const body = { message: "Moved Permanently", url, documentation_url: docs };
  return { status: 301, body, headers: { location: url } };
}

function mayRead(context: RestContext, repository: StoredGitHubRepository): boolean {
  return !repository.private || context.viewer === repository.owner.toLowerCase();
}

async function answerRepository(
  context: RestContext,
  repository: StoredGitHubRepository,
  [what, ...more]: string[],
  query: URLSearchParams,
): Promise<Answer> {
  if (!mayRead(context, repository)) return notFound;
  if (repository.blocked) {
    const block = { reason: repository.blocked, created_at: repository.createdAt, html_url: null };
    const status = repository.blocked === "dmca" ? 451 : 403;
    return { status, body: { message: "Repository access blocked", block } };
  }
  const bare = context.model.bare(repository);
  const base = `${context.apiUrl}/repos/${repository.owner}/${repository.name}`;
  const limit = Math.min(100, Math.max(1, Number(query.get("per_page") ?? 30) || 30));
  const ok = (body: unknown): Answer => (body === null ? notFound : { status: 200, body });
  switch (what) {
    case undefined:
      return ok(await repositoryJson(context, repository));
    case "branches": {
      const branches = await bare.branches();
      const json = branches.map((branch) => ({
        name: branch.name,
        commit: { sha: branch.sha, url: `${base}/commits/${branch.sha}` },
        protected: false,
      }));
      return ok(more.length ? (json.find((branch) => branch.name === more.join("/")) ?? null) : json.slice(0, limit));
    }
    case "git": {
      const [kind, ...name] = more;
      if (kind === "ref") {
        const ref = `refs/${name.join("/")}`;
        const sha = await bare.refSha(ref);
        return ok(sha ? { ref, url: `${base}/git/${ref}`, object: { type: "commit", sha, url: base } } : null);
      }
      const [commit] = kind === "commits" ? await bare.log(name[0] ?? "", 1) : [];
      return ok(commit && isSha(name[0]) ? gitCommitJson(base, commit) : null);
    }
    case "commits": {
      if ((await bare.branches()).length === 0) return { status: 409, body: { message: "Git Repository is empty." } };
      const wanted = more[0] ?? query.get("sha") ?? (await bare.defaultBranch());
      if (wanted.startsWith("-")) return notFound;
      const commits = (await bare.log(wanted, more[0] ? 1 : limit)).map((commit) => commitJson(base, commit));
      return ok(more[0] ? (commits[0] ?? null) : commits);
    }
    case "compare":
      return ok(await compareJson(context, repository, more.join("/")));
    case "license": {
      const found = await bare.licenceFile(query.get("ref") ?? (await bare.defaultBranch()));
      if (!found) return notFound;
      const content = Buffer.from(found.text).toString("base64");
      return ok({ name: found.name, path: found.name, encoding: "base64", content, license: licenceJson(found.text) });
    }
    case "activity": {
      const ref = query.get("ref");
      const list = repository.activity.filter((one) => !ref || one.ref === ref || one.ref === `refs/heads/${ref}`);
      return ok(list.slice(0, limit).map((one) => ({ ...one, actor: { login: one.actor } })));
    }
    default:
      return notFound;
  }
}

const isSha = (text: string | undefined) => /^[0-9a-f]{40}$/.test(text ?? "");

/** A repository as the REST answers and the webhooks show it. */
export async function repositoryJson(
  context: Pick<RestContext, "model" | "apiUrl" | "webUrl">,
  repository: StoredGitHubRepository,
): Promise<Record<string, unknown>> {
  const slug = `${repository.owner}/${repository.name}`;
  const parent = repository.forkOf === null ? null : context.model.byId(repository.forkOf);
  const bare = context.model.bare(repository);
  const branch = await bare.defaultBranch();
  const licence = await bare.licenceFile(branch);
  return {
    id: repository.id,
    node_id: `R_local${repository.id}`,
    name: repository.name,
    full_name: slug,
    private: repository.private,
    visibility: repository.private ? "private" : "public",
    owner: { login: repository.owner, type: "User", html_url: `${context.webUrl}/${repository.owner}` },
    html_url: `${context.webUrl}/${slug}`,
    clone_url: `${context.webUrl}/${slug}.git`,
    url: `${context.apiUrl}/repos/${slug}`,
    fork: repository.forkOf !== null,
    ...(parent ? { parent: { id: parent.id, full_name: `${parent.owner}/${parent.name}` } } : {}),
    archived: repository.archived,
    disabled: repository.disabled === true,
    default_branch: branch,
    created_at: repository.createdAt,
    pushed_at: repository.pushedAt,
    license: licence ? licenceJson(licence.text) : null,
  };
}

function licenceJson(text: string) {
  const spdx = guessLicence(text) ?? "NOASSERTION";
  return { key: spdx === "NOASSERTION" ? "other" : spdx.toLowerCase(), name: spdx, spdx_id: spdx, url: null };
}

function person(commit: CommitSummary) {
  return { name: commit.author.name, email: commit.author.email, date: commit.date };
}

function gitCommitJson(base: string, commit: CommitSummary) {
  return {
    sha: commit.sha,
    url: `${base}/git/commits/${commit.sha}`,
    author: person(commit),
    committer: person(commit),
    message: commit.message,
    tree: { sha: commit.tree, url: `${base}/git/trees/${commit.tree}` },
    parents: commit.parents.map((sha) => ({ sha, url: `${base}/git/commits/${sha}` })),
    verification: { verified: false, reason: "unsigned", signature: null, payload: null, verified_at: null },
  };
}

function commitJson(base: string, commit: CommitSummary) {
  const { sha, parents, ...inner } = gitCommitJson(base, commit);
  return { sha, url: `${base}/commits/${sha}`, commit: inner, author: null, committer: null, parents };
}

async function compareJson(context: RestContext, repository: StoredGitHubRepository, range: string): Promise<unknown> {
  const [from, to] = range.split("...");
  if (!from || !to || from.startsWith("-") || to.startsWith("-")) return null;
  const bare = context.model.bare(repository);
  const counts = await bare.git(["rev-list", "--left-right", "--count", `${from}...${to}`, "--"]).catch(() => null);
  const mergeBase = await bare.git(["merge-base", from, to]).catch(() => null);
  if (counts === null || mergeBase === null) return null;
  const [behind = 0, ahead = 0] = counts.split(/\s+/).map(Number);
  const status = ahead && behind ? "diverged" : ahead ? "ahead" : behind ? "behind" : "identical";
  return { status, ahead_by: ahead, behind_by: behind, merge_base_commit: { sha: mergeBase } };
}
