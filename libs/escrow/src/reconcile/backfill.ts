import type Stripe from "stripe";
import { DAY_MS, HOUR_MS } from "@freehold/values";
import type { Database } from "@freehold/database";
import { storeEvents } from "../stripe/inbox.ts";
import type { Envelope } from "../stripe/signed.ts";

/** For so long the processor lists what has happened. */
const LISTED_MS = 30 * DAY_MS;
/** How far a later run reaches back behind the one before. */
const OVERLAP_MS = HOUR_MS;
const PAGES_AT_ONCE = 50;

/**
 * Events that were never delivered: the processor gives up after three days, and a message can be lost on the way. They
 * are stored as if they had come, and worked on as all others.
 */
export class Backfill {
  readonly #database: Database;
  readonly #stripe: Stripe;
  /** Story time up to which everything is known to be stored; null until a run of this process has come to its end. */
  #doneUpTo: Date | null = null;
  /** A run that was broken off: since when it looks, when it began, and the last event it has seen. */
  #open: { since: Date; began: Date; after: string | undefined } | null = null;

  constructor(database: Database, stripe: Stripe) {
    this.#database = database;
    this.#stripe = stripe;
  }

  /**
   * Stores what is missing. The first run of a process looks through all 30 days: nothing else says how long everybody was
   * away, since the newest message may have come a second ago and the one before it never. Later runs go on from the last,
   * less an hour. A call ends after some pages; the next one goes on there.
   * @returns how many were missing, and whether there is more to look through
   */
  async run(pages = PAGES_AT_ONCE): Promise<{ stored: number; more: boolean }> {
    const began = await this.#database.now();
    const since = this.#doneUpTo?.getTime() ?? began.getTime() - LISTED_MS;
    this.#open ??= { since: new Date(since - (this.#doneUpTo === null ? 0 : OVERLAP_MS)), began, after: undefined };
    const run = this.#open;
    let stored = 0;
    for (let page = 0; page < pages; page += 1) {
      const { data, has_more: more } = await this.#page(run.since, run.after);
      stored += await this.#storeMissing(data);
      run.after = data.at(-1)?.id ?? run.after;
      if (!more) {
        this.#doneUpTo = run.began;
        this.#open = null;
        return { stored, more: false };
      }
    }
    return { stored, more: true };
  }

  async #page(since: Date, after: string | undefined): Promise<Stripe.ApiList<Stripe.Event>> {
    try {
      return await this.#stripe.events.list({
        limit: 100,
        created: { gte: Math.floor(since.getTime() / 1000) },
        ...(after === undefined ? {} : { starting_after: after }),
      });
    } catch (error) {
      // The event it would go on from may have left the list by now: the next run begins anew.
      this.#open = null;
      throw error;
    }
  }

  async #storeMissing(listed: readonly Stripe.Event[]): Promise<number> {
    const known = await this.#database.inboxEvent.findMany({
      where: { id: { in: listed.map(({ id }) => id) } },
      select: { id: true },
    });
    const ids = new Set(known.map(({ id }) => id));
    const missing = listed.filter(({ id }) => !ids.has(id)).map((event) => plain(event));
    if (missing.length === 0) return 0;
    return this.#database.transact((tx) => storeEvents(tx, missing));
  }
}

/** As it would have been delivered: the SDK's own members (what the answer's head said) left out. */
const plain = (event: Stripe.Event): Envelope => JSON.parse(JSON.stringify(event)) as Envelope;
