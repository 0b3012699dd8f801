import { mkdtempSync, rmSync } from "node:fs";
import { createSignIn, type SignIn } from "@freehold/atproto";
import { ScriptedBrowser } from "@freehold/atproto/scripted-browser";
import { startAtprotoNetwork } from "@freehold/local-world";
import { openTestDatabase, type TestDatabase } from "@freehold/testing";
import type { NestFastifyApplication } from "@nestjs/platform-fastify";
import { afterAll, beforeAll, expect, test } from "vitest";
import { returnPathOf } from "./http/return-path.ts";
import { PUBLIC_URL, testApi } from "./testing/api.ts";

let network: Awaited<ReturnType<typeof startAtprotoNetwork>>;
let store: TestDatabase;
let signIn: SignIn;
let api: NestFastifyApplication;
const dataDir = mkdtempSync("/tmp/freehold-sign-in-");

beforeAll(async () => {
  [network, store] = await Promise.all([startAtprotoNetwork({ dataDir }), openTestDatabase()]);
  signIn = await createSignIn({
    database: store.database,
    databaseUrl: store.appUrl,
    publicUrl: PUBLIC_URL,
    plcUrl: network.plcUrl,
    pdsUrl: network.pdsUrl,
    sessionSecret: "a session secret for tests, nobody else's",
    local: true,
  });
  api = await testApi(store.database, { signIn, environment: { FREEHOLD_WORLD: "local" } });
});
afterAll(async () => {
  await api?.close();
  await signIn?.close();
  await store?.close();
  await network?.close();
  rmSync(dataDir, { recursive: true, force: true });
});

/** A browser as Freehold sees it: its cookies, and where it is sent. */
class Visitor {
  readonly cookies = new Map<string, string>();
  setCookies: string[] = [];

  async open(path: string): Promise<string> {
    const answer = await this.get(path);
    this.setCookies = [answer.headers["set-cookie"] ?? []].flat();
    for (const cookie of answer.cookies)
      if (cookie.value === "") this.cookies.delete(cookie.name);
      else this.cookies.set(cookie.name, cookie.value);
    expect(answer.statusCode).toBe(303);
    return answer.headers.location!;
  }

  get(url: string) {
    return api.inject({ url, cookies: Object.fromEntries(this.cookies) });
  }

  /** Comes back from the host. */
  return(from: URL) {
    expect(from.origin).toBe(PUBLIC_URL);
    return this.open(from.pathname + from.search);
  }

  async session() {
    return (await this.get("/api/session")).json();
  }
}

const host = new ScriptedBrowser();
const login = (handle: string, path: string) => `/oauth/login?${new URLSearchParams({ handle, return: path })}`;
const answerAtHost = (page: string, name: string) =>
  new ScriptedBrowser().signIn(new URL(page), `${name}.test`, `hunter2-${name}`);

test("alice signs in while estimating, and is back where she was with a session that scripts cannot read", async () => {
  const alice = new Visitor();
  const page = await alice.open(login("alice.test", "/proposals/1?amount=40"));
  expect(await alice.return(await answerAtHost(page, "alice"))).toBe("/proposals/1?amount=40");
  expect(alice.setCookies[0]).toMatch(/^freehold_session=[\w-]{43}; Max-Age=\d+; Path=\/; HttpOnly; SameSite=Lax$/);
  expect(await alice.session()).toMatchObject({
    person: { did: network.people.alice.did, handle: "alice.test" },
    csrfToken: expect.stringMatching(/^[\w-]{43}$/),
    windable: false,
  });

  const atWork = new Visitor();
  await atWork.return(await answerAtHost(await atWork.open(login("alice.test", "/")), "alice"));
  expect((await atWork.session()).person.id).toBe((await alice.session()).person.id);
  expect((await atWork.session()).csrfToken).not.toBe((await alice.session()).csrfToken);
});

test("a newcomer makes an account and lands, signed in, where they wanted to go", async () => {
  const nina = new Visitor();
  const page = await nina.open("/oauth/sign-up?return=/propose");
  const account = { handle: "nina.test", email: "nina@mail.test", password: "a password of nina's" };
  expect(await nina.return(await host.signUp(new URL(page), account))).toBe("/propose");
  expect(await nina.session()).toMatchObject({ person: { handle: "nina.test", name: "nina" } });
});

test("whoever fails to sign in lands on the sign-in page with the reason and the way back", async () => {
  const bob = new Visitor();
  const denied = await host.deny(new URL(await bob.open(login("bob.test", "/proposals/1"))));
  expect(await bob.return(denied)).toBe("/sign-in?error=access_denied&return=%2Fproposals%2F1");
  expect(await bob.return(denied)).toBe("/sign-in?error=expired&return=%2F");
  expect(await bob.open(login("nobody.test", "/proposals/1"))).toBe(
    "/sign-in?error=handle_unknown&return=%2Fproposals%2F1&handle=nobody.test",
  );
  expect(await bob.open("/oauth/callback")).toBe("/sign-in?error=expired&return=%2F");
  expect(await bob.open("/oauth/callback?state=a&state=b&code=%00")).toMatch(/^\/sign-in\?error=expired/);
  expect((await bob.session()).person).toBeNull();
});

test("a sign-in begun in mallory's browser does not sign bob's browser in", async () => {
  const [mallory, bob] = [new Visitor(), new Visitor()];
  const back = await answerAtHost(await mallory.open(login("carla.test", "/")), "carla");
  await bob.open(login("bob.test", "/"));
  expect(await bob.return(back)).toBe("/sign-in?error=other_browser&return=%2F");
  expect((await bob.session()).person).toBeNull();
});

test("two tabs of one browser may sign in side by side", async () => {
  const dave = new Visitor();
  const [first, second] = [await dave.open(login("dave.test", "/a")), await dave.open(login("dave.test", "/b"))];
  const [one, two] = [await answerAtHost(first, "dave"), await answerAtHost(second, "dave")];
  expect(await dave.return(two)).toBe("/b");
  expect(await dave.return(one)).toBe("/a");
  expect(await dave.session()).toMatchObject({ person: { handle: "dave.test" } });
  expect(await store.database.session.count({ where: { party: { name: "dave" } } })).toBe(1);
});

test("hosts can read who we are", async () => {
  const metadata = await api.inject("/oauth/client-metadata.json");
  expect(metadata.statusCode).toBe(200);
  expect(metadata.headers["content-type"]).toContain("application/json");
  expect(metadata.json()).toMatchObject({ scope: "atproto", dpop_bound_access_tokens: true });
  expect((await api.inject("/oauth/jwks.json")).json()).toEqual({ keys: [] });
});

test("behind https the cookies are out of reach for every other host", async () => {
  const secure = await testApi(store.database, { signIn, environment: { PUBLIC_URL: "https://freehold.example.org" } });
  const answer = await secure.inject(login("alice.test", "/"));
  expect(answer.headers["set-cookie"]).toMatch(
    /^__Host-freehold_sign_in=[\w-]+; Max-Age=1800; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
  );
  expect(answer.headers["strict-transport-security"]).toBeDefined();
  const many = await Promise.all(Array.from({ length: 25 }, () => secure.inject("/oauth/login?handle=nobody")));
  expect(many.filter(({ headers }) => headers.location?.includes("error=too_many_requests")).length).toBeGreaterThan(3);
  await secure.close();
});

test.each([
  ["/proposals/1?a=b#c", "/proposals/1?a=b#c"],
  ["/süd ost", "/s%C3%BCd%20ost"],
  ["//evil.example", "/"],
  ["/\\evil.example", "/"],
  ["/\t/evil.example", "/"],
  ["/.//evil.example", "/"],
  ["https://evil.example", "/"],
  ["javascript:alert(1)", "/"],
  ["/a\r\nset-cookie: x", "/"],
  [`/${"a".repeat(2000)}`, "/"],
  [["/a", "/b"], "/"],
  [undefined, "/"],
])("the way back %j leads to %s", (text, path) => {
  expect(returnPathOf(text)).toBe(path);
});
