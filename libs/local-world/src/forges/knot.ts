import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { answerControl, type ControlVerbs } from "./forge-control.ts";
import { answerInMode, credentials, parseGitRequest, serveGit, type ForgeMode } from "./git-http.ts";
import { renewRepoDid } from "./knot-identity.ts";
import { KnotModel, type StoredKnotRepository } from "./knot-model.ts";
import { KnotStream } from "./knot-stream.ts";
import { collection, knotVerbs, recordingPush, requireRepository } from "./knot-verbs.ts";
import { KnotWebhooks } from "./knot-webhooks.ts";
import { answerXrpc } from "./knot-xrpc.ts";
import { listPage, repositoryPage } from "./repository-page.ts";
import type { KnotOptions, KnotPart, LocalKnot } from "./local-knot.ts";

/**
 * Start the knot on 127.0.0.1. What lives under `dataDir` is there again after a restart; repository DIDs are renewed
 * when the PLC directory forgot them or the knot's port moved.
 */
export async function startKnot(options: KnotOptions): Promise<LocalKnot> {
  let old = options.old ?? false;
  const model = new KnotModel(options.dataDir);
  const modes = new Map<string, ForgeMode>();
  const requests: string[] = [];

  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    answer(request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500, { "content-type": "application/json" });
      response.end(JSON.stringify({ error: "InternalError", message: String(error) }));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const url = `http://${host}`;

  const isOld = (repository: StoredKnotRepository) => !repository.repoDid.startsWith("did:");
  const cloneUrl = (one: StoredKnotRepository) => `${url}/${isOld(one) ? `${one.ownerDid}/${one.name}` : one.repoDid}`;
  const stream = new KnotStream(model, () => old);
  const webhooks = new KnotWebhooks(cloneUrl);
  const hanging = new Set<Duplex>();
  const modeOf = (part: KnotPart, repository: StoredKnotRepository | null): ForgeMode => {
    const did = repository?.repoDid ?? "";
    const places = [`${did}|${part}`, `${did}|`, `|${part}`, "|"];
    return places.map((place) => modes.get(place)).find((mode) => mode !== undefined && mode !== "ok") ?? "ok";
  };
  server.on("upgrade", (request, socket, head) => {
    requests.push(`UPGRADE ${request.url}`);
    const target = new URL(request.url ?? "/", url);
    const mode = target.pathname === "/events" ? modeOf("events", null) : "404";
    if (mode === "ok") return stream.connect(request, socket, head, target.searchParams);
    if (mode === "hang") return void hanging.add(socket);
    if (mode !== "reset") socket.write(`HTTP/1.1 ${mode} No\r\nretry-after: 7\r\nconnection: close\r\n\r\n`);
    socket.destroy();
  });

  const writeRecord = (repository: StoredKnotRepository) =>
    options.createRecord(repository.ownerDid, collection, repository.rkey, {
      $type: collection,
      name: repository.name,
      knot: host,
      ...(isOld(repository) ? {} : { repoDid: repository.repoDid }),
      createdAt: repository.createdAt,
    });
  for (const repository of model.memory.repositories) {
    if (!isOld(repository)) await renewRepoDid(model, options.plcUrl, url, repository);
    if (model.memory.url !== url) await writeRecord(repository);
  }
  model.memory.url = url;
  model.save();

  const tokenFor = (handle: string) => `local-${handle.replace(/^@/, "").toLowerCase()}`;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const target = new URL(request.url ?? "/", url);
    const control = /^\/__forge\/(\w+)$/.exec(target.pathname)?.[1];
    if (control) return answerControl(controls, control, request, response);
    const xrpc = /^\/xrpc\/([\w.]+)$/.exec(target.pathname)?.[1];
    if (xrpc) {
      const asked = target.searchParams.get("repoDid") ?? target.searchParams.get("repo") ?? "";
      if (answerInMode(modeOf("api", model.byPath(asked)), request, response)) return;
      const { status, body } = await answerXrpc(model, xrpc, target.searchParams, old);
      return void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    }
    const git = parseGitRequest(target);
    if (git) return answerGit(git, target, request, response);
    return answerPage(target, request, response);
  }

  async function answerGit(
    git: NonNullable<ReturnType<typeof parseGitRequest>>,
    target: URL,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const repository = model.byPath(git.repository);
    if (answerInMode(modeOf("git", repository), request, response)) return;
    if (!repository) return void response.writeHead(404).end("repository not found\n");
    const pushing = git.service === "git-receive-pack";
    const who = credentials(request);
    const own = who?.password === tokenFor(repository.ownerHandle);
    if (pushing && !own) {
      const asks = { "www-authenticate": 'Basic realm="knot"' };
      return void response.writeHead(who ? 403 : 401, who ? {} : asks).end("only the owner pushes here\n");
    }
    const { dir } = model.shownTo(repository, request.socket.remoteAddress ?? "");
    const serve = () =>
      serveGit(dir, git.endpoint, target, request, response, pushing ? repository.ownerHandle : undefined);
    if (!pushing || git.endpoint === "info/refs") await serve();
    else await recordingPush({ model, stream, webhooks }, repository, serve);
    response.end();
  }

  async function answerPage(target: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const html = { "content-type": "text/html; charset=utf-8" };
    const [owner = "", name, ...more] = target.pathname.split("/").filter(Boolean).map(decodeURIComponent);
    if (!owner) {
      const slugs = model.memory.repositories.map((one) => `@${one.ownerHandle}/${one.name}`);
      return void response.writeHead(200, html).end(listPage("The local knot", slugs));
    }
    const repository = model.byPath(name && !owner.startsWith("did:plc") ? `${owner}/${name}` : owner);
    const found = repository ?? (name ? model.byOwner(owner, name) : null);
    if (answerInMode(modeOf("api", found), request, response)) return;
    if (!found) return void response.writeHead(404, html).end(listPage("Not found", []));
    const heading = {
      forge: "the local knot",
      title: `${found.ownerHandle}/${found.name}`,
      note: `Repository ${found.repoDid}.`,
      cloneUrl: cloneUrl(found),
      pushHint: `${found.ownerHandle} pushes with any user name and the password ${tokenFor(found.ownerHandle)}.`,
    };
    const page = await repositoryPage(model.bare(found), heading, more);
    response.writeHead(200, html).end(page);
  }

  const verbs: Omit<LocalKnot, "url" | "webUrl" | "host" | "requests" | "bare" | "close"> = {
    tokenFor,
    ...knotVerbs({ model, options, url, old: () => old, stream, webhooks, cloneUrl, writeRecord }),
    setPrivate: async (input) => {
      modes.set(`${requireRepository(model, input).repoDid}|`, input.private ? "404" : "ok");
    },
    setMode: (mode, scope) => {
      modes.set(`${scope?.repoDid ?? ""}|${scope?.part ?? ""}`, mode);
    },
    setOld: (isNow) => {
      old = isNow;
    },
  };
  const controls: ControlVerbs = {
    ...verbs,
    tokenFor: ({ owner }: { owner: string }) => tokenFor(owner),
    setMode: ({ mode, ...scope }: { mode: ForgeMode; repoDid?: string; part?: KnotPart }) => verbs.setMode(mode, scope),
    setOld: ({ old: isNow }: { old: boolean }) => verbs.setOld(isNow),
  };

  return {
    ...verbs,
    url,
    webUrl: url,
    host,
    requests,
    bare: (input) => model.bare(requireRepository(model, input)),
    close: () =>
      new Promise((resolve) => {
        stream.close();
        for (const socket of hanging) socket.destroy();
        webhooks.close();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
