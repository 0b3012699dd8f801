import { fileURLToPath } from "node:url";
import compress from "@fastify/compress";
import httpProxy from "@fastify/http-proxy";
import fastifyStatic from "@fastify/static";
import { createRequestListener } from "@remix-run/node-fetch-server";
import Fastify from "fastify";
import { createRequestHandler } from "react-router";
import { readSettings } from "./settings.ts";

const settings = readSettings(process.env);
const development = process.argv.includes("--dev");
// The pages' loaders read the same values; one place decides the defaults.
process.env.API_URL = settings.api;
process.env.PUBLIC_URL = settings.publicUrl.origin;

const bodyBytesMax = 1 << 20;
const passedOn = ["/api", "/oauth", "/webhooks", "/w"];

const app = Fastify({
  forceCloseConnections: true,
  trustProxy: settings.trustedProxies.length > 0 ? settings.trustedProxies : false,
});

const refuse = (reply, status, code, title) =>
  reply
    .code(status)
    .header("connection", "close")
    .type("application/problem+json")
    .send({ type: `${settings.publicUrl.origin}/how-it-works#${code}`, title, status, code, detail: title });

/** The streaming proxy and React Router both read the raw body, so nothing else bounds it. */
app.addHook("onRequest", async (request, reply) => {
  if (request.headers["transfer-encoding"] !== undefined)
    return refuse(reply, 411, "length_required", "Say how long the body is.");
  if (Number(request.headers["content-length"] ?? 0) > bodyBytesMax)
    return refuse(reply, 413, "body_too_large", "That is more than we take in one request.");
});

/** Cookies and the OAuth client belong to 127.0.0.1; somebody who typed localhost would never be signed in. */
app.addHook("onRequest", async (request, reply) => {
  const local = /^localhost(:\d+)?$/.test(request.headers.host ?? "");
  if (local && settings.publicUrl.hostname === "127.0.0.1" && request.method === "GET")
    return reply.redirect(settings.publicUrl.origin + request.url, 307);
});

const pageHeaders = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "same-origin",
  "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), browsing-topics=()",
  "cross-origin-opener-policy": "same-origin",
  ...(settings.publicUrl.protocol === "https:" && { "strict-transport-security": "max-age=31536000" }),
};

/** Answers without a page or the api, so that a supervisor can tell the server from what stands behind it. */
app.get("/health", async () => ({ ok: true }));

for (const prefix of passedOn)
  await app.register(httpProxy, {
    upstream: settings.api,
    prefix,
    rewritePrefix: prefix,
    websocket: false,
    disableRequestLogging: true,
    // An event stream stays open as long as the visitor does.
    undici: { connections: 64, bodyTimeout: 0, headersTimeout: 60_000 },
    replyOptions: {
      rewriteRequestHeaders: (request, { expect: _expect, ...headers }) => ({
        ...headers,
        host: settings.publicUrl.host,
        "x-forwarded-for": request.ip,
        "x-forwarded-host": settings.publicUrl.host,
        "x-forwarded-proto": settings.publicUrl.protocol.slice(0, -1),
      }),
      onError: (reply) => refuse(reply, 503, "api_unreachable", "Freehold is not answering just now. Try again soon."),
    },
  });

if (!development) {
  const client = fileURLToPath(new URL("build/client/", import.meta.url));
  await app.register(async (files) => {
    // Files only: a compressed page that holds a form's token and what the visitor typed would leak the one through the other (BREACH).
    await files.register(compress, { global: true, threshold: 1024 });
    files.addHook("onSend", async (_request, reply) => void reply.header("x-content-type-options", "nosniff"));
    await files.register(fastifyStatic, {
      root: `${client}assets`,
      prefix: "/assets/",
      immutable: true,
      maxAge: "1y",
      decorateReply: false,
    });
    await files.register(fastifyStatic, {
      root: client,
      prefix: "/",
      wildcard: false,
      globIgnore: ["assets/**"],
      maxAge: "1d",
      decorateReply: false,
    });
  });
}

await app.register(async (pages) => {
  // React Router reads the body itself.
  pages.removeAllContentTypeParsers();
  pages.addContentTypeParser("*", (_request, _body, done) => done(null));
  const vite = development ? await startVite() : null;
  const build = vite
    ? () => vite.ssrLoadModule("virtual:react-router/server-build")
    : await import("./build/server/index.js");
  const handler = createRequestHandler(build, development ? "development" : "production");
  const render = createRequestListener((request) => handler(request), {
    // React Router compares a form's Origin with this, and knows nothing of X-Forwarded-*.
    protocol: settings.publicUrl.protocol,
    host: settings.publicUrl.host,
    onError(error) {
      console.error(error);
      return new Response("Something went wrong on our side. Nothing was changed.", { status: 500 });
    },
  });
  pages.all("/*", (request, reply) => {
    reply.hijack();
    for (const [name, value] of Object.entries(pageHeaders)) reply.raw.setHeader(name, value);
    request.raw.headers["x-forwarded-for"] = request.ip;
    if (vite === null) return render(request.raw, reply.raw);
    vite.middlewares(request.raw, reply.raw, () => render(request.raw, reply.raw));
  });
});

async function startVite() {
  const { createServer } = await import("vite");
  const server = await createServer({ root: import.meta.dirname, server: { middlewareMode: true, hmr: false } });
  app.addHook("onClose", () => server.close());
  return server;
}

for (const signal of ["SIGTERM", "SIGINT"])
  process.once(signal, () => {
    app.close().then(() => process.exit(0));
  });

await app.listen({ port: settings.port, host: settings.host });
console.log(
  `web listens on ${settings.host}:${settings.port} for ${settings.publicUrl.origin}, api at ${settings.api}`,
);
