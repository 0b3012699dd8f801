import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { isRefusal } from "@freehold/values";
import { startAtprotoNetwork } from "@freehold/local-world";
import { openTestDatabase, type TestDatabase } from "@freehold/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createSignIn, type SignIn, type SignInOptions } from "./index.ts";
import { ScriptedBrowser } from "./testing/scripted-browser.ts";

let network: Awaited<ReturnType<typeof startAtprotoNetwork>>;
let store: TestDatabase;
let options: SignInOptions;
let signIn: SignIn;
const dataDir = mkdtempSync("/tmp/freehold-atproto-");

beforeAll(async () => {
  [network, store] = await Promise.all([startAtprotoNetwork({ dataDir }), openTestDatabase()]);
  options = {
    database: store.database,
    databaseUrl: store.appUrl,
    publicUrl: "http://127.0.0.1:4000",
    plcUrl: network.plcUrl,
    pdsUrl: network.pdsUrl,
    sessionSecret: "a session secret for tests, nobody else's",
    local: true,
  };
  signIn = await createSignIn(options);
});
afterAll(async () => {
  await signIn?.close();
  await store?.close();
  await network?.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const begin = (handle: string, browser = "alice's browser") =>
  signIn.begin({ who: { handle }, returnPath: "/proposals/1?amount=40", browser });
const signInOnHost = (page: URL, name = "alice") =>
  new ScriptedBrowser().signIn(page, `${name}.test`, `hunter2-${name}`);
const refusalOf = (work: Promise<unknown>) =>
  work.then(
    () => "nothing was refused",
    (error: unknown) => (isRefusal(error) ? [error.code, error.facts["failure"]] : error),
  );

test("alice types her handle as people do, says yes at her host, and comes back as her DID", async () => {
  const back = await signInOnHost(await begin(" @Alice.Test\u200b"));
  expect(back.origin + back.pathname).toBe("http://127.0.0.1:4000/oauth/callback");
  expect(await signIn.finish(back.searchParams, "alice's browser")).toEqual({
    did: network.people.alice.did,
    handle: "alice.test",
    returnPath: "/proposals/1?amount=40",
  });
  expect(await store.database.signInState.count()).toBe(0);
});

test("a newcomer makes an account on the host's sign-up page and comes back signed in", async () => {
  const page = await signIn.begin({ who: { signUp: true }, returnPath: "/", browser: "nina's browser" });
  const browser = new ScriptedBrowser();
  const account = { handle: "nina.test", email: "nina@mail.test", password: "a password of nina's" };
  const back = await browser.signUp(page, account);
  const { did, handle } = await signIn.finish(back.searchParams, "nina's browser");
  expect(handle).toBe("nina.test");
  expect(did).toMatch(/^did:plc:[a-z2-7]{24}$/);
});

test("bob says no at his host, and what he was doing is not lost", async () => {
  const back = await new ScriptedBrowser().deny(await begin("bob.test"));
  const denied = await signIn.finish(back.searchParams, "alice's browser").catch((error: unknown) => error);
  expect(denied).toMatchObject({
    code: "sign_in_failed",
    facts: { failure: "access_denied", returnPath: "/proposals/1?amount=40" },
  });
});

test("a callback works once, even when it comes twice at the same moment", async () => {
  const { searchParams } = await signInOnHost(await begin("alice.test"));
  const both = await Promise.allSettled([1, 2].map(() => signIn.finish(searchParams, "alice's browser")));
  expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  expect(await refusalOf(signIn.finish(searchParams, "alice's browser"))).toEqual(["sign_in_failed", "expired"]);
});

test("mallory cannot have alice's browser finish a sign-in that was begun in another", async () => {
  for (const browser of ["alice's browser", undefined]) {
    const { searchParams } = await signInOnHost(await begin("bob.test", "mallory's browser"), "bob");
    expect(await refusalOf(signIn.finish(searchParams, browser))).toEqual(["sign_in_failed", "other_browser"]);
    expect(await refusalOf(signIn.finish(searchParams, "mallory's browser"))).toEqual(["sign_in_failed", "expired"]);
  }
});

test("a sign-in that took more than half an hour has to begin again", async () => {
  const { searchParams } = await signInOnHost(await begin("alice.test"));
  await store.database.$executeRaw`UPDATE sign_in_state SET expires_at = now() - interval '1 second'`;
  expect(await refusalOf(signIn.finish(searchParams, "alice's browser"))).toEqual(["sign_in_failed", "expired"]);
});

test("whoever names alice and then signs in as carla is nobody", async () => {
  const { searchParams } = await signInOnHost(await begin("alice.test"), "carla");
  expect(await refusalOf(signIn.finish(searchParams, "alice's browser"))).toEqual(["sign_in_failed", "other_account"]);
});

test.each([
  "nobody.test",
  "",
  "alice",
  "http://169.254.169.254/latest",
  "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa",
  "<script>",
  "a.".repeat(150) + "test",
])("%s is not a handle that anybody has", async (typed) => {
  expect(await refusalOf(begin(typed))).toEqual(["handle_unknown", undefined]);
});

test("what is stored cannot be read without the secret, nor moved to another row", async () => {
  const { searchParams } = await signInOnHost(await begin("alice.test"));
  await begin("bob.test");
  const states = await store.database.signInState.findMany();
  const grants = await store.database.signInGrant.findMany();
  const stored = Buffer.concat([...states, ...grants].map(({ value }) => value)).toString("latin1");
  expect(states.length).toBeGreaterThan(1);
  expect(grants.length).toBeGreaterThan(0);
  for (const word of ["returnPath", "dpopJwk", "tokenSet", "did:plc"]) expect(stored).not.toContain(word);

  const [mine, other] = [searchParams.get("state")!, states.find(({ key }) => key !== searchParams.get("state"))!];
  await store.database.signInState.update({ where: { key: mine }, data: { value: other.value } });
  expect(await refusalOf(signIn.finish(searchParams, "alice's browser"))).toEqual(["sign_in_failed", "expired"]);
  const stranger = await createSignIn({ ...options, sessionSecret: "another secret, just as long as ours" });
  await expect(stranger.restore(network.people.alice.did)).rejects.toThrow();
  await stranger.close();
});

test("two processes and this one refresh dave's session at once, and it lives on", async () => {
  const { searchParams } = await signInOnHost(await begin("dave.test"), "dave");
  const { did } = await signIn.finish(searchParams, "alice's browser");
  const { database: _, ...plain } = options;
  const script = fileURLToPath(new URL("testing/refresh.ts", import.meta.url));
  // Long enough for both processes to be ready: all three begin together.
  const startAt = Date.now() + 4_000;
  const elsewhere = () => promisify(execFile)(process.execPath, [script, JSON.stringify(plain), did, String(startAt)]);
  const here = async () => {
    await delay(startAt - Date.now());
    for (let time = 0; time < 3; time += 1) await signIn.restore(did, true);
  };
  const [first, second] = await Promise.all([elsewhere(), elsewhere(), here()]);
  for (const { stdout } of [first, second]) expect(Date.parse(stdout.trim())).toBeGreaterThan(Date.now());
  expect((await signIn.restore(did, true)).did).toBe(did);
});

test("behind https we are a confidential client whose key follows from the secret, its private part kept", async () => {
  const web = await createSignIn({ ...options, publicUrl: "https://freehold.example.org", local: false });
  const again = await createSignIn({ ...options, publicUrl: "https://freehold.example.org", local: false });
  expect(web.clientMetadata).toMatchObject({
    client_id: "https://freehold.example.org/oauth/client-metadata.json",
    redirect_uris: ["https://freehold.example.org/oauth/callback"],
    jwks_uri: "https://freehold.example.org/oauth/jwks.json",
    token_endpoint_auth_method: "private_key_jwt",
    scope: "atproto",
  });
  expect(web.jwks).toMatchObject({ keys: [{ kty: "EC", crv: "P-256", kid: expect.any(String) }] });
  expect(JSON.stringify(web.jwks)).not.toContain('"d"');
  expect(again.jwks).toEqual(web.jwks);
  await Promise.all([web.close(), again.close()]);
  await expect(createSignIn({ ...options, publicUrl: "http://freehold.example.org" })).rejects.toThrow(/https/);
});

test("in production no handle leads us to a private address", async () => {
  let calls = 0;
  const inside = createServer((_request, response) => {
    calls += 1;
    response.end("{}");
  });
  await new Promise<void>((listening) => inside.listen(0, "127.0.0.1", listening));
  const port = (inside.address() as AddressInfo).port;
  for (const local of [false, true]) {
    const production = await createSignIn({ ...options, plcUrl: `http://127.0.0.1:${port}`, local });
    const who = { handle: network.people.alice.did };
    expect(await refusalOf(production.begin({ who, returnPath: "/", browser: "b" }))).toEqual([
      "handle_unknown",
      undefined,
    ]);
    expect(calls > 0).toBe(local);
    await production.close();
  }
  inside.close();
});
