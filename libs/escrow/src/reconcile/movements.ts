import type Stripe from "stripe";
import type { Database, Tx } from "@freehold/database";
import { bookOwnMovements } from "./bookings.ts";
import { type ClassifiedAs, classifyMovement } from "./classify.ts";
import { matchMovements, openMovements, sentenceOf } from "./matching.ts";
import { readMovements } from "./reading.ts";
import { keepPayoutsManual } from "./transfer-stops.ts";
import { unmatchedPostings } from "./unmatched.ts";

/** What does not agree: a movement of the processor's that the ledger does not know, or the other way round. */
export interface Break {
  /** The movement's id, or the object's (the posting's, when it names none) that the processor does not show. */
  id: string;
  sentence: string;
}

/** The processor's account of our balance, line by line, settled with the ledger in both directions. */
export class Movements {
  readonly #database: Database;
  readonly #stripe: Stripe;

  constructor(database: Database, stripe: Stripe) {
    this.#database = database;
    this.#stripe = stripe;
  }

  /**
   * Reads what has moved since the last time, books what concerns only our own funds (top-ups, payouts to our bank), and
   * matches the rest. Repeating it, or doing it twice at once, changes nothing. Calls the processor; takes no transaction.
   * @returns how many were new, and how many agree since this call
   */
  async take(): Promise<{ taken: number; matched: number }> {
    const taken = await readMovements(this.#database, this.#stripe);
    const unplanned = await bookOwnMovements(this.#database, this.#stripe);
    // The stop is in force already; where this fails, its review tries again and lifts nothing before it has worked.
    if (unplanned > 0) await keepPayoutsManual(this.#stripe).catch(() => false);
    return { taken, matched: await matchMovements(this.#database) };
  }

  /**
   * The daily comparison: takes what is new, then looks at every movement and every posting on psp_clearing.
   * @returns the breaks, one sentence each, until they are classified or have come right; `matched` counts this call's
   */
  async reconcile(): Promise<{ at: Date; matched: number; breaks: Break[] }> {
    const { matched } = await this.take();
    const unknown = await this.#breaks();
    const breaks = [...unknown, ...(await unmatchedPostings(this.#database))];
    return { at: await this.#database.now(), matched, breaks };
  }

  /** What the last comparison left, for a page: cheap, and calls nobody. `takenAt` is when something new was last seen. */
  async standing(): Promise<{ takenAt: Date | null; breaks: Break[] }> {
    const newest = await this.#database.movement.findFirst({
      orderBy: { occurredAt: "desc" },
      select: { seenAt: true },
    });
    const tasks = await this.#database.operatorTask.findMany({
      where: { kind: "ledger_unmatched", doneAt: null },
      orderBy: { createdAt: "asc" },
      select: { key: true, cause: true },
    });
    const ledger = tasks.map(({ key, cause }) => ({ id: key.split(":")[1] ?? key, sentence: cause }));
    return { takenAt: newest?.seenAt ?? null, breaks: [...(await this.#breaks()), ...ledger] };
  }

  /**
   * Books a break into the account that a person names, marks it classified and closes its task.
   * Refusals: movement_not_found, movement_not_open.
   */
  classify(tx: Tx, movementId: string, account: ClassifiedAs, by: { partyId: string; note: string }): Promise<void> {
    return classifyMovement(tx, movementId, account, by);
  }

  async #breaks(): Promise<Break[]> {
    const open = await openMovements(this.#database);
    return open
      .filter((movement) => movement.state === "break")
      .map((movement) => ({ id: movement.id, sentence: sentenceOf(movement) }));
  }
}
