import type { Database } from "@freehold/database";
import { platformPurposes } from "../ledger/postings.ts";

/** How often, and at what distance (milliseconds), it is asked whether everything that was under way has ended. */
const LOOKS = 40;
const LOOK_MS = 50;
/** Entries one step goes through at most, of all accounts together: a first checkpoint over years of them comes in steps. */
const STEP = 2_000_000n;

/**
 * Sums of the platform-wide accounts up to an entry. Those accounts have no balance of their own (every payment would wait
 * for its row), so that without checkpoints each question would read all entries there ever were.
 */
export class Checkpoints {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Keeps a sum for each platform-wide account that has `least` new entries. Does nothing when something stays under way.
   *
   * Ids of entries are drawn in order and committed in any order, so that a sum is final only below an id that nothing
   * under way can hold. The rule: take the greatest id that can be seen, then a transaction number N that is new. Whoever
   * drew an id up to that one had his number before (the ledger writes its transaction before its entries), and it is
   * below N. When the oldest transaction still running is N or later, they have all ended, and what they wrote is seen.
   * @returns how many sums were kept
   */
  async keep(least = 1000): Promise<number> {
    const [mark] = await this.#database.$queryRaw<{ entry: bigint | null; number: string }[]>`
      SELECT (SELECT max(id) FROM ledger_entry) AS entry, pg_current_xact_id()::text AS number`;
    if (mark?.entry == null || !(await this.#hasEnded(mark.number))) return 0;
    return this.#database.$executeRaw`
      INSERT INTO balance_checkpoint (account_id, entry_id, balance, at)
      SELECT a.id, r.up_to, COALESCE(c.balance, 0) + n.sum, clock_now()
      FROM ledger_account a
      LEFT JOIN LATERAL (SELECT entry_id, balance FROM balance_checkpoint WHERE account_id = a.id ORDER BY entry_id DESC LIMIT 1) c ON true
      CROSS JOIN LATERAL (SELECT LEAST(${mark.entry}::bigint, COALESCE(c.entry_id, 0) + ${STEP}::bigint) AS up_to) r
      CROSS JOIN LATERAL (SELECT COALESCE(sum(e.amount_minor), 0)::bigint AS sum, count(*) AS entries FROM ledger_entry e
        WHERE e.account_id = a.id AND e.id > COALESCE(c.entry_id, 0) AND e.id <= r.up_to) n
      WHERE NOT a.materialised AND a.purpose = ANY(${[...platformPurposes]})
        AND (n.entries >= ${least} OR r.up_to < ${mark.entry}::bigint)
      ON CONFLICT DO NOTHING`;
  }

  async #hasEnded(number: string): Promise<boolean> {
    for (let look = 0; look < LOOKS; look += 1) {
      const [row] = await this.#database.$queryRaw<{ ended: boolean }[]>`
        SELECT pg_snapshot_xmin(pg_current_snapshot()) >= ${number}::xid8 AS ended`;
      if (row?.ended === true) return true;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    return false;
  }
}
