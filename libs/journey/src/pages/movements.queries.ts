import { Injectable } from "@nestjs/common";
import { Database } from "@freehold/database";
import type { Currency } from "@freehold/values";
import { csvLine, decimalText } from "./csv.ts";
import { paidInPages, payoutsInPages, receivedInPages } from "./movement-pages.ts";

/** One movement of a party's own money. Positive is money that came to it, negative what left it. */
export interface Movement {
  /** Fixes its place in the table for ever: when the payment or payout began, and its id. */
  begunAt: Date;
  beginId: string;
  /** When the money moved, or was decided to. */
  at: Date;
  kind: "pledge" | "donation" | "service fee" | "refund" | "chargeback" | "payout" | "platform fee" | "reversal";
  part: "payer" | "payee";
  proposal: string;
  counterparty: string;
  minor: bigint;
  currency: string;
  state: string;
  processorReference: string | null;
  receiptId: string;
}

const COLUMNS = [
  "date",
  "kind",
  "as",
  "proposal",
  "counterparty",
  "amount",
  "currency",
  "state",
  "processor_reference",
  "receipt",
];

/** Every movement of one's own money, as payer and as payee, however many: a page of each source lies in memory at a time. */
@Injectable()
export class MovementQueries {
  constructor(private readonly database: Database) {}

  /** RFC 4180, UTF-8, one chunk for some hundred rows. What begins while it is written is not in it any more. */
  async *csv(partyId: string): AsyncGenerator<string, void> {
    yield csvLine(COLUMNS);
    let chunk: string[] = [];
    for await (const movement of this.movements(partyId)) {
      chunk.push(lineOf(movement));
      if (chunk.length < 250) continue;
      yield chunk.join("");
      chunk = [];
    }
    if (chunk.length > 0) yield chunk.join("");
  }

  /**
   * In the order in which payments and payouts began; what belongs to one stands together. That order never changes, so a
   * later export is an earlier one with rows added and states moved on.
   */
  async *movements(partyId: string): AsyncGenerator<Movement, void> {
    const until = await this.database.now();
    const sources = [paidInPages, receivedInPages, payoutsInPages].map((source) =>
      source(this.database, partyId, until),
    );
    const heads = await Promise.all(sources.map((source) => source.next()));
    for (;;) {
      let first = -1;
      for (const [index, head] of heads.entries())
        if (!head.done && (first === -1 || isBefore(head.value, heads[first]!.value as Movement))) first = index;
      if (first === -1) return;
      yield heads[first]!.value as Movement;
      heads[first] = await sources[first]!.next();
    }
  }
}

const isBefore = (a: Movement, b: Movement): boolean =>
  a.begunAt.getTime() < b.begunAt.getTime() || (a.begunAt.getTime() === b.begunAt.getTime() && a.beginId < b.beginId);

const lineOf = (movement: Movement): string =>
  csvLine([
    movement.at.toISOString(),
    movement.kind,
    movement.part,
    movement.proposal,
    movement.counterparty,
    { figure: decimalText(movement.minor, movement.currency as Currency) },
    movement.currency,
    movement.state,
    movement.processorReference ?? "",
    movement.receiptId,
  ]);
