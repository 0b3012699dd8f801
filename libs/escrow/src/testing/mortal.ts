import { AsyncLocalStorage } from "node:async_hooks";
import { Agent } from "node:http";
import { Database } from "@freehold/database";
import pg from "pg";
import Stripe from "stripe";
import type { ProcessorOptions } from "../stripe/client.ts";
import { Vault } from "../vault.ts";
import { nameOfCall, nameOfStatement, type Told, writes } from "./effect-names.ts";

/** A process of ours: what an api or a worker has of the vault. */
export interface OfficeHolder {
  database: Database;
  vault: Vault;
}

export const DIED = Symbol("the process was killed");

/** Whose code is running: what a dead life still has in a timer must not run on in the next one. */
const current = new AsyncLocalStorage<Life>();

/** At which effect a life ends: the `nth` (from 1) of this name. */
export interface Point {
  name: string;
  nth: number;
}

interface Ends {
  /** Ends the life at this point; absent, it is lived to its end. */
  at?: Point | undefined;
  /** Ends the life at the effect of this number (from 1), whatever it is. */
  atEffect?: number;
  /** Also before each statement and call that leaves nothing behind. */
  everyAwait?: boolean;
  /** What a faulty build would send to the processor instead of this. */
  garble?: (headers: Record<string, unknown>) => Record<string, unknown>;
}

/**
 * A process that can be killed as SIGKILL would: its connections to PostgreSQL break (what was open is rolled back), its
 * calls of the processor break, and not one line of its code runs on. All effects go through two doors, the connections
 * of PostgreSQL and the processor's HTTP client, so that the product's code has no hooks.
 *
 * One body lives many lives, since a Prisma client is dear to build and remembers nothing that the product's code could see.
 */
export class Body {
  readonly #database: Database;
  readonly #options: ProcessorOptions;
  readonly #build: (database: Database, options: ProcessorOptions) => Vault;
  #life: Life | null = null;

  /** @param build makes the vault under test, so that a faulty one can be tried */
  constructor(
    appUrl: string,
    options: ProcessorOptions,
    build: (database: Database, options: ProcessorOptions) => Vault = (database, given) => new Vault(database, given),
  ) {
    this.#database = new Database(appUrl, { application: "mortal" });
    this.#options = options;
    this.#build = build;
    const { pool } = this.#database;
    const connect = pool.connect.bind(pool) as () => Promise<pg.PoolClient>;
    // Prisma and the ledger use no other members, and promises only.
    const open = () => (current.getStore() ?? this.#life!).connect(connect);
    Object.assign(pool, {
      connect: open,
      query: async (config: pg.QueryConfig) => {
        const client = await open();
        try {
          return await client.query(config);
        } finally {
          client.release();
        }
      },
    });
  }

  live(ends: Ends = {}): Life {
    const life = new Life(ends);
    this.#life = life;
    const httpClient = life.httpClient(Stripe.createNodeHttpClient(life.agent));
    life.holder = { database: this.#database, vault: this.#build(this.#database, { ...this.#options, httpClient }) };
    return life;
  }

  close(): Promise<void> {
    this.#life?.kill();
    return this.#database.pool.end();
  }
}

type HttpClient = ReturnType<typeof Stripe.createNodeHttpClient>;

/** The SDK's own second try waits half a second of the machine's time; the vault's waits in its row. */
export function impatient(client: HttpClient): HttpClient {
  const makeRequest = client.makeRequest.bind(client);
  client.makeRequest = async (...call) => {
    const response = await makeRequest(...call);
    const headers = { ...response.getHeaders(), "stripe-should-retry": "false" };
    response.getHeaders = () => headers;
    return response;
  };
  return client;
}

/** One life of a process, up to a point or to its end. */
export class Life {
  readonly agent = new Agent({ keepAlive: true });
  /** The effects it had, by name, in order. */
  readonly effects: string[] = [];
  holder!: OfficeHolder;
  readonly #ends: Ends;
  readonly #clients = new Set<pg.PoolClient>();
  readonly #met = new Map<string, number>();
  #dead = false;
  #die!: (died: typeof DIED) => void;
  readonly #death = new Promise<typeof DIED>((resolve) => (this.#die = resolve));

  constructor(ends: Ends) {
    this.#ends = ends;
  }

  get dead(): boolean {
    return this.#dead;
  }

  /** Does something as this process. @returns what came of it, or that the process was killed meanwhile */
  run<Result>(work: (holder: OfficeHolder) => Promise<Result>): Promise<Result | typeof DIED> {
    if (this.#dead) return Promise.resolve(DIED);
    return Promise.race([this.#death, current.run(this, () => work(this.holder))]);
  }

  kill(): void {
    if (this.#dead) return;
    this.#dead = true;
    this.agent.destroy();
    for (const client of this.#clients) {
      (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
      client.release(true);
    }
    this.#clients.clear();
    this.#die(DIED);
  }

  async connect(connect: () => Promise<pg.PoolClient>): Promise<pg.PoolClient> {
    const client = await this.#whileAlive(connect(), (late) => late.release());
    this.#clients.add(client);
    const told: Told = { inTransaction: false, wrote: [] };
    const release = (broken?: Error | boolean) => {
      if (!this.#dead && this.#clients.delete(client)) client.release(broken);
    };
    const query = (config: pg.QueryConfig) => this.#query(client, told, config);
    const on = client.on.bind(client);
    const removeListener = client.removeListener.bind(client);
    return { query, release, on, removeListener } as unknown as pg.PoolClient;
  }

  async #query(client: pg.PoolClient, told: Told, config: pg.QueryConfig): Promise<unknown> {
    if (this.#dead) return new Promise(() => {});
    const { before, after } = nameOfStatement(told, config.text);
    if (before !== null) await this.#reach(before);
    else if (this.#ends.everyAwait === true) await this.#reach(`awaiting ${writes(config.text) ?? "a reading"}`);
    const result = await this.#whileAlive(client.query(config));
    if (after !== null) await this.#reach(after);
    return result;
  }

  httpClient(real: HttpClient): HttpClient {
    const makeRequest = impatient(real).makeRequest.bind(real);
    real.makeRequest = async (host, port, path, method, headers, body, protocol, timeout) => {
      const name = nameOfCall(method, path);
      const counts = method !== "GET" || this.#ends.everyAwait === true;
      if (counts) await this.#reach(`${name} to be sent`);
      const sent = (this.#ends.garble?.(headers as Record<string, unknown>) ?? headers) as typeof headers;
      const response = await this.#whileAlive(makeRequest(host, port, path, method, sent, body, protocol, timeout));
      if (counts) await this.#reach(`${name} answered`);
      const toJSON = response.toJSON.bind(response);
      response.toJSON = () => this.#whileAlive(toJSON());
      return response;
    };
    return real;
  }

  /** Notes an effect, and ends the life if this is the point. Nobody who is dead gets any further. */
  #reach(name: string): Promise<void> {
    const { at, atEffect } = this.#ends;
    if (this.#dead) return new Promise(() => {});
    this.effects.push(name);
    const nth = (this.#met.get(name) ?? 0) + 1;
    this.#met.set(name, nth);
    const isPoint = atEffect === this.effects.length || (at?.name === name && at.nth === nth);
    if (!isPoint) return Promise.resolve();
    this.kill();
    return new Promise(() => {});
  }

  #whileAlive<Result>(work: Promise<Result>, tooLate: (result: Result) => void = () => {}): Promise<Result> {
    return new Promise((resolve, reject) => {
      work.then(
        (result) => (this.#dead ? tooLate(result) : resolve(result)),
        (error: unknown) => {
          if (!this.#dead) reject(error as Error);
        },
      );
    });
  }
}
