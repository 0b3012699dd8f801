import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { type Problem, refusal } from "@freehold/contract";
import type { Database } from "@freehold/database";

export interface Answered {
  /** 200, or the status of a refusal, whose problem then is the answer. */
  status: number;
  answer: unknown;
}

interface Claim {
  partyId: string;
  key: string;
  /** When it was claimed, to the microsecond: who took over is told apart from who was too slow. */
  since: string;
}

interface Row {
  request_hash: string;
  status: number | null;
  answer: unknown;
  stale: boolean;
}

/** An answer that takes longer than this died with its process. */
const STALE_MINUTES = 2;
const KEPT_DAYS = 30;

/**
 * Remembers the first answer to each money request by party and Idempotency-Key, refusals included, so that a repetition
 * gets the same answer and changes nothing. What failed on our side (5xx) is not an answer. Machine time.
 */
export class Idempotency {
  /** @param patienceMs how long a repetition waits for the first answer before it is told to come again */
  constructor(
    private readonly database: Database,
    private readonly patienceMs = 5_000,
  ) {}

  /**
   * Runs the request, or finds what it was answered.
   * Refuses: request_invalid (key), idempotency_key_required, idempotency_key_reused, idempotency_key_in_use.
   */
  async once(
    partyId: string,
    key: string | undefined,
    request: readonly unknown[],
    work: () => Promise<Answered>,
  ): Promise<Answered & { replayed: boolean }> {
    if (key === undefined || key === "") throw refusal("idempotency_key_required");
    if (!/^[\x21-\x7e]{8,200}$/.test(key))
      throw refusal("request_invalid", "An Idempotency-Key has 8 to 200 visible ASCII characters.");
    const requestHash = createHash("sha256").update(JSON.stringify(request)).digest("hex");
    const claimed = await this.#claim(partyId, key, requestHash);
    if ("answer" in claimed) return { ...claimed, replayed: true };
    let answered: Answered;
    try {
      answered = await work();
    } catch (error) {
      await this.#letGo(claimed);
      throw error;
    }
    if (answered.status >= 500) await this.#letGo(claimed);
    else await this.#remember(claimed, answered);
    return { ...answered, replayed: false };
  }

  async #claim(partyId: string, key: string, requestHash: string): Promise<Claim | Answered> {
    for (const until = Date.now() + this.patienceMs; ; await delay(100)) {
      const since =
        (await this.#insert(partyId, key, requestHash)) ?? (await this.#takeOver(partyId, key, requestHash));
      if (since !== undefined) return { partyId, key, since };
      const row = await this.#read(partyId, key);
      if (row !== undefined && row.request_hash !== requestHash) throw refusal("idempotency_key_reused");
      if (row !== undefined && row.status !== null) return { status: row.status, answer: row.answer };
      if (Date.now() >= until) throw refusal("idempotency_key_in_use");
    }
  }

  async #insert(partyId: string, key: string, requestHash: string): Promise<string | undefined> {
    const [row] = await this.database.$queryRaw<{ since: string }[]>`
      INSERT INTO idempotency_record (party_id, key, request_hash) VALUES (${partyId}::uuid, ${key}, ${requestHash})
      ON CONFLICT DO NOTHING RETURNING created_at::text AS since`;
    if (row !== undefined)
      await this.database.$executeRaw`
        DELETE FROM idempotency_record
        WHERE party_id = ${partyId}::uuid AND created_at < now() - make_interval(days => ${KEPT_DAYS}::int)`;
    return row?.since;
  }

  async #takeOver(partyId: string, key: string, requestHash: string): Promise<string | undefined> {
    const [row] = await this.database.$queryRaw<{ since: string }[]>`
      UPDATE idempotency_record SET created_at = now()
      WHERE party_id = ${partyId}::uuid AND key = ${key} AND request_hash = ${requestHash} AND answered_at IS NULL
        AND created_at < now() - make_interval(mins => ${STALE_MINUTES}::int)
      RETURNING created_at::text AS since`;
    return row?.since;
  }

  async #read(partyId: string, key: string): Promise<Row | undefined> {
    const [row] = await this.database.$queryRaw<Row[]>`
      SELECT request_hash, status, answer FROM idempotency_record WHERE party_id = ${partyId}::uuid AND key = ${key}`;
    return row;
  }

  async #remember({ partyId, key, since }: Claim, { status, answer }: Answered): Promise<void> {
    await this.database.$executeRaw`
      UPDATE idempotency_record SET status = ${status}, answer = ${JSON.stringify(answer)}::jsonb, answered_at = now()
      WHERE party_id = ${partyId}::uuid AND key = ${key} AND created_at = ${since}::timestamptz AND answered_at IS NULL`;
  }

  async #letGo({ partyId, key, since }: Claim): Promise<void> {
    await this.database.$executeRaw`
      DELETE FROM idempotency_record
      WHERE party_id = ${partyId}::uuid AND key = ${key} AND created_at = ${since}::timestamptz AND answered_at IS NULL`;
  }
}

/** What a refusal looks like when it is remembered. */
export const refusedAs = (problem: Problem): Answered => ({ status: problem.status, answer: problem });
