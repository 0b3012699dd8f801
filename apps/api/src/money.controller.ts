import { Readable } from "node:stream";
import { Controller, Res } from "@nestjs/common";
import { CLAIM_TYPE } from "@freehold/contract";
import { Database } from "@freehold/database";
import {
  BooksQueries,
  MoneyQueries,
  MovementQueries,
  PayoutsQueries,
  ReceiptQueries,
  ServiceKey,
} from "@freehold/journey";
import type { FastifyReply } from "fastify";
import { Door, Params, type ParamsOf, Query, Visitor } from "./http/door.ts";
import type { SignedIn } from "./http/session.ts";

/** Money for people to see: their own, receipts and what can be proved with them, and the public books. */
@Controller()
export class MoneyController {
  constructor(
    private readonly database: Database,
    private readonly money: MoneyQueries,
    private readonly receipts: ReceiptQueries,
    private readonly paid: PayoutsQueries,
    private readonly movements: MovementQueries,
    private readonly book: BooksQueries,
    private readonly key: ServiceKey,
  ) {}

  @Door("myMoney")
  mine(@Visitor() who: SignedIn, @Query() { after }: { after?: string }) {
    return this.money.mine(who.partyId, after);
  }

  @Door("receipt")
  receipt(@Visitor() who: SignedIn, @Params() { id }: ParamsOf<"receipt">) {
    return this.receipts.receipt(who.partyId, id);
  }

  @Door("receiptClaim")
  async claim(@Visitor() who: SignedIn, @Params() { id }: ParamsOf<"receiptClaim">, @Res() reply: FastifyReply) {
    const claim = await this.receipts.claim(who.partyId, id, this.key.issuer, who.did);
    const signed = await this.key.sign(claim, CLAIM_TYPE);
    void file(reply, "application/jose", `freehold-payment-${id}.jws`).send(signed);
  }

  @Door("claimKeys")
  claimKeys() {
    return this.key.keys;
  }

  @Door("payouts")
  payouts(@Visitor() who: SignedIn, @Query() places: { after?: string; donations?: string }) {
    return this.paid.payouts(who.partyId, places);
  }

  /** Streamed: rows leave while the next ones are read. A fault on the way breaks the connection, so that no part passes for the whole. */
  @Door("moneyExport")
  async export(@Visitor() who: SignedIn, @Res() reply: FastifyReply) {
    const day = (await this.database.now()).toISOString().slice(0, 10);
    void file(reply, "text/csv; charset=utf-8; header=present", `freehold-${day}.csv`).send(
      Readable.from(this.movements.csv(who.partyId)),
    );
  }

  @Door("books")
  books() {
    return this.book.books();
  }
}

const file = (reply: FastifyReply, type: string, name: string): FastifyReply =>
  reply.type(type).header("content-disposition", `attachment; filename="${name}"`);
