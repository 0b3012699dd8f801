import { Balances } from "./balance.ts";
import { DueList } from "./due.ts";
import type { EventRecord, SettingRecord } from "./records.ts";
import { Store } from "./store.ts";

export const API_VERSION = "2026-10-28.endive";

/** Something that happens by itself when the story clock gets there. */
export type Timer = {
  what: "session.expires" | "refund.answered" | "payout.arrives" | "bank.answers" | "key.fades";
  id: string;
};

export interface Caller {
  requestId: string;
  idempotencyKey: string | null;
  /** The connected account named by Stripe-Account; null for the platform. */
  account: string | null;
}

const SETTINGS: SettingRecord = {
  id: "settings",
  fee_basis_points: 290,
  fee_fixed: 30,
  dispute_fee: 1500,
  dispute_fee_returned: true,
  settle_seconds: 2 * 86_400,
  refund_answer_seconds: 5,
  bank_answer_seconds: 4 * 86_400,
  hide_fees: false,
  listened: false,
  payout_interval: "manual",
  paid_out_day: 0,
  clock_ahead: 0,
};

/** The state all resources work on. Everything on it is synchronous: one turn at a time, in order of arrival. */
export class World {
  readonly store: Store;
  readonly balances: Balances;
  readonly timers = new DueList<Timer>();
  /** Refunds that wait for money, oldest first. */
  waitingRefunds: string[] = [];
  /** Story seconds of the turn being played. */
  now = 0;
  origin = "";
  caller: Caller | null = null;
  /** Whether somebody listens to events; then new ones wait for delivery. */
  listening = false;
  /** How many events are kept at most; older ones are forgotten before their 30 days are over. */
  eventsKept = Infinity;
  /** Up to where the list of events was looked through by `forgetOldEvents`. */
  #oldEvents = 0;
  onEvent: (event: EventRecord) => void = () => {};

  constructor(stateFile: string | null, seed?: string) {
    this.store = new Store(stateFile, seed);
    this.balances = new Balances(this.store);
    this.reload();
  }

  get settings(): SettingRecord {
    return this.store.get("setting", "settings") ?? { ...SETTINGS };
  }

  set settings(value: SettingRecord) {
    this.store.save("setting", value);
  }

  id(prefix: string, length?: number): string {
    return this.store.id(prefix, length);
  }

  /** Reads back what is not kept in records: balances, timers, waiting refunds. */
  reload(): void {
    this.balances.reload();
    this.timers.clear();
    this.waitingRefunds = [];
    this.#oldEvents = 0;
    const kept = this.store.get("setting", "settings");
    // A state written before a setting existed has it as it is by default.
    if (kept !== undefined) this.settings = { ...SETTINGS, ...kept };
    this.listening = this.settings.listened;
    for (const session of this.store.all("session")) {
      if (session.status === "open") this.timers.add(session.expires_at, { what: "session.expires", id: session.id });
    }
    for (const refund of this.store.all("refund")) {
      if (refund.answer !== null) this.timers.add(refund.answer.at, { what: "refund.answered", id: refund.id });
      if (refund.status === "pending" && refund.pending_reason === "insufficient_funds") {
        this.waitingRefunds.push(refund.id);
      }
    }
    for (const payout of this.store.all("payout")) {
      if (payout.status === "pending" || payout.status === "in_transit") {
        this.timers.add(payout.arrival_date, { what: "payout.arrives", id: payout.id });
      }
    }
    for (const intent of this.store.all("payment_intent")) {
      const charge = intent.status === "processing" ? this.store.get("charge", intent.latest_charge ?? "") : undefined;
      if (charge !== undefined)
        this.timers.add(charge.created + this.settings.bank_answer_seconds, { what: "bank.answers", id: intent.id });
    }
    for (const key of this.store.all("key")) this.timers.add(fades(key), { what: "key.fades", id: key.id });
  }

  /** Events that can no longer be read back, and have been delivered, are forgotten. */
  forgetOldEvents(): void {
    const row = this.store.row("event");
    for (; this.#oldEvents < row.length; this.#oldEvents += 1) {
      const event = row[this.#oldEvents];
      if (!event) continue;
      const spare = this.store.count("event") > this.eventsKept;
      if (event.created > this.now - EVENT_SECONDS && !spare) break;
      if (this.store.get("delivery", event.id)?.state === "waiting") {
        if (event.created > this.now - EVENT_SECONDS) break;
        continue;
      }
      this.store.remove("event", event.id);
      this.store.remove("delivery", event.id);
    }
  }

  /** Records that something happened to `object`, as it now stands. */
  emit(
    type: string,
    object: Record<string, unknown>,
    previous: Record<string, unknown> | null = null,
    account: string | null = null,
  ): EventRecord {
    const thin = type.startsWith("v2.");
    const event: EventRecord = {
      id: thin ? this.id("evt_test_65", 22) : this.id("evt_3", 23),
      created: this.now,
      type,
      generation: thin ? "v2" : "v1",
      snapshot: JSON.stringify(object),
      previous,
      object_id: String(object["id"]),
      account,
      request: this.caller && { id: this.caller.requestId, idempotency_key: this.caller.idempotencyKey },
    };
    this.store.save("event", event);
    if (this.listening) this.store.save("delivery", { id: event.id, state: "waiting", attempts: 0 });
    this.onEvent(event);
    return event;
  }
}

/** Events can be read back for 30 days of the story. */
export const EVENT_SECONDS = 30 * 86_400;

/** v1 keys live 24 hours, v2 keys 30 days, both of the story. */
export function fades(key: { created: number; path: string }): number {
  return key.created + (key.path.startsWith("/v2/") ? 30 * 86_400 : 86_400);
}
