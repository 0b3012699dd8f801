import { randomBytes } from "node:crypto";
import { PassThrough } from "node:stream";
import { createReadableStreamFromReadable } from "@react-router/node";
import { isbot } from "isbot";
import { renderToPipeableStream } from "react-dom/server";
import { type EntryContext, ServerRouter, isRouteErrorResponse } from "react-router";
import { Nonce } from "./nonce.ts";

const RENDER_MS_MAX = 10_000;

/**
 * No script, style or frame runs that this response did not name. Forms may end on another site: signing in leads to the
 * visitor's own host and paying to the processor, and browsers apply `form-action` to such redirects, too.
 */
function contentSecurityPolicy(nonce: string, overTls: boolean): string {
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}' 'strict-dynamic'`,
    "style-src 'self'",
    "font-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    overTls ? "form-action 'self' https:" : "form-action 'self' https: http:",
  ].join("; ");
}

export default function handleRequest(request: Request, status: number, headers: Headers, context: EntryContext) {
  return new Promise<Response>((resolve, reject) => {
    const nonce = randomBytes(16).toString("base64");
    const ready = isbot(request.headers.get("user-agent")) ? "onAllReady" : "onShellReady";
    let answer = status;
    const { pipe, abort } = renderToPipeableStream(
      <Nonce value={nonce}>
        <ServerRouter context={context} url={request.url} nonce={nonce} />
      </Nonce>,
      {
        nonce,
        [ready]() {
          const body = new PassThrough();
          headers.set("content-type", "text/html; charset=utf-8");
          headers.set("content-security-policy", contentSecurityPolicy(nonce, request.url.startsWith("https:")));
          // Pages hold a form's token and the visitor's own figures.
          headers.set("cache-control", "private, no-store");
          resolve(new Response(createReadableStreamFromReadable(body), { headers, status: answer }));
          pipe(body);
        },
        onShellError: reject,
        onError(error) {
          answer = 500;
          console.error(error);
        },
      },
    );
    setTimeout(abort, RENDER_MS_MAX).unref();
  });
}

/** A refusal that a loader threw is an answer, not a fault; only the rest belongs in the log. */
export function handleError(error: unknown, { request }: { request: Request }) {
  if (!request.signal.aborted && !isRouteErrorResponse(error))
    console.error(`${request.method} ${new URL(request.url).pathname}`, error);
}
