import type { IncomingMessage, ServerResponse } from "node:http";

/** What a forge can be told to do from outside, by name: `POST /__forge/<verb>` with the verb's input as JSON. */
export type ControlVerbs = Record<string, (input: never) => unknown>;

const bodyLimit = 20_000_000;

export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bodyLimit) throw new Error("the body is too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/**
 * Answer a control request. Only JSON is taken, so that no page in a browser can send one unasked; every mistake is a
 * 400 with a sentence.
 */
export async function answerControl(
  verbs: ControlVerbs,
  verb: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const send = (status: number, body: unknown) =>
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body ?? null));
  const host = (request.headers.host ?? "").replace(/:\d+$/, "");
  if (host !== "127.0.0.1" && host !== "localhost") return void send(403, { message: "Ask by this laptop's own name" });
  if (request.method !== "POST") return void send(405, { message: "POST a JSON body" });
  if (!(request.headers["content-type"] ?? "").startsWith("application/json")) {
    return void send(415, { message: "The body must be application/json" });
  }
  const run = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
  if (!run) return void send(404, { message: `There is no verb ${verb}; there are ${Object.keys(verbs).join(", ")}` });
  try {
    const input = JSON.parse((await readBody(request)) || "{}", (key, value) =>
      key === "date" && typeof value === "string" ? new Date(value) : value,
    ) as never;
    send(200, await run(input));
  } catch (error) {
    send(400, { message: error instanceof Error ? error.message : String(error) });
  }
}
