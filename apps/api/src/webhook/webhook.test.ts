import { createHmac } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { startGitHub, startAtprotoNetwork, startKnot } from "@freehold/local-world";
import { openTestDatabase, type TestDatabase } from "@freehold/testing";
import { newId } from "@freehold/values";
import type { NestFastifyApplication } from "@nestjs/platform-fastify";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { testApi } from "../testing/api.ts";

const master = "a secret between the forges and us";
const folder = mkdtempSync(path.join(tmpdir(), "forge-webhooks-"));
let ground: TestDatabase;
let api: NestFastifyApplication;
let closed: NestFastifyApplication;

beforeAll(async () => {
  ground = await openTestDatabase();
  api = await testApi(ground.database, { environment: { FORGE_WEBHOOK_SECRET: master } });
  closed = await testApi(ground.database);
  await api.listen(0, "127.0.0.1");
});
beforeEach(() => ground.database.forgeHint.deleteMany());
afterAll(async () => {
  await api?.close();
  await closed?.close();
  await ground?.close();
  rmSync(folder, { recursive: true, force: true });
});

const origin = () => `http://127.0.0.1:${(api.getHttpServer().address() as AddressInfo).port}`;
const hmac = (secret: string, body: string) => createHmac("sha256", secret).update(body).digest("hex");
const secretOf = (forge: string, stableId: string) => hmac(master, `${forge}:${stableId}`);
const stored = async () =>
  (await ground.database.forgeHint.findMany({ orderBy: { id: "asc" } })).map((one) => [
    one.forge,
    one.stableId,
    one.event,
  ]);

/** What came until now was taken up long ago: another message about the same repository is kept again. */
const later = () => {
  const past = new Date(Date.now() - 3_600_000);
  return ground.database.forgeHint.updateMany({
    where: { handledAt: null },
    data: { receivedAt: past, handledAt: past },
  });
};

async function repository(forge: "github" | "tangled", stableId: string, cloneUrl = `https://x.example/${stableId}`) {
  const id = newId();
  const data = { id, forge, stableId, slug: "dave/x", webUrl: cloneUrl, cloneUrl, firstSeen: new Date() };
  await ground.database.repository.create({ data });
  return id;
}

async function post(
  url: string,
  body: string,
  headers: Record<string, string>,
  to = api,
): Promise<[number, Record<string, unknown>]> {
  const answer = await to.inject({
    method: "POST",
    url,
    payload: body,
    headers: { "content-type": "application/json", ...headers },
  });
  return [answer.statusCode, answer.json()];
}

describe("a message of GitHub", () => {
  const say = (id: unknown, secret = master, more: Record<string, string> = {}, to = api) => {
    const body = JSON.stringify({ repository: { id }, ref: "refs/heads/main" });
    return post(
      "/webhooks/github",
      body,
      {
        "x-github-event": "push",
        "x-github-delivery": newId(),
        ...(secret === "" ? {} : { "x-hub-signature-256": `sha256=${hmac(secret, body)}` }),
        ...more,
      },
      to,
    );
  };

  test("is kept once, and handed on", async () => {
    await repository("github", "700");
    const delivery = { "x-github-delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958" };
    expect(await say(700, master, delivery)).toEqual([202, { stored: true }]);
    expect(await say(700, master, delivery)).toEqual([202, { stored: false }]);
    expect(await stored()).toEqual([["github", "700", "push"]]);
    const { id } = await ground.database.forgeHint.findFirstOrThrow();
    const jobs = await ground.database.outbox.findMany({ where: { job: "forge.hinted" } });
    expect(jobs.map((one) => one.payload)).toContainEqual({ hintId: id });
  });

  test("may be signed with the repository's own secret, which is good for that one alone", async () => {
    await repository("github", "701");
    await repository("github", "702");
    expect(await say(701, secretOf("github", "701"))).toEqual([202, { stored: true }]);
    expect(await say(702, secretOf("github", "701"))).toMatchObject([401, { code: "hint_signature_invalid" }]);
    expect(await say(702, secretOf("tangled", "702"))).toMatchObject([401, { code: "hint_signature_invalid" }]);
  });

  test.each([
    ["no signature", ""],
    ["another secret", "another secret altogether"],
  ])("with %s is refused by name, and nothing of it kept", async (_what, secret) => {
    await repository("github", newId());
    expect(await say(700, secret)).toMatchObject([401, { code: "hint_signature_invalid" }]);
    expect(await stored()).toEqual([]);
  });

  test("is refused when one byte was changed, when it is no JSON, and when it is too large", async () => {
    const body = `{"repository":{"id":700}}`;
    const headers = {
      "x-github-event": "push",
      "x-github-delivery": "d",
      "x-hub-signature-256": `sha256=${hmac(master, body)}`,
    };
    expect((await post("/webhooks/github", `${body} `, headers))[0]).toBe(401);
    expect((await post("/webhooks/github", "", headers))[0]).toBe(401);
    expect((await post("/webhooks/github", "{", headers))[0]).toBe(401);
    expect((await post("/webhooks/github", `"${"x".repeat(1024 * 1024)}"`, headers))[0]).toBe(413);
    expect((await post("/webhooks/github", body, { ...headers, "content-type": "text/plain" }))[0]).toBe(415);
    expect((await post("/webhooks/github", body, { ...headers, "x-github-delivery": "" }))[0]).toBe(400);
  });

  test("that can change nothing, or is about nobody's repository, is taken and forgotten", async () => {
    for (const event of ["ping", "issues", "star"])
      expect(await say(700, master, { "x-github-event": event })).toEqual([202, { stored: false }]);
    for (const id of [999_999, "700", null, 7.5, { $ne: 1 }]) expect(await say(id)).toEqual([202, { stored: false }]);
    expect(await stored()).toEqual([]);
  });

  test("is refused by name where no secret is configured", async () => {
    expect(await say(700, master, {}, closed)).toMatchObject([404, { code: "webhook_not_configured" }]);
  });

  test("of the local GitHub arrives for a push, a rename, a flip and a deletion", async () => {
    const github = await startGitHub({ dataDir: path.join(folder, "github") });
    const at = { owner: "dave", name: "told" };
    const { id } = await github.createRepository({ ...at, license: "MIT" });
    await repository("github", String(id));
    github.setWebhook({ url: `${origin()}/webhooks/github`, secret: master });
    const retold = { owner: "dave", name: "retold" };
    for (const change of [
      () => github.commit({ ...at, files: { a: "1" }, message: "One" }),
      () => github.rename({ ...at, toName: "retold" }),
      () => github.setPrivate({ ...retold, private: true }),
      // Two messages at the same moment: the second one is taken, and needs no row.
      () => github.setPrivate({ ...retold, private: false }),
      () => github.deleteRepository(retold),
    ]) {
      await change();
      await github.webhooksDrained();
      await later();
    }
    expect(github.deliveries().map((one) => one.status)).toEqual(Array.from({ length: 7 }, () => 202));
    expect((await stored()).length).toBe(5);
    expect((await stored()).map(([, , event]) => event)).toEqual(expect.arrayContaining(["push", "repository"]));
    const [first] = github.deliveries().filter((one) => one.event === "push");
    github.redeliver({ id: first?.id ?? "" });
    await github.webhooksDrained();
    expect(await stored()).toHaveLength(5);
    await github.close();
  });
});

describe("a message of Tangled", () => {
  const did = "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa";
  const say = (
    secret: string,
    {
      named = did,
      query = "",
      body = "{}",
      to = api,
    }: { named?: string; query?: string; body?: string; to?: typeof api } = {},
  ) =>
    post(
      `/webhooks/tangled${query}`,
      body,
      {
        "x-tangled-event": "push",
        "x-tangled-delivery": newId(),
        "x-tangled-repo": named,
        ...(secret === "" ? {} : { "x-tangled-signature-256": `sha256=${hmac(secret, body)}` }),
      },
      to,
    );

  test("is taken when it is signed with that repository's own secret, however it names it", async () => {
    const id = await repository("tangled", did, `https://knot.example/${did}`);
    const secret = secretOf("tangled", did);
    expect(await say(secret)).toEqual([202, { stored: true }]);
    expect(await say(secret)).toEqual([202, { stored: false }]);
    await later();
    expect(await say(secret, { named: "dave.example/x", query: `?repository=${id}` })).toEqual([202, { stored: true }]);
    for (const clone_url of [
      `https://knot.example/${did}`,
      `https://knot.example/${did}.git/`,
      `https://t.org/${did}/x`,
    ]) {
      await later();
      const body = JSON.stringify({ repository: { clone_url } });
      expect([clone_url, await say(secret, { named: "", body })]).toEqual([clone_url, [202, { stored: true }]]);
    }
    expect(new Set((await stored()).map(String))).toEqual(new Set([`tangled,${did},push`]));
  });

  test.each([
    ["no signature", ""],
    ["the secret that all others come from", master],
    ["the secret of another repository", secretOf("tangled", "did:plc:bbbbbbbbbbbbbbbbbbbbbbbb")],
    ["the secret of the other forge", secretOf("github", did)],
  ])("with %s is refused by name", async (_what, secret) => {
    expect(await say(secret)).toMatchObject([401, { code: "hint_signature_invalid" }]);
    expect(await stored()).toEqual([]);
  });

  test("about nobody's repository is refused like an unsigned one, and by name where no secret is configured", async () => {
    const other = "did:plc:cccccccccccccccccccccccc";
    expect((await say(secretOf("tangled", other), { named: other }))[0]).toBe(401);
    expect((await say(secretOf("tangled", other), { named: "", query: "?repository=no-id" }))[0]).toBe(401);
    const body = `{"repository":[{"clone_url":{"a":1}}]}`;
    expect((await say(secretOf("tangled", other), { named: "", body }))[0]).toBe(401);
    expect(await say("", { to: closed })).toMatchObject([404, { code: "webhook_not_configured" }]);
  });

  test("of the local knot arrives, and a forged one beside it does not", async () => {
    const network = await startAtprotoNetwork({ dataDir: path.join(folder, "atproto") });
    const knot = await startKnot({ dataDir: path.join(folder, "knot"), ...network });
    const owner = { ownerDid: network.people.judy.did, ownerHandle: "judy.test" };
    const { repoDid, cloneUrl } = await knot.createRepository({ ...owner, name: "told" });
    const id = await repository("tangled", repoDid, cloneUrl);
    const url = `${origin()}/webhooks/tangled?repository=${id}`;
    knot.setWebhook({ repoDid, url, secret: secretOf("tangled", repoDid) });
    await knot.commit({ repoDid, files: { a: "1" }, message: "One" });
    await knot.webhooksDrained();
    await later();
    await knot.rename({ repoDid, toName: "retold" });
    await knot.webhooksDrained();
    expect((await stored()).map(([, , event]) => event)).toEqual(["push", "repository:renamed"]);
    knot.setWebhook({ repoDid, url, secret: "guessed" });
    await knot.commit({ repoDid, files: { a: "2" }, message: "Two" });
    await knot.webhooksDrained();
    expect(knot.deliveries().at(-1)?.status).toBe(401);
    expect(await stored()).toHaveLength(2);
    await knot.close();
    await network.close();
  });
});
