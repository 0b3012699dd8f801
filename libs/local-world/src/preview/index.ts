import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buildOf, controlPage, previewPage } from "./pages.ts";
import { type PreviewState, previewStates } from "./states.ts";

export type { PreviewState };

const SLOW_MS = 60_000;

/** The servers on which the developers of the local world show what they built: any path is a preview of its own. */
export interface LocalPreview {
  url: string;
  /** host:port */
  host: string;
  /** How many requests it was sent, its controls apart. */
  requests(): number;
  /** Makes an outage, or ends it: of the preview at a path (`/rtl`), or of every one that has no state of its own. */
  set(state: PreviewState, path?: string): void;
  close(): Promise<void>;
}

/**
 * Starts it. People make outages at `/__preview`; a program posts `state` and, if it wants, `path` to the same address, as
 * JSON or as a form.
 */
export async function startPreview(options: { port?: number } = {}): Promise<LocalPreview> {
  const states = new Map<string, PreviewState>();
  const known = new Set<string>();
  let requests = 0;

  const set = (state: PreviewState, path?: string) => {
    if (path === undefined || path === "/" || path === "") {
      states.clear();
      states.set("/", state);
    } else states.set(firstOf(path), state);
  };
  const stateOf = (path: string): PreviewState => states.get(firstOf(path)) ?? states.get("/") ?? "up";

  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://preview");
    if (pathname === "/__preview") return void control(request, response, set, () => controlPage(known, stateOf));
    requests += 1;
    if (pathname !== "/favicon.ico") known.add(firstOf(pathname));
    answer(stateOf(pathname), pathname, request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `http://${host}`,
    host,
    requests: () => requests,
    set,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

const firstOf = (path: string) => `/${path.split("/").find((part) => part !== "") ?? ""}`;

function answer(state: PreviewState, path: string, request: IncomingMessage, response: ServerResponse): void {
  if (state === "cut") return void request.socket.destroy();
  if (state === "slow") {
    const timer = setTimeout(() => answer("up", path, request, response), SLOW_MS);
    return void response.on("close", () => clearTimeout(timer));
  }
  if (state === "down") return void response.writeHead(503, { "content-type": "text/plain" }).end("Back soon.\n");
  const build = buildOf(path);
  if (build !== null) {
    const { name, bytes } = build;
    response.setHeader("content-disposition", `attachment; filename="${name}"`);
    return void response.writeHead(200, { "content-type": "application/gzip" }).end(bytes);
  }
  if (path.startsWith("/api"))
    return void response.writeHead(200, { "content-type": "application/json" }).end('{"preview":true}\n');
  response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(previewPage(path));
}

async function control(
  request: IncomingMessage,
  response: ServerResponse,
  set: LocalPreview["set"],
  page: () => string,
): Promise<void> {
  if (request.method !== "POST") {
    response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(page());
    return;
  }
  let body = "";
  for await (const chunk of request) body += String(chunk);
  const given = body.startsWith("{")
    ? (JSON.parse(body) as Record<string, string>)
    : Object.fromEntries(new URLSearchParams(body));
  const state = previewStates.find((one) => one === given["state"]);
  if (state === undefined) {
    response.writeHead(400, { "content-type": "text/plain" }).end(`state is one of: ${previewStates.join(", ")}\n`);
    return;
  }
  set(state, given["path"]);
  response.writeHead(303, { location: "/__preview" }).end();
}
