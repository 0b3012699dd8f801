import { spawn } from "node:child_process";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { packet } from "../git/packet-line.ts";

export const advertisementType = { "content-type": "application/x-git-upload-pack-advertisement" };
const resultType = { "content-type": "application/x-git-upload-pack-result" };

/** What a server of git's protocol v2 says first, with the capabilities it pretends to have. */
export const greeting = (capabilities: readonly string[] = ["ls-refs=unborn", "fetch=shallow"]): string =>
  packet("# service=git-upload-pack\n") +
  "0000" +
  packet("version 2\n") +
  capabilities.map((one) => packet(`${one}\n`)).join("") +
  "0000";

/** A list of refs; the first one is the default branch. */
export const refList = (refs: Record<string, string>): string => {
  const [[first, sha] = ["refs/heads/main", ""]] = Object.entries(refs);
  const head = packet(`${sha} HEAD symref-target:${first}\n`);
  return `${
    head +
    Object.entries(refs)
      .map(([name, to]) => packet(`${to} ${name}\n`))
      .join("")
  }0000`;
};

/** The answer to a fetch: these bytes as the pack. */
export function packAnswer(response: ServerResponse, pack: Buffer): void {
  response.writeHead(200, resultType);
  response.write(packet("packfile\n"));
  for (let at = 0; at < pack.length; at += 60_000) response.write(inBand(1, pack.subarray(at, at + 60_000)));
  response.end("0000");
}

/** Bytes in one of git's side bands: 1 is the pack, 2 is chatter. */
export function inBand(band: number, bytes: Buffer): Buffer {
  const length = (bytes.length + 5).toString(16).padStart(4, "0");
  return Buffer.concat([Buffer.from(length), Buffer.from([band]), bytes]);
}

/** Write the same bytes over and over until the other side hangs up or `more` is false. */
export function pour(response: ServerResponse, bytes: Buffer, more: () => boolean = () => true): void {
  const go = () => {
    while (!response.destroyed && more() && response.write(bytes));
    if (!response.destroyed && more()) response.once("drain", go);
  };
  go();
}

export type Asked = "greeting" | "refs" | "fetch";

/** A server that answers git as a test likes; what the test leaves alone, real git answers from `gitDir`. */
export class HostileServer {
  readonly requests: string[] = [];
  /** Bytes sent so far. */
  sent = 0;
  host = "";
  gitDir: string | null = null;
  /** Protocol v0, as old servers speak it. */
  old = false;
  answers: Partial<Record<Asked, (response: ServerResponse, request: IncomingMessage, body: Buffer) => void>> = {};
  /** Any other request; null: 404. */
  other: ((response: ServerResponse, request: IncomingMessage) => void) | null = null;
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      this.requests.push(`${request.method} ${request.url}`);
      const write = response.write.bind(response);
      response.write = ((chunk: Buffer | string, ...rest: []) => {
        this.sent += Buffer.byteLength(chunk);
        return write(chunk, ...rest);
      }) as typeof response.write;
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const body = Buffer.concat(chunks);
        const packed = request.headers["content-encoding"] === "gzip";
        this.#answer(request, response, packed ? gunzipSync(body) : body);
      });
    });
  }

  async start(at = "127.0.0.1"): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, at, resolve));
    const { port } = this.#server.address() as AddressInfo;
    this.host = `${at.includes(":") ? `[${at}]` : at}:${port}`;
    return this;
  }

  get url(): string {
    return `http://${this.host}/mallory/trap.git`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #answer(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
    const asked = this.#asked(request, body);
    if (asked === null) {
      if (this.other) return this.other(response, request);
      return void response.writeHead(404).end();
    }
    const given = this.answers[asked];
    if (given) return given(response, request, body);
    if (this.gitDir === null) return void response.writeHead(404).end();
    const advertising = request.method === "GET";
    const args = ["-c", "safe.directory=*", "upload-pack", "--stateless-rpc"];
    const child = spawn("git", [...args, ...(advertising ? ["--http-backend-info-refs"] : []), this.gitDir], {
      env: { PATH: process.env["PATH"] ?? "", HOME: "/nowhere", GIT_PROTOCOL: this.old ? "" : "version=2" },
      stdio: ["pipe", "pipe", "ignore"],
    });
    response.writeHead(200, advertising ? advertisementType : resultType);
    if (advertising) response.write(`${packet("# service=git-upload-pack\n")}0000`);
    child.stdin.on("error", () => {});
    child.stdin.end(body);
    child.stdout.pipe(response);
  }

  #asked(request: IncomingMessage, body: Buffer): Asked | null {
    if (request.url?.endsWith("/info/refs?service=git-upload-pack")) return "greeting";
    if (!request.url?.endsWith("/git-upload-pack")) return null;
    return body.includes("command=ls-refs") ? "refs" : "fetch";
  }
}
