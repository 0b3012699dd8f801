import pg from "pg";

const readEveryMs = 500;

/** The time of the story as the database tells it (`clock_now()`), for servers of the local world that are not the database. */
export class StoryClock {
  readonly #pool: pg.Pool;
  #aheadMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(databaseUrl: string) {
    this.#pool = new pg.Pool({
      connectionString: databaseUrl,
      max: 1,
      connectionTimeoutMillis: 5000,
      application_name: "story clock",
    });
    // A server that is stopped while a connection idles is no reason to end with it.
    this.#pool.on("error", () => undefined);
  }

  /** Asks the database. */
  async read(): Promise<Date> {
    const { rows } = await this.#pool.query<{ now: Date }>("SELECT clock_now() AS now");
    const now = rows[0]?.now ?? new Date();
    this.#aheadMs = now.getTime() - Date.now();
    return now;
  }

  /** The time without asking: at most half a second behind a clock that was just wound. */
  now(): Date {
    return new Date(Date.now() + this.#aheadMs);
  }

  async start(): Promise<void> {
    await this.read();
    this.#timer = setInterval(() => void this.read().catch(() => undefined), readEveryMs);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#pool.end();
  }
}
