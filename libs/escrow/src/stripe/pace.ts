import type { Database } from "@freehold/database";

/**
 * Work that can wait calls the processor at a steady pace, so that there is always room for people (DESIGN 5; the processor
 * allows about 25 calls a second and endpoint). All processes share one row, which names the next free moment.
 */
export class Pace {
  readonly #database: Database;
  readonly #perSecond: number | null;

  /** @param perSecond calls a second over all processes; null for none to be kept */
  constructor(database: Database, perSecond: number | null) {
    this.#database = database;
    this.#perSecond = perSecond;
  }

  /** Waits for one's turn. */
  async turn(): Promise<void> {
    if (this.#perSecond === null) return;
    const waitMs = await this.#next(1000 / this.#perSecond);
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
  }

  /** The processor said that it is asked too often: everybody waits a little. */
  async slowDown(): Promise<void> {
    if (this.#perSecond !== null) await this.#next(1000);
  }

  /** Takes the next free moment and moves it on. @returns milliseconds until the moment taken */
  async #next(stepMs: number): Promise<number> {
    const { rows } = await this.#database.pool.query<{ wait: number }>({
      name: "call_pace_next",
      text: `WITH before AS (SELECT id, GREATEST(next_at, clock_timestamp()) AS free FROM call_pace WHERE id = 1 FOR UPDATE)
        UPDATE call_pace SET next_at = before.free + $1 * interval '1 millisecond' FROM before WHERE call_pace.id = before.id
        RETURNING extract(epoch FROM before.free - clock_timestamp())::float8 * 1000 AS wait`,
      values: [stepMs],
    });
    return rows[0]?.wait ?? 0;
  }
}
