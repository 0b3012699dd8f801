import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { answerControl, type ControlVerbs } from "./forge-control.ts";
import { answerInMode, credentials, parseGitRequest, serveGit, type ForgeMode, type GitService } from "./git-http.ts";
import { GitHubModel, type StoredGitHubRepository } from "./github-model.ts";
import { answerRest, repositoryJson, sendRest } from "./github-rest.ts";
import { gitHubVerbs } from "./github-verbs.ts";
import { GitHubWebhooks, type GitHubListener } from "./github-webhooks.ts";
import { listPage, repositoryPage } from "./repository-page.ts";
import { RateCounter } from "./rate-counter.ts";
import type { LocalGitHub, ModeScope } from "./local-github.ts";

/**
 * Start the local GitHub on 127.0.0.1. `port` 0 or absent takes any free one; everything lives under `dataDir` and is
 * there again after a restart. `now` is the clock of commits and activity.
 */
export async function startGitHub(options: { port?: number; dataDir: string; now?: () => Date }): Promise<LocalGitHub> {
  const now = options.now ?? (() => new Date());
  const model = new GitHubModel(options.dataDir, now);
  const modes = new Map<string, ForgeMode>();
  const rate = new RateCounter(5000);
  const requests: string[] = [];

  const modeOf = (part: "git" | "api", repository: StoredGitHubRepository | null): ForgeMode => {
    const slug = repository ? `${repository.owner}/${repository.name}`.toLowerCase() : "";
    const places = [`${slug}|${part}`, `${slug}|`, `|${part}`, "|"];
    return places.map((place) => modes.get(place)).find((mode) => mode !== undefined && mode !== "ok") ?? "ok";
  };

  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    answer(request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500, { "content-type": "application/json" });
      response.end(JSON.stringify({ message: error instanceof Error ? error.message : String(error) }));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const webUrl = `http://${host}`;
  const apiUrl = `${webUrl}/api/v3`;

  const tokenFor = (owner: string) => `local-${owner.toLowerCase()}`;
  const viewerOf = (request: IncomingMessage): string | null => {
    const password = credentials(request)?.password;
    return password?.startsWith("local-") ? password.slice("local-".length) : null;
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", webUrl);
    const control = /^\/__forge\/(\w+)$/.exec(url.pathname)?.[1];
    if (control) return answerControl(controls, control, request, response);
    if (url.pathname.startsWith("/api/v3")) return answerApi(url, request, response);
    const git = parseGitRequest(url);
    if (git) return answerGit(git, url, request, response);
    return answerPage(url, request, response);
  }

  async function answerApi(url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = url.pathname.slice("/api/v3".length);
    const [kind, owner = "", name = ""] = path.split("/").filter(Boolean).map(decodeURIComponent);
    const named = kind === "repositories" ? model.byId(Number(owner)) : model.byName(owner, name);
    if (answerInMode(modeOf("api", named), request, response)) return;
    const who = request.headers.authorization ? viewerOf(request) : null;
    const { headers, refusal } = rate.count();
    if (request.headers.authorization && who === null) {
      return sendRest(request, response, { status: 401, body: { message: "Bad credentials" } }, headers);
    }
    if (refusal) {
      const { status, message } = refusal;
      return sendRest(request, response, { status, body: { message } }, headers);
    }
    if (request.method !== "GET") {
      return sendRest(request, response, { status: 404, body: { message: "Not Found" } }, headers);
    }
    sendRest(
      request,
      response,
      await answerRest({ model, apiUrl, webUrl, viewer: who }, path, url.searchParams),
      headers,
    );
  }

  async function answerGit(
    git: { repository: string; endpoint: string; service: GitService },
    url: URL,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const [owner = "", name = ""] = git.repository.replace(/\.git$/, "").split("/");
    const repository = model.byName(owner, name);
    if (answerInMode(modeOf("git", repository), request, response)) return;
    const moved = repository ? null : model.byFormerName(owner, name);
    if (moved && !moved.private) {
      const to = `${webUrl}/${moved.owner}/${moved.name}.git/${git.endpoint}${url.search}`;
      return void response.writeHead(301, { location: to }).end();
    }
    const viewer = viewerOf(request);
    const own = repository !== null && viewer === repository.owner.toLowerCase();
    const pushing = git.service === "git-receive-pack";
    if (!repository || ((repository.private || pushing) && !own)) {
      // The real one asks for a password before it says whether a repository is there.
      const status = viewer === null ? 401 : repository && pushing && !repository.private ? 403 : 404;
      const asks = status === 401 ? { "www-authenticate": 'Basic realm="GitHub"' } : {};
      return void response.writeHead(status, asks).end("Repository not found.\n");
    }
    if (repository.blocked || repository.disabled) {
      const status = repository.blocked === "dmca" ? 451 : 403;
      return void response.writeHead(status).end("Access to this repository has been disabled by GitHub staff.\n");
    }
    const gitDir = model.bare(repository).dir;
    if (!pushing || git.endpoint === "info/refs") {
      await serveGit(gitDir, git.endpoint, url, request, response, viewer ?? undefined);
    } else {
      await model.recording(repository, repository.owner, () =>
        serveGit(gitDir, git.endpoint, url, request, response, repository.owner),
      );
    }
    response.end();
  }

  async function answerPage(url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const html = { "content-type": "text/html; charset=utf-8" };
    const [owner, name, ...more] = url.pathname.split("/").filter(Boolean).map(decodeURIComponent);
    if (!owner) {
      const slugs = model.all().flatMap((one) => (one.private ? [] : [`${one.owner}/${one.name}`]));
      return void response.writeHead(200, html).end(listPage("The local GitHub", slugs));
    }
    const repository = name ? model.byName(owner, name.replace(/\.git$/, "")) : null;
    if (answerInMode(modeOf("api", repository), request, response)) return;
    const moved = !repository && name ? model.byFormerName(owner, name) : null;
    if (moved && !moved.private) {
      return void response.writeHead(301, { location: [webUrl, moved.owner, moved.name, ...more].join("/") }).end();
    }
    if (!repository || repository.private) return void response.writeHead(404, html).end(listPage("Not found", []));
    const heading = {
      forge: "the local GitHub",
      title: `${repository.owner}/${repository.name}`,
      note: `Repository number ${repository.id}.${repository.forkOf === null ? "" : " A fork."}`,
      cloneUrl: `${webUrl}/${repository.owner}/${repository.name}.git`,
      pushHint: `${repository.owner} pushes with the user name ${repository.owner} and the password ${tokenFor(repository.owner)}.`,
    };
    const page = await repositoryPage(model.bare(repository), heading, more);
    response.writeHead(200, html).end(page);
  }

  const webhooks = new GitHubWebhooks((repository) => repositoryJson({ model, apiUrl, webUrl }, repository));
  model.onPush = (repository, moved, actor) => webhooks.pushed(repository, moved, actor);

  const verbs: Omit<LocalGitHub, "url" | "apiUrl" | "webUrl" | "host" | "requests" | "bare" | "close"> = {
    tokenFor,
    ...gitHubVerbs(model, webhooks, webUrl),
    setMode: (mode, scope) => {
      const slug = scope?.owner && scope.name ? `${scope.owner}/${scope.name}`.toLowerCase() : "";
      modes.set(`${slug}|${scope?.part ?? ""}`, mode);
    },
    setRateLimit: (remaining, resetInMs) => rate.set(remaining, resetInMs),
    setSecondaryLimit: ({ count, retryAfterSeconds = null, status = 403 }) =>
      rate.limit(count, retryAfterSeconds, status),
    setWebhook: (listener) => webhooks.listen(listener),
    deliveries: () => webhooks.sent,
    redeliver: ({ id }) => webhooks.again(id),
    webhooksDrained: () => webhooks.drained(),
  };

  // Over HTTP every verb takes one object.
  const controls: ControlVerbs = {
    ...verbs,
    tokenFor: ({ owner }: { owner: string }) => tokenFor(owner),
    setMode: ({ mode, ...scope }: { mode: ForgeMode } & ModeScope) => verbs.setMode(mode, scope),
    setRateLimit: ({ remaining, resetInMs }: { remaining: number; resetInMs?: number }) =>
      verbs.setRateLimit(remaining, resetInMs),
    setWebhook: ({ url, secret }: Partial<GitHubListener>) => verbs.setWebhook(url && secret ? { url, secret } : null),
  };

  return {
    ...verbs,
    url: webUrl,
    apiUrl,
    webUrl,
    host,
    requests,
    bare: (input) => model.bare(model.require(input.owner, input.name)),
    close: () =>
      new Promise((resolve) => {
        webhooks.close();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
