import { randomInt } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer, type WebSocket } from "ws";
import type { KnotModel, StoredKnotRepository } from "./knot-model.ts";
import type { MovedRef } from "./moved-refs.ts";

const BATCH = 100;
const PING_MS = 30_000;
const tidDigits = "234567abcdefghijklmnopqrstuvwxyz";

/** A timestamp identifier as atproto makes them: microseconds and a clock's number, in sortable letters. */
function tidOf(microseconds: bigint): string {
  let value = (microseconds << 10n) | BigInt(randomInt(1024));
  let text = "";
  for (let digit = 0; digit < 13; digit += 1) {
    text = tidDigits.charAt(Number(value & 31n)) + text;
    value >>= 5n;
  }
  return text;
}

/** The knot's event stream, `ws /events?cursor=<unix ns>`: what happened since the cursor, then what happens. */
export class KnotStream {
  readonly #model: KnotModel;
  readonly #old: () => boolean;
  readonly #server = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  readonly #ping: NodeJS.Timeout;
  #latest = 0n;

  /** @param old whether this knot writes events as knots did before 2026 */
  constructor(model: KnotModel, old: () => boolean) {
    this.#model = model;
    this.#old = old;
    this.#ping = setInterval(() => this.#server.clients.forEach((client) => client.ping()), PING_MS).unref();
  }

  connect(request: IncomingMessage, socket: Duplex, head: Buffer, query: URLSearchParams): void {
    this.#server.handleUpgrade(request, socket, head, (client) => void this.#backfill(client, query.get("cursor")));
  }

  /** Writes down what a push moved, and says it to whoever listens. Machine time: it is the knot's, not the story's. */
  pushed(repository: StoredKnotRepository, moved: readonly MovedRef[]): void {
    for (const { ref, before, after } of moved) {
      const change = { ref, committerDid: repository.ownerDid, oldSha: before, newSha: after, meta: {} };
      const named = this.#old()
        ? { repoDid: repository.ownerDid, repoName: repository.name }
        : { repo: repository.repoDid, ownerDid: repository.ownerDid };
      this.say({ nsid: "sh.tangled.git.refUpdate", event: { ...named, ...change } });
    }
  }

  /** Says anything at all, as a hostile knot might. `created` is nanoseconds since 1970; now when left out. */
  say(message: { nsid: string; event: unknown; rkey?: string; created?: string }): void {
    const now = BigInt(Date.now()) * 1_000_000n;
    this.#latest = now > this.#latest ? now : this.#latest + 1000n;
    const created = message.created ?? String(this.#latest);
    const rkey = message.rkey ?? tidOf(this.#latest / 1000n);
    const stored = { rkey, nsid: message.nsid, event: message.event, created };
    this.#model.memory.events.push(stored);
    this.#model.memory.events.splice(0, this.#model.memory.events.length - 5000);
    this.#model.save();
    for (const client of this.#server.clients) client.send(this.#written(stored));
  }

  close(): void {
    clearInterval(this.#ping);
    for (const client of this.#server.clients) client.terminate();
    this.#server.close();
  }

  /** In batches, as a knot reads them from its database. Without a cursor nothing old is told. */
  async #backfill(client: WebSocket, cursor: string | null): Promise<void> {
    if (cursor === null || !/^\d{1,20}$/.test(cursor)) return;
    const waiting = this.#model.memory.events.filter((one) => BigInt(one.created) > BigInt(cursor));
    for (let start = 0; start < waiting.length; start += BATCH) {
      for (const event of waiting.slice(start, start + BATCH)) client.send(this.#written(event));
      await new Promise((resolve) => setImmediate(resolve));
      if (client.readyState !== client.OPEN) return;
    }
  }

  /** The number is written digit by digit: it is longer than a double. */
  #written({ rkey, nsid, event, created }: KnotModel["memory"]["events"][number]): string {
    const text = JSON.stringify({ rkey, nsid, event });
    return this.#old() ? text : `${text.slice(0, -1)},"created":${created}}`;
  }
}
