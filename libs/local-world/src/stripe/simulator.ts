import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { serveApi, type ApiParts } from "./api.ts";
import { callVerb, type StripeControl } from "./control.ts";
import { Failures } from "./failures.ts";
import { Keys } from "./idempotency.ts";
import { Journal } from "./journal.ts";
import { servePage } from "./pages/serve-page.ts";
import { Refusal } from "./refusal.ts";
import { typeInspector } from "./schema/inspector.ts";
import { advance, finish } from "./turn.ts";
import { makeControl } from "./verbs.ts";
import { Webhooks, type Listener } from "./webhooks.ts";
import { World } from "./world.ts";

export interface StripeSimulatorOptions {
  /** 0 = any free port. */
  port?: number;
  /** The story clock: what is created, available and expired is dated by it, in whole seconds. */
  now: () => Date | Promise<Date>;
  /** State that survives SIGKILL; absent = memory only. */
  stateFile?: string;
  /** Every call as one line; STRIPE_SIM_JOURNAL unless given. Null = no file, whatever the environment says. */
  journalFile?: string | null;
  webhook?: Listener;
  /** The accepted key; any `sk_test_…` or `rk_test_…` if absent. */
  secretKey?: string;
  /** Compare every request, answer and event with the types of the installed `stripe` package. */
  validate?: boolean;
  /** Makes ids repeatable; random if absent. */
  seed?: string;
  /** How many events can be listed at most, besides their 30 days; unlimited if absent. */
  eventsKept?: number;
  /** Whether the control verbs are served at `/__sim/<verb>`; they are unless this is false. */
  controlOverHttp?: boolean;
  /** Milliseconds between looks at the clock when nobody calls; 0 = never. */
  tickMs?: number;
}

export interface StripeSimulator {
  url: string;
  port: number;
  close(): Promise<void>;
  setWebhook(listener: Listener): void;
  control: StripeControl;
  /** Resolves when every event has been taken by the listener. */
  drained(): Promise<void>;
}

const BODY_LIMIT = 1_000_000;

/** Starts a stateful stand-in for Stripe on loopback. */
export async function startStripeSimulator(options: StripeSimulatorOptions): Promise<StripeSimulator> {
  const world = new World(options.stateFile ?? null, options.seed);
  if (options.eventsKept !== undefined) world.eventsKept = options.eventsKept;
  const now = async (): Promise<number> =>
    Math.floor((await options.now()).getTime() / 1000) + world.settings.clock_ahead;
  const journal = new Journal(
    options.journalFile === undefined ? (process.env["STRIPE_SIM_JOURNAL"] ?? null) : options.journalFile,
  );
  const failures = new Failures();
  const inspector = options.validate ? await typeInspector(world) : null;
  const webhooks = new Webhooks(world, options.webhook ?? null, (event) => inspector?.event(event));
  const control = makeControl({
    world,
    webhooks,
    failures,
    journal,
    now,
    faults: () => [...(inspector?.faults ?? [])],
  });
  const parts: ApiParts = {
    world,
    now,
    keys: new Keys(world),
    failures,
    journal,
    secretKey: options.secretKey ?? null,
    inspector,
  };

  const server = createServer((request, response) => {
    handle(parts, options.controlOverHttp === false ? null : control, request, response).catch((error: unknown) =>
      fail(response, error),
    );
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  world.origin = `http://127.0.0.1:${port}`;
  advance(world, await now());
  finish(world);
  const timer =
    options.tickMs === 0 ? null : setInterval(() => void control.tick().catch(() => {}), options.tickMs ?? 1000);
  timer?.unref();
  if (options.webhook !== undefined) webhooks.setListener(options.webhook);

  return {
    url: world.origin,
    port,
    control,
    setWebhook: (listener) => webhooks.setListener(listener),
    drained: () => webhooks.drained(),
    async close() {
      if (timer !== null) clearInterval(timer);
      webhooks.close();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      world.store.close();
      journal.close();
    },
  };
}

async function handle(
  parts: ApiParts,
  control: StripeControl | null,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? "/", "http://127.0.0.1");
  const body = await readBody(request);
  if (url.pathname.startsWith("/v1/") || url.pathname.startsWith("/v2/"))
    return serveApi(parts, request, url, body, response);
  if (url.pathname.startsWith("/c/")) return servePage(parts.world, parts.now, request, url, body, response);
  if (control !== null && url.pathname.startsWith("/__sim/")) {
    // A page somewhere in the developer's browser must not move money here, not even this money.
    if (request.headers.origin !== undefined && request.headers.origin !== parts.world.origin)
      throw new Refusal(403, { type: "invalid_request_error", message: "Not from another page." });
    return serveControl(control, url.pathname.slice(7), body, response);
  }
  if (url.pathname === "/")
    return json(response, 200, {
      name: "Local Stripe simulator",
      ...(control === null ? {} : { control: "/__sim/<verb>", ...(await control.counts()) }),
    });
  return json(response, 404, { error: { type: "invalid_request_error", message: "Nothing here." } });
}

async function serveControl(
  control: StripeControl,
  verb: string,
  body: string,
  response: ServerResponse,
): Promise<void> {
  const given: unknown = body === "" ? [] : JSON.parse(body);
  const answer = await callVerb(control, verb, Array.isArray(given) ? given : [given]);
  if (answer === undefined) return json(response, 404, { error: { message: `There is no verb '${verb}'.` } });
  json(response, 200, answer);
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_LIMIT) throw new Refusal(413, { type: "invalid_request_error", message: "The body is too large." });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function json(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body, null, 2);
  response
    .writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) })
    .end(text);
}

function fail(response: ServerResponse, error: unknown): void {
  if (!(error instanceof Refusal))
    process.stderr.write(
      `stripe simulator: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
  const refusal =
    error instanceof Refusal
      ? error
      : new Refusal(400, { type: "api_error", message: error instanceof Error ? error.message : String(error) });
  if (!response.headersSent && !response.destroyed) json(response, refusal.status, { error: refusal.body });
}
