import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { answerControl, type ControlVerbs } from "./forge-control.ts";
import { answerInMode, credentials, parseGitRequest, serveGit, type ForgeMode } from "./git-http.ts";
import { mintRepoDid, renewRepoDid } from "./knot-identity.ts";
import { KnotModel, type StoredKnotRepository } from "./knot-model.ts";
import { answerXrpc } from "./knot-xrpc.ts";
import { licenceText } from "./licence-text.ts";
import { listPage, repositoryPage } from "./repository-page.ts";
import type { KnotNamed, KnotOptions, KnotRepository, LocalKnot } from "./local-knot.ts";

const collection = "sh.tangled.repo";

/**
 * Start the knot on 127.0.0.1. What lives under `dataDir` is there again after a restart; repository DIDs are renewed
 * when the PLC directory forgot them or the knot's port moved.
 */
export async function startKnot(options: KnotOptions): Promise<LocalKnot> {
  const now = options.now ?? (() => new Date());
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

  const writeRecord = (repository: StoredKnotRepository) =>
    options.createRecord(repository.ownerDid, collection, repository.rkey, {
      $type: collection,
      name: repository.name,
      knot: host,
      repoDid: repository.repoDid,
      createdAt: repository.createdAt,
    });
  for (const repository of model.memory.repositories) {
    await renewRepoDid(model, options.plcUrl, url, repository);
    if (model.memory.url !== url) await writeRecord(repository);
  }
  model.memory.url = url;
  model.save();

  const modeOf = (part: "git" | "api", repository: StoredKnotRepository | null): ForgeMode => {
    const did = repository?.repoDid ?? "";
    const places = [`${did}|${part}`, `${did}|`, `|${part}`, "|"];
    return places.map((place) => modes.get(place)).find((mode) => mode !== undefined && mode !== "ok") ?? "ok";
  };
  const tokenFor = (handle: string) => `local-${handle.replace(/^@/, "").toLowerCase()}`;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const target = new URL(request.url ?? "/", url);
    const control = /^\/__forge\/(\w+)$/.exec(target.pathname)?.[1];
    if (control) return answerControl(controls, control, request, response);
    const xrpc = /^\/xrpc\/([\w.]+)$/.exec(target.pathname)?.[1];
    if (xrpc) {
      const asked = target.searchParams.get("repoDid") ?? target.searchParams.get("repo") ?? "";
      if (answerInMode(modeOf("api", model.byPath(asked)), request, response)) return;
      const { status, body } = await answerXrpc(model, xrpc, target.searchParams);
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
    const { dir } = model.bare(repository);
    await serveGit(dir, git.endpoint, target, request, response, pushing ? repository.ownerHandle : undefined);
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
      cloneUrl: `${url}/${found.repoDid}`,
      pushHint: `${found.ownerHandle} pushes with any user name and the password ${tokenFor(found.ownerHandle)}.`,
    };
    const page = await repositoryPage(model.bare(found), heading, more);
    response.writeHead(200, html).end(page);
  }

  const locate = (input: KnotNamed) =>
    "repoDid" in input && input.repoDid
      ? model.byDid(input.repoDid)
      : "name" in input
        ? model.byOwner(input.owner, input.name)
        : null;
  const require = (input: KnotNamed): StoredKnotRepository => {
    const repository = locate(input);
    if (!repository) throw new Error(`there is no such repository on the local knot: ${JSON.stringify(input)}`);
    return repository;
  };
  const shown = async (repository: StoredKnotRepository): Promise<KnotRepository> => ({
    repoDid: repository.repoDid,
    ownerDid: repository.ownerDid,
    ownerHandle: repository.ownerHandle,
    name: repository.name,
    rkey: repository.rkey,
    cloneUrl: `${url}/${repository.repoDid}`,
    webUrl: `${url}/@${repository.ownerHandle}/${repository.name}`,
    defaultBranch: await model.bare(repository).defaultBranch(),
  });

  const verbs: Omit<LocalKnot, "url" | "webUrl" | "host" | "requests" | "bare" | "close"> = {
    tokenFor,
    createRepository: async ({ ownerDid, ownerHandle, name, license }) => {
      if (!/^(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/.test(name)) throw new Error(`${name} is not a possible name`);
      if (model.byOwner(ownerDid, name)) throw new Error(`${ownerHandle}/${name} exists already`);
      const { repoDid, genesis } = await mintRepoDid(model, options.plcUrl, url);
      const rkey = repoDid.slice("did:plc:".length).slice(0, 13);
      const createdAt = now().toISOString();
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
      const repository = locate(input);
      return repository ? shown(repository) : null;
    },
    commit: (input) => model.bare(require(input)).commit({ date: now(), ...input }),
    forcePush: (input) => model.bare(require(input)).forcePush({ date: now(), ...input }),
    setRef: (input) => model.bare(require(input)).setRef(input.ref, input.sha),
    setDefaultBranch: (input) => model.bare(require(input)).setDefaultBranch(input.branch),
    setPrivate: async (input) => {
      modes.set(`${require(input).repoDid}|`, input.private ? "404" : "ok");
    },
    rename: async (input) => {
      const repository = require(input);
      if (model.byOwner(repository.ownerDid, input.toName)) throw new Error("that name is taken");
      repository.name = input.toName;
      model.save();
      await writeRecord(repository);
      return shown(repository);
    },
    deleteRepository: async (input) => {
      const repository = require(input);
      await options.deleteRecord?.(repository.ownerDid, collection, repository.rkey);
      await model.remove(repository);
    },
    setMode: (mode, scope) => {
      modes.set(`${scope?.repoDid ?? ""}|${scope?.part ?? ""}`, mode);
    },
  };
  const controls: ControlVerbs = {
    ...verbs,
    tokenFor: ({ owner }: { owner: string }) => tokenFor(owner),
    setMode: ({ mode, ...scope }: { mode: ForgeMode; repoDid?: string; part?: "git" | "api" }) =>
      verbs.setMode(mode, scope),
  };

  return {
    ...verbs,
    url,
    webUrl: url,
    host,
    requests,
    bare: (input) => model.bare(require(input)),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
