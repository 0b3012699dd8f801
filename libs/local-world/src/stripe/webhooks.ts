import { createHmac } from "node:crypto";
import { Agent, request } from "node:http";
import { Line } from "./line.ts";
import type { EventRecord } from "./records.ts";
import { renderPosted } from "./resources/event.ts";
import type { World } from "./world.ts";

export interface Listener {
  url: string;
  secret: string;
  /** Where thin (v2) events go, if not to the same place. */
  thin?: { url: string; secret: string };
}

/** Milliseconds before each further try; the last one repeats. Real time, short so that a laptop need not wait. */
const BACK_OFF = [200, 1000, 5000, 30_000];
const AT_ONCE = 8;
const PATIENCE_MS = 20_000;

/** Stripe's signature over the exact bytes that are sent; `t` is the machine's time in seconds. */
export function signature(payload: string, secret: string, t = Math.floor(Date.now() / 1000)): string {
  return `t=${t},v1=${createHmac("sha256", secret).update(`${t}.${payload}`).digest("hex")}`;
}

/** Posts events to the listener until it answers 2xx, with the mischief the control verbs ask for. */
export class Webhooks {
  #world: World;
  #listener: Listener | null;
  #queue = new Line<EventRecord>();
  #held = false;
  #drop = 0;
  #delay: { left: number; ms: number } = { left: 0, ms: 0 };
  #duplicate: { left: number; times: number } = { left: 0, times: 0 };
  #busy = 0;
  #timers = new Set<NodeJS.Timeout>();
  #waiting = new Map<string, number>();
  #drained: (() => void)[] = [];
  #agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  #closed = false;
  #check: (event: EventRecord) => void;

  constructor(world: World, listener: Listener | null, check: (event: EventRecord) => void = () => {}) {
    this.#world = world;
    this.#listener = listener;
    this.#check = check;
    world.onEvent = (event) => this.#happened(event);
    this.reload();
  }

  /** Takes up what an earlier run left undelivered. */
  reload(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#queue.clear();
    this.#waiting.clear();
    if (this.#listener !== null) this.#listen();
    for (const delivery of this.#world.store.all("delivery")) {
      if (delivery.state === "waiting") this.#enqueue(this.#world.store.get("event", delivery.id)!);
    }
    this.#settleDrained();
  }

  setListener(listener: Listener): void {
    this.#listener = listener;
    this.#listen();
    this.#pump();
  }

  hold(): void {
    this.#held = true;
  }

  release(): void {
    this.#held = false;
    this.#pump();
  }

  dropNext(count: number): void {
    this.#drop += count;
  }

  /** Each of the next `count` events is posted `times` times over. */
  duplicate(count: number, times = 2): void {
    this.#duplicate = { left: count, times };
  }

  /** Each of the next `count` events is posted `ms` milliseconds of the machine's time later. */
  delay(count: number, ms: number): void {
    this.#delay = { left: count, ms };
  }

  /** Puts what is held into another order. */
  shuffle(): void {
    this.#queue.shuffle();
  }

  turnRound(): void {
    this.#queue.turnRound();
  }

  resend(event: EventRecord): void {
    this.#enqueue(event);
    this.#pump();
  }

  /** Resolves when every event that waits has been taken by the listener. */
  drained(): Promise<void> {
    return new Promise((resolve) => {
      this.#drained.push(resolve);
      this.#settleDrained();
    });
  }

  get undelivered(): number {
    return this.#waiting.size;
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#queue.clear();
    this.#agent.destroy();
    for (const resolve of this.#drained.splice(0)) resolve();
  }

  #listen(): void {
    this.#world.listening = true;
    if (!this.#world.settings.listened) {
      this.#world.settings = { ...this.#world.settings, listened: true };
      this.#world.store.commit();
    }
  }

  #happened(event: EventRecord): void {
    this.#check(event);
    const delivery = this.#world.store.get("delivery", event.id);
    if (delivery?.state !== "waiting") return;
    if (this.#drop > 0) {
      this.#drop -= 1;
      this.#world.store.save("delivery", { ...delivery, state: "dropped" });
      return;
    }
    const late = this.#delay.left > 0 ? this.#delay.ms : 0;
    if (late > 0) this.#delay.left -= 1;
    let times = 1;
    if (this.#duplicate.left > 0) {
      this.#duplicate.left -= 1;
      times = this.#duplicate.times;
    }
    for (let i = 0; i < times; i++) this.#enqueue(event, late);
    // After the turn that caused it: what the listener reads back must already be kept.
    setImmediate(() => this.#pump());
  }

  #enqueue(event: EventRecord, late = 0): void {
    this.#waiting.set(event.id, (this.#waiting.get(event.id) ?? 0) + 1);
    if (late > 0) this.#enqueueIn(late, event);
    else this.#queue.add(event);
  }

  #enqueueIn(ms: number, event: EventRecord): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#queue.add(event);
      this.#pump();
    }, ms);
    timer.unref();
    this.#timers.add(timer);
  }

  #pump(): void {
    if (this.#held || this.#closed || this.#listener === null) return;
    while (this.#busy < AT_ONCE) {
      const next = this.#queue.take();
      if (next === undefined) break;
      this.#busy += 1;
      void this.#deliver(next);
    }
  }

  async #deliver(event: EventRecord): Promise<void> {
    const ok = await this.#post(event).catch(() => false);
    this.#busy -= 1;
    if (this.#closed) return;
    const attempts = (this.#world.store.get("delivery", event.id)?.attempts ?? 0) + 1;
    if (ok) this.#done(event);
    else this.#enqueueIn(BACK_OFF[Math.min(attempts - 1, BACK_OFF.length - 1)]!, event);
    const delivery = this.#world.store.get("delivery", event.id);
    if (delivery !== undefined) {
      this.#world.store.save("delivery", { ...delivery, attempts, state: ok ? "delivered" : delivery.state });
      this.#world.store.commit();
    }
    this.#pump();
  }

  #done(event: EventRecord): void {
    const left = (this.#waiting.get(event.id) ?? 1) - 1;
    if (left > 0) this.#waiting.set(event.id, left);
    else this.#waiting.delete(event.id);
    this.#settleDrained();
  }

  #settleDrained(): void {
    if (this.#waiting.size > 0 && this.#listener !== null) return;
    for (const resolve of this.#drained.splice(0)) resolve();
  }

  #post(event: EventRecord): Promise<boolean> {
    const listener = (event.generation === "v2" ? this.#listener?.thin : undefined) ?? this.#listener!;
    const body = JSON.stringify(renderPosted(this.#world, event), null, 2);
    return new Promise((resolve, reject) => {
      const call = request(
        listener.url,
        {
          method: "POST",
          agent: this.#agent,
          timeout: PATIENCE_MS,
          headers: {
            "content-type": "application/json; charset=utf-8",
            "content-length": Buffer.byteLength(body),
            "stripe-signature": signature(body, listener.secret),
            "user-agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
          },
        },
        (response) => {
          response.resume();
          response.on("end", () => resolve(response.statusCode! >= 200 && response.statusCode! < 300));
          response.on("error", reject);
        },
      );
      call.on("timeout", () => call.destroy(new Error("The listener did not answer.")));
      call.on("error", reject);
      call.end(body);
    });
  }
}
