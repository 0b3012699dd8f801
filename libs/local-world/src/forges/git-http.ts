import { spawn } from "node:child_process";
import path from "node:path";
import type { IncomingMessage, ServerResponse } from "node:http";

/** How a forge answers: as it should, with a status, never, or by cutting the line. */
export type ForgeMode = "ok" | "404" | "401" | "429" | "451" | "503" | "hang" | "reset";

export const forgeModes: readonly ForgeMode[] = ["ok", "404", "401", "429", "451", "503", "hang", "reset"];

/** Answer as the mode says. True when the request is dealt with and the forge must not answer it. */
export function answerInMode(mode: ForgeMode, request: IncomingMessage, response: ServerResponse): boolean {
  if (mode === "ok") return false;
  if (mode === "hang") return true;
  if (mode === "reset") {
    request.socket.destroy();
    return true;
  }
  const headers: Record<string, string> = { "content-type": "application/json" };
  if (mode === "429") headers["retry-after"] = "7";
  if (mode === "401") headers["www-authenticate"] = 'Basic realm="forge"';
  response.writeHead(Number(mode), headers);
  response.end(JSON.stringify({ message: `The forge answers ${mode} today` }));
  return true;
}

/** The user and password of a Basic header, or of a Bearer/token header as a password without a user. */
export function credentials(request: IncomingMessage): { user: string; password: string } | null {
  const [scheme, value] = (request.headers.authorization ?? "").split(" ");
  if (!scheme || !value) return null;
  if (scheme.toLowerCase() !== "basic") return { user: "", password: value };
  const [user = "", ...rest] = Buffer.from(value, "base64").toString("utf8").split(":");
  return { user, password: rest.join(":") };
}

export type GitService = "git-upload-pack" | "git-receive-pack";

/** Which repository path and which service a smart-HTTP request is for; null when it is not one. */
export function parseGitRequest(url: URL): { repository: string; endpoint: string; service: GitService } | null {
  const match = /^\/(.+?)\/(info\/refs|git-upload-pack|git-receive-pack)$/.exec(decodeURIComponent(url.pathname));
  if (!match?.[1] || !match[2]) return null;
  const service = match[2] === "info/refs" ? url.searchParams.get("service") : match[2];
  if (service !== "git-upload-pack" && service !== "git-receive-pack") return null;
  return { repository: match[1], endpoint: match[2], service };
}

/**
 * Let stock `git http-backend` answer one smart-HTTP request (protocol v0 and v2) for the bare repository at `gitDir`.
 * The caller ends the response, so that what a push changed can be written down before the pusher hears of it.
 */
export function serveGit(
  gitDir: string,
  endpoint: string,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
  remoteUser?: string,
): Promise<void> {
  const child = spawn("git", ["-c", "safe.directory=*", "http-backend"], {
    env: {
      PATH: process.env["PATH"] ?? "/usr/bin:/bin",
      HOME: gitDir,
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_PROJECT_ROOT: path.dirname(gitDir),
      GIT_HTTP_EXPORT_ALL: "1",
      PATH_INFO: `/${path.basename(gitDir)}/${endpoint}`,
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method ?? "GET",
      CONTENT_TYPE: request.headers["content-type"] ?? "",
      HTTP_CONTENT_ENCODING: String(request.headers["content-encoding"] ?? ""),
      GIT_PROTOCOL: String(request.headers["git-protocol"] ?? ""),
      REMOTE_ADDR: "127.0.0.1",
      ...(remoteUser ? { REMOTE_USER: remoteUser } : {}),
    },
    stdio: ["pipe", "pipe", "ignore"],
  });
  request.pipe(child.stdin);
  child.stdin.on("error", () => {});
  response.on("close", () => child.kill());

  let head: Buffer | null = Buffer.alloc(0);
  child.stdout.on("data", (chunk: Buffer) => {
    if (head === null) {
      if (!response.write(chunk)) {
        child.stdout.pause();
        response.once("drain", () => child.stdout.resume());
      }
      return;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf("\r\n\r\n");
    if (end < 0) return;
    const body = head.subarray(end + 4);
    writeCgiHead(head.subarray(0, end).toString("latin1"), response);
    head = null;
    if (body.length > 0) response.write(body);
  });
  return new Promise((resolve) => {
    const done = () => {
      if (!response.headersSent) response.writeHead(500);
      resolve();
    };
    child.on("error", done);
    child.on("close", done);
  });
}

function writeCgiHead(text: string, response: ServerResponse): void {
  let status = 200;
  const headers: Record<string, string> = {};
  for (const line of text.split("\r\n")) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (name === "status") status = Number.parseInt(value, 10);
    else headers[name] = value;
  }
  response.writeHead(status, headers);
}
