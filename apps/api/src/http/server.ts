import cookie from "@fastify/cookie";
import { FastifyAdapter } from "@nestjs/platform-fastify";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { ProblemFilter } from "./problem.ts";
import type { RouteList } from "./routes.ts";

const BODY_BYTES_MAX = 1024 * 1024;

/** Where other services deliver; what they sign are the bytes. */
const WEBHOOK_PREFIX = "/webhooks/";
/** What other sites may show: the widget and the badges. */
const OPEN_PREFIX = "/w/";
const DOCS_PREFIX = "/api/docs";

/**
 * The HTTP server below Nest: JSON and nothing else, at most 1 MB of it, and headers that keep browsers from guessing.
 * @param listenHost behind the loopback only the web of the same machine can be in front; else any private address
 */
export function createServer(listenHost: string, secure: boolean, problems: ProblemFilter): FastifyAdapter {
  const loopback = /^(127\.|::1$|::ffff:127\.|localhost$)/;
  const inside = /^(::ffff:)?(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|f[cd][0-9a-f]{2}:)/i;
  const behindLoopback = loopback.test(listenHost);
  return new FastifyAdapter({
    bodyLimit: BODY_BYTES_MAX,
    forceCloseConnections: true,
    // The nearest hop alone is believed, hence the last address it names and none before.
    trustProxy: (address: string, hop: number) =>
      hop === 0 && (loopback.test(address) || (!behindLoopback && inside.test(address))),
    routerOptions: { maxParamLength: 200, ignoreTrailingSlash: true },
    // What the router itself refuses passes no hook.
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) =>
      problems.answer(error, request, reply.headers(headersFor(request.url, secure))),
  });
}

export async function furnish(server: FastifyInstance, routes: RouteList, secure: boolean): Promise<void> {
  routes.listen(server);
  server.decorateRequest("visitor", null);
  server.decorateRequest("passed");
  await server.register(cookie);
  takeJsonOnly(server);
  server.addHook("onRequest", (request, reply, done) => {
    void reply.headers(headersFor(request.url, secure));
    done();
  });
}

function takeJsonOnly(server: FastifyInstance): void {
  const parse = server.getDefaultJsonParser("error", "error");
  const text = new TextDecoder("utf-8", { fatal: true });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("application/json", { parseAs: "buffer" }, (request, body: Buffer, done) => {
    if (request.routeOptions.url?.startsWith(WEBHOOK_PREFIX)) return done(null, body);
    if (body.length === 0) return done(null, undefined);
    try {
      parse(request, text.decode(body), done);
    } catch {
      done(Object.assign(new Error("The body is not UTF-8."), { code: "FST_NOT_UTF_8", statusCode: 400 }), undefined);
    }
  });
}

function headersFor(url: string, secure: boolean): Record<string, string> {
  const open = url.startsWith(OPEN_PREFIX);
  return {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "content-security-policy": url.startsWith(DOCS_PREFIX)
      ? "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'"
      : "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    "cross-origin-resource-policy": open ? "cross-origin" : "same-origin",
    ...(open ? { "access-control-allow-origin": "*" } : { "cache-control": "no-store" }),
    ...(secure ? { "strict-transport-security": "max-age=31536000" } : {}),
  };
}
