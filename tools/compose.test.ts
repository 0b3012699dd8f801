import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort, type LocalRedis, type Postgres, startPostgres, startRedis } from "../libs/local-world/src/index.ts";
import { scratchFolder } from "../libs/local-world/src/scratch-folder.ts";
import { type ComposeService, fillIn, readServices } from "./compose.ts";
import { root, run } from "./run.ts";

const services = readServices();
const folder = scratchFolder();
const variables = {
  PUBLIC_URL: "https://freehold.example.org",
  DATABASE_OWNER_PASSWORD: "owner",
  DATABASE_APP_PASSWORD: "app",
  STRIPE_SECRET_KEY: "sk_live_never_used",
  STRIPE_WEBHOOK_SECRET: "whsec_never_used",
  SESSION_SECRET: "a session secret that is long enough for anybody",
  CLAIM_SIGNING_KEY: "MC4CAQAwBQYDK2VwBCIEIGBf8nFbYeE2tiB7kMSCrz3n0SWHOff2EXzhl7vGBukY",
};

test("nothing that is secret stands in the file: each such value is asked for and refused when missing", () => {
  const secret = /PASSWORD|SECRET|KEY|_URL$/;
  for (const [name, service] of Object.entries(services)) {
    for (const [key, value] of Object.entries(service.environment ?? {})) {
      if (!secret.test(key)) continue;
      const withoutVariables = value.replace(/\$\{[^}]*\}/g, "");
      expect(withoutVariables, `${name} ${key}`).not.toMatch(/:\/\/[^/]*:[^@/]+@|sk_|whsec_/);
    }
  }
  const asked = new Set(JSON.stringify(services).match(/\$\{\w+:\?/g));
  expect(asked).toEqual(new Set(Object.keys(variables).map((name) => `\${${name}:?`)));
  expect(() => fillIn("${SESSION_SECRET:?at least 32 characters}", {})).toThrow("SESSION_SECRET is missing");
});

const engine = spawnSync("docker-compose", ["version"]).status === 0;

test.runIf(engine)("docker-compose accepts the file, and refuses it without its secrets", async () => {
  const accepted = await run(["docker-compose", "config", "--quiet"], { env: variables });
  expect(accepted, accepted.output).toMatchObject({ code: 0 });
  const refused = await run(["docker-compose", "config", "--quiet"], { env: { ...variables, STRIPE_SECRET_KEY: "" } });
  expect(refused.code).not.toBe(0);
  expect(refused.output).toMatch(/a live key of Stripe/);
});

const redis: LocalRedis | null = await startRedis({ dataDir: path.join(folder.path, "redis") });
let postgres: Postgres;
const running: ChildProcess[] = [];
const ports: Record<string, number> = {};

beforeAll(async () => {
  const dataDir = path.join(folder.path, "postgres");
  postgres = await startPostgres({ dataDir, databases: ["freehold"], settings: { fsync: "off" } });
  mkdirSync(path.join(folder.path, "mirrors"));
  for (const name of ["api", "worker", "web"]) ports[name] = await freePort();
});

afterAll(async () => {
  for (const child of running) {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGTERM");
      await ended;
    }
  }
  await redis?.stop();
  await postgres.stop();
  folder.remove();
});

/** What a container would be given, with the names of the network replaced by what listens here. */
function environmentOf(service: ComposeService): Record<string, string> {
  const filled = Object.entries(service.environment ?? {}).map(([key, value]) => [
    key,
    here(fillIn(String(value), variables)),
  ]);
  const moved = {
    LISTEN_HOST: "127.0.0.1",
    MIRRORS_DIR: path.join(folder.path, "mirrors"),
    EVIDENCE_DIR: path.join(folder.path, "evidence"),
  };
  return { PATH: process.env["PATH"] ?? "", ...Object.fromEntries(filled), ...moved };
}

function here(value: string): string {
  return value
    .replace("postgresql://freehold_owner:owner@postgres:5432/freehold", postgres.ownerUrl("freehold"))
    .replace("postgresql://freehold_app:app@postgres:5432/freehold", postgres.appUrl("freehold"))
    .replace("redis://redis:6379", redis?.url ?? "redis://none")
    .replace("http://api:4001", `http://127.0.0.1:${ports["api"]}`);
}

interface Started {
  child: ChildProcess;
  output: () => string;
}

/** Runs the command as it is written, with this Node, in the root of the checkout. */
function start(name: string, more: Record<string, string>): Started {
  const service = services[name] ?? {};
  const [program, ...args] = service.command ?? [];
  expect(program).toBe("node");
  const child = spawn(process.execPath, args, { cwd: root, env: { ...environmentOf(service), ...more } });
  running.push(child);
  let output = "";
  child.stdout.on("data", (text) => (output += text));
  child.stderr.on("data", (text) => (output += text));
  return { child, output: () => output };
}

/** Waits for the health check as it is written to say yes; fails with what the service said when it ends or takes too long. */
async function healthy(name: string, { child, output }: Started): Promise<void> {
  const [, program, ...args] = services[name]?.healthcheck?.test ?? [];
  expect(program).toBe("node");
  const moved = args.map((arg) => arg.replace(/:400\d\//, `:${ports[name]}/`));
  for (const until = Date.now() + 40_000; Date.now() < until && child.exitCode === null; await delay(300)) {
    if ((await run([process.execPath, ...moved])).code === 0) return;
  }
  throw new Error(`${name} did not become healthy:\n${output()}`);
}

test("migrate does its work once and ends, and does nothing the second time", async () => {
  for (const said of [/applied /, /nothing to apply/]) {
    const { child, output } = start("migrate", {});
    expect(await new Promise((resolve) => child.once("exit", resolve)), output()).toBe(0);
    expect(output()).toMatch(said);
  }
});

test.runIf(redis)(
  "api, worker and web start in production with the commands as written, and their health checks pass",
  async () => {
    const api = start("api", { PORT: String(ports["api"]) });
    await healthy("api", api);
    const worker = start("worker", { WORKER_PORT: String(ports["worker"]) });
    await healthy("worker", worker);
    const web = start("web", { PORT: String(ports["web"]) });
    await healthy("web", web);
    const front = await fetch(`http://127.0.0.1:${ports["web"]}/`, { headers: { host: "freehold.example.org" } });
    expect(front.status, web.output()).toBe(200);
    expect(await front.text()).toContain("Freehold");
  },
);

test("a part of the local world is refused in production, in a sentence that names it", async () => {
  const { child, output } = start("api", { STRIPE_API_URL: "http://127.0.0.1:1", FREEHOLD_WORLD: "local" });
  expect(await new Promise((resolve) => child.once("exit", resolve))).not.toBe(0);
  expect(output()).toMatch(/STRIPE_API_URL points at a Stripe simulator/);
  expect(output()).toMatch(/FREEHOLD_WORLD is set/);
});

test("the probe says no to a server that is not there", async () => {
  expect((await run([process.execPath, "tools/probe.ts", `http://127.0.0.1:${await freePort()}/`])).code).toBe(1);
});
