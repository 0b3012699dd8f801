/** How many pieces of one sort of outward work a worker does at the same time. */
const AT_ONCE = 6;

/**
 * Work that calls a forge or a processor, a few pieces at the same time in this process, each story's one by one: a server
 * that keeps us waiting holds up its own story and nobody else's. One of these for each sort of work, so that a
 * sort that stands still leaves the others alone.
 */
export class OutwardWork {
  readonly #running = new Map<string, Promise<void>>();
  readonly #failed: (id: string, error: unknown) => void;

  /** @param failed told of each piece that threw; nobody waits for it, so nobody else hears of it */
  constructor(failed: (id: string, error: unknown) => void) {
    this.#failed = failed;
  }

  /** How many pieces more can be begun now. */
  get room(): number {
    return AT_ONCE - this.#running.size;
  }

  /** Begins one piece and does not wait for it. False, and nothing is begun: no room, or this id is in hand already. */
  begin(id: string, work: () => Promise<unknown>): boolean {
    if (this.room <= 0 || this.#running.has(id)) return false;
    const running = Promise.resolve()
      .then(work)
      .then(
        () => undefined,
        (error: unknown) => this.#failed(id, error),
      )
      .finally(() => this.#running.delete(id));
    this.#running.set(id, running);
    return true;
  }

  /**
   * Begins all, in order, each as soon as there is room; what is in hand already is left out. Done when the last one has
   * begun: each gets its turn before any of them comes again.
   */
  async beginAll(ids: readonly string[], work: (id: string) => Promise<unknown>): Promise<void> {
    for (const id of ids) {
      while (this.room <= 0) await Promise.race(this.#running.values());
      this.begin(id, () => work(id));
    }
  }

  /** When everything that was begun has ended. */
  async finished(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running.values());
  }
}
