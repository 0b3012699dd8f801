import { Injectable } from "@nestjs/common";
import type { BooksView } from "@freehold/contract";
import { Database } from "@freehold/database";
import { Vault } from "@freehold/escrow";
import { DAY_MS } from "@freehold/values";
import { moneyView } from "./money-view.ts";

/** More open tasks than this are not counted. */
const TASKS_COUNTED = 1000;

interface Sums {
  held: bigint;
  developments: number;
  oldest: Date | null;
  paid: bigint;
  refunded: bigint;
  donated: bigint;
  chargedBack: bigint;
  transfersStoppedSince: Date | null;
}

/** The public books. Every sum is of USD alone; another currency gets books of its own. */
@Injectable()
export class BooksQueries {
  #reading: Promise<BooksView> | null = null;

  constructor(
    private readonly database: Database,
    private readonly vault: Vault,
  ) {}

  /** However many look at once, a process reads the books once at a time: they are sums over everything there ever was. */
  books(): Promise<BooksView> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  async #read(): Promise<BooksView> {
    const { ownFunds: vault } = this.vault;
    const [own, ledger, sums, settlements, tasks, proof] = await Promise.all([
      vault.state(),
      vault.sums(),
      this.#sums(),
      this.#settlements(),
      this.#tasks(),
      this.database.booksProof.findFirst({ orderBy: { at: "desc" } }),
    ]);
    return {
      at: own.at.toISOString(),
      held: moneyView(sums.held),
      developments: sums.developments,
      oldestHold:
        sums.oldest === null
          ? null
          : {
              at: sums.oldest.toISOString(),
              days: Math.max(0, Math.floor((own.at.getTime() - sums.oldest.getTime()) / DAY_MS)),
            },
      atProcessor: moneyView(own.clearing),
      owed: moneyView(own.owed),
      ownFunds: moneyView(own.ownFunds.minor),
      ownFundsFloor: moneyView(own.floor.minor),
      ownFundsEnough: own.enough,
      transfersStoppedSince: sums.transfersStoppedSince?.toISOString() ?? null,
      settlements,
      paid: moneyView(sums.paid),
      refunded: moneyView(sums.refunded),
      donated: moneyView(sums.donated),
      chargedBack: moneyView(sums.chargedBack),
      // Fees are credits of ours; a fee that was returned is taken off again. Losses and what we paid are debits.
      platformFees: moneyView(-ledger.platform_fee),
      serviceFees: moneyView(-ledger.service_fee),
      cardFees: moneyView(ledger.stripe_fee),
      lost: moneyView(ledger.dispute_loss + ledger.dispute_fee + ledger.refund_loss),
      tasks,
      proof:
        proof === null
          ? null
          : { at: proof.at.toISOString(), balanced: proof.balanced, findings: proof.findings as string[] },
    };
  }

  async #sums(): Promise<Sums> {
    const [row] = await this.database.$queryRaw<Sums[]>`
      WITH in_hold AS (
        SELECT development_id, held_minor, charged_at FROM payment WHERE state = 'held' AND currency = 'USD')
      SELECT (SELECT COALESCE(sum(held_minor), 0) FROM in_hold)::bigint AS held,
        (SELECT count(DISTINCT development_id) FROM in_hold)::int AS developments,
        (SELECT min(charged_at) FROM in_hold) AS oldest,
        (SELECT COALESCE(sum(amount_minor - reversed_minor), 0) FROM payout WHERE state = 'confirmed' AND currency = 'USD')::bigint AS paid,
        (SELECT COALESCE(sum(amount_minor - absorbed_minor), 0) FROM refund
          WHERE state IN ('confirmed', 'repaid') AND currency = 'USD')::bigint AS refunded,
        (SELECT COALESCE(sum(amount_minor), 0) FROM payment WHERE state = 'given' AND currency = 'USD')::bigint AS donated,
        (SELECT COALESCE(sum(amount_minor), 0) FROM chargeback
          WHERE state IN ('open', 'lost') AND currency = 'USD')::bigint AS "chargedBack",
        (SELECT min(since) FROM transfer_stop WHERE lifted_at IS NULL) AS "transfersStoppedSince"`;
    return row!;
  }

  /** From the submission of the release that passed until everyone was paid, over settlements that paid somebody. */
  async #settlements(): Promise<BooksView["settlements"]> {
    const [row] = await this.database.$queryRaw<{ count: number; median: bigint | null; longest: bigint | null }[]>`
      WITH finished AS (
        SELECT extract(epoch FROM s.completed_at - r.submitted)::bigint AS seconds
        FROM settlement s JOIN development d ON d.id = s.development_id AND d.ending = 'settled'
        CROSS JOIN LATERAL (SELECT max(submitted_at) AS submitted FROM release
          WHERE development_id = s.development_id AND submitted_at <= s.authorised_at) r
        WHERE s.completed_at IS NOT NULL AND r.submitted IS NOT NULL)
      SELECT count(*)::int AS count, round(percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds))::bigint AS median,
        max(seconds)::bigint AS longest FROM finished`;
    if (row!.count === 0) return null;
    return { count: row!.count, medianSeconds: Number(row!.median), longestSeconds: Number(row!.longest) };
  }

  async #tasks(): Promise<BooksView["tasks"]> {
    const rows = await this.database.operatorTask.findMany({
      where: { doneAt: null },
      orderBy: { createdAt: "asc" },
      select: { createdAt: true },
      take: TASKS_COUNTED + 1,
    });
    return {
      open: Math.min(rows.length, TASKS_COUNTED),
      more: rows.length > TASKS_COUNTED,
      oldestAt: rows[0]?.createdAt.toISOString() ?? null,
    };
  }
}
