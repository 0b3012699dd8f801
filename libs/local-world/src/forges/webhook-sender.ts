import { createHmac } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";

/** One message to a listener. */
export interface Delivery {
  /** The forge's own id of it; a message that is sent again keeps it. */
  id: string;
  event: string;
  url: string;
  headers: Record<string, string>;
  body: string;
}

export interface SentDelivery extends Delivery {
  /** What the listener answered; null when it did not. */
  status: number | null;
}

const REMEMBERED = 200;
const PATIENCE_MS = 10_000;
const PAUSE_MS = 100;

/** Posts a forge's messages one after the other, in the background, and remembers the latest. */
export class WebhookSender {
  readonly #attempts: number;
  readonly #closed = new AbortController();
  readonly sent: SentDelivery[] = [];
  #queue: Promise<void> = Promise.resolve();

  /** @param attempts how often a message is posted until it is taken: GitHub does it once, Tangled three times */
  constructor(attempts: number) {
    this.#attempts = attempts;
  }

  post(delivery: Delivery): void {
    this.#queue = this.#queue.then(() => this.#deliver(delivery));
  }

  /** Posts the message of that id once more, as it was. */
  again(id: string): void {
    const delivery = this.sent.find((one) => one.id === id);
    if (!delivery) throw new Error(`no message ${id} was sent`);
    this.post(delivery);
  }

  /** Resolves when every message so far was posted. */
  drained(): Promise<void> {
    return this.#queue;
  }

  close(): void {
    this.#closed.abort();
  }

  async #deliver({ id, event, url, headers, body }: Delivery): Promise<void> {
    let status: number | null = null;
    for (let attempt = 1; attempt <= this.#attempts && !this.#closed.signal.aborted; attempt += 1) {
      if (attempt > 1) await delay(PAUSE_MS * attempt, undefined, { ref: false });
      status = await this.#postOnce(url, headers, body);
      if (status !== null && status < 300) break;
    }
    this.sent.push({ id, event, url, headers, body, status });
    this.sent.splice(0, this.sent.length - REMEMBERED);
  }

  async #postOnce(url: string, headers: Record<string, string>, body: string): Promise<number | null> {
    const signal = AbortSignal.any([this.#closed.signal, AbortSignal.timeout(PATIENCE_MS)]);
    const answer = await fetch(url, { method: "POST", headers, body, signal, redirect: "manual" }).catch(() => null);
    await answer?.arrayBuffer().catch(() => undefined);
    return answer?.status ?? null;
  }
}

export const hexHmac = (algorithm: "sha1" | "sha256", secret: string, body: string): string =>
  createHmac(algorithm, secret).update(body).digest("hex");
