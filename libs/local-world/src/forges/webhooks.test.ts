import { createHmac } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { Webhooks } from "@octokit/webhooks";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import WebSocket from "ws";
import { startAtprotoNetwork } from "../atproto/index.ts";
import { scratchFolder } from "../scratch-folder.ts";
import { startGitHub, startKnot, type LocalGitHub, type LocalKnot } from "./index.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
const folder = scratchFolder();
const secret = "a secret between the forge and us";

let server: Server;
let url: string;
let received: { headers: IncomingHttpHeaders; body: string }[] = [];
let status = 202;

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += String(chunk)));
    request.on("end", () => {
      received.push({ headers: request.headers, body });
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks`;
});
afterEach(() => {
  received = [];
  status = 202;
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
  folder.remove();
});

describe("the local GitHub's webhooks", () => {
  let github: LocalGitHub;
  let worlds = 0;
  const at = { owner: "dave", name: "told" };
  const told = () =>
    received.map(({ headers, body }) => {
      const { action, ref } = JSON.parse(body) as { action?: string; ref?: string };
      return [headers["x-github-event"], action ?? ref].filter(Boolean).join(" ");
    });

  beforeEach(async () => {
    github = await startGitHub({ dataDir: path.join(folder.path, `github-${++worlds}`) });
    await github.createRepository({ ...at, license: "MIT" });
    github.setWebhook({ url, secret });
  });
  afterEach(() => github.close());

  it("tell every push and every change of a repository, in GitHub's words", async () => {
    const first = (await github.bare(at).refSha("refs/heads/main")) ?? "";
    await github.commit({ ...at, files: { a: "1" }, message: "One" });
    await github.forcePush({ ...at, to: first });
    await github.setRef({ ...at, ref: "refs/tags/v1", sha: first });
    await github.publishRelease({ ...at, tag: "v1" });
    await github.setRef({ ...at, ref: "refs/pull/7/head", sha: first });
    await github.setRef({ ...at, ref: "refs/tags/v1", sha: null });
    await github.setPrivate({ ...at, private: true });
    await github.setPrivate({ ...at, private: false });
    await github.setArchived({ ...at, archived: true });
    await github.rename({ ...at, toName: "retold" });
    await github.deleteRepository({ owner: "dave", name: "retold" });
    await github.webhooksDrained();
    expect(told()).toEqual([
      "ping",
      "push refs/heads/main",
      "push refs/heads/main",
      "push refs/tags/v1",
      "create v1",
      "release published",
      "push refs/tags/v1",
      "delete v1",
      "repository privatized",
      "repository publicized",
      "public",
      "repository archived",
      "repository renamed",
      "repository deleted",
    ]);
    expect(received.map(({ body }) => (JSON.parse(body) as { forced?: boolean }).forced)).toContain(true);
  });

  it("are signed so that GitHub's own library takes them, and no other secret does", async () => {
    await github.commit({ ...at, files: { a: "1" }, message: "One" });
    await github.webhooksDrained();
    for (const { headers, body } of received) {
      const signature = String(headers["x-hub-signature-256"]);
      expect(await new Webhooks({ secret }).verify(body, signature)).toBe(true);
      expect(await new Webhooks({ secret: "another" }).verify(body, signature)).toBe(false);
      expect(headers["content-type"]).toBe("application/json");
    }
    expect(new Set(received.map(({ headers }) => headers["x-github-delivery"])).size).toBe(received.length);
  });

  it("are posted once, taken or not, and again when asked", async () => {
    status = 503;
    await github.commit({ ...at, files: { a: "1" }, message: "One" });
    await github.webhooksDrained();
    expect(told()).toEqual(["ping", "push refs/heads/main"]);
    const [, push] = github.deliveries();
    expect(push?.status).toBe(503);
    github.redeliver({ id: push?.id ?? "" });
    await github.webhooksDrained();
    expect(received[2]).toEqual({ ...received[1], headers: { ...received[2]?.headers } });
    expect(received[2]?.headers["x-github-delivery"]).toBe(push?.id);
    github.setWebhook(null);
    await github.commit({ ...at, files: { a: "2" }, message: "Two" });
    await github.webhooksDrained();
    expect(received).toHaveLength(3);
  });
});

describe("the local knot", () => {
  let network: Awaited<ReturnType<typeof startAtprotoNetwork>>;
  let knot: LocalKnot;
  let repoDid: string;

  beforeAll(async () => {
    network = await startAtprotoNetwork({ dataDir: path.join(folder.path, "atproto") });
    knot = await startKnot({ dataDir: path.join(folder.path, "knot"), ...network });
    const { did, handle } = network.people.judy;
    ({ repoDid } = await knot.createRepository({ ownerDid: did, ownerHandle: handle, name: "told", license: "MIT" }));
  });
  afterAll(async () => {
    await knot.close();
    await network.close();
  });

  it("posts pushes and renames, three times until they are taken, signed when there is a secret", async () => {
    knot.setWebhook({ repoDid, url, secret });
    status = 500;
    await knot.commit({ repoDid, files: { a: "1" }, message: "One" });
    await knot.webhooksDrained();
    expect(received).toHaveLength(3);
    status = 202;
    knot.setWebhook({ repoDid, url });
    await knot.rename({ repoDid, toName: "retold" });
    await knot.webhooksDrained();
    const [first, , , last] = received;
    expect(first?.headers["x-tangled-repo"]).toBe(repoDid);
    const hmac = createHmac("sha256", secret)
      .update(first?.body ?? "")
      .digest("hex");
    expect(first?.headers["x-tangled-signature-256"]).toBe(`sha256=${hmac}`);
    expect([last?.headers["x-tangled-event"], last?.headers["x-tangled-signature-256"]]).toEqual([
      "repository:renamed",
      undefined,
    ]);
    knot.setWebhook({ repoDid, url: null });
  });

  it("tells its event stream live, and what a listener missed from its cursor on", async () => {
    const events: Record<string, unknown>[] = [];
    const listen = async (query: string) => {
      const socket = new WebSocket(`${knot.url.replace("http", "ws")}/events${query}`);
      socket.on("message", (data) => events.push(JSON.parse(String(data as Buffer)) as Record<string, unknown>));
      await new Promise((resolve) => socket.on("open", resolve));
      return socket;
    };
    const from = `${Date.now() - 1}000000`;
    const live = await listen("");
    const sha = await knot.commit({ repoDid, files: { a: "2" }, message: "Two" });
    await vi.waitFor(() => expect(events).toHaveLength(1));
    live.terminate();
    const late = await listen(`?cursor=${from}`);
    await vi.waitFor(() => expect(events).toHaveLength(2));
    late.terminate();
    expect(events[1]).toEqual(events[0]);
    expect(events[0]).toMatchObject({ nsid: "sh.tangled.git.refUpdate", event: { repo: repoDid, newSha: sha } });
  });

  it("shows another address other refs when it is told to, and everybody the same again", async () => {
    const { refs, look } = lookingFrom(knot, repoDid);
    const honest = await refs("127.0.0.1");
    await knot.equivocate({ repoDid, to: "127.0.0.2", refs: { "refs/heads/main": null } });
    expect([await refs("127.0.0.1"), await refs("127.0.0.2")]).toEqual([honest, []]);
    await knot.equivocate({ repoDid, to: "127.0.0.2", refs: null });
    expect(await refs("127.0.0.2")).toEqual(honest);
    expect((await look("127.0.0.2")).status).toBe(200);
  });
});

function lookingFrom(knot: LocalKnot, repoDid: string) {
  const look = async (localAddress: string) => {
    const { get } = await import("node:http");
    const target = `${knot.url}/${repoDid}/info/refs?service=git-upload-pack`;
    return new Promise<{ status: number; text: string }>((resolve, reject) => {
      get(target, { localAddress, agent: false }, (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => (text += String(chunk)));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
      }).on("error", reject);
    });
  };
  const refs = async (localAddress: string) =>
    [...(await look(localAddress)).text.matchAll(/([0-9a-f]{40}) (refs\/heads\/\S+)/g)].map((one) => one[0]);
  return { look, refs };
}
