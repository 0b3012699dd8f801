import { Injectable } from "@nestjs/common";
import type { MyMoney } from "@freehold/contract";
import { Database, type Tx } from "@freehold/database";
import { readPlace } from "../cursor.ts";
import { estimateCap } from "../party/support.ts";
import { policyInForce } from "../space/policy.ts";
import { moneyView } from "./money-view.ts";
import { paymentRows, paymentView } from "./payments.ts";

const PAGE = 30;

/** What a party paid, what is held for it, what came back; and in one line what it received. Sums are of USD alone. */
@Injectable()
export class MoneyQueries {
  constructor(private readonly database: Database) {}

  async mine(partyId: string, after?: string): Promise<MyMoney> {
    const place = readPlace(after);
    const rows = await paymentRows(this.database, partyId, { place, limit: PAGE + 1 });
    const now = await this.database.now();
    const shown = rows.slice(0, PAGE);
    const [sums] = await this.database.$queryRaw<
      { held: bigint; given: bigint; paid: bigint; refunded: bigint; payouts: bigint; donations: bigint }[]
    >`
      SELECT COALESCE(sum(m.held_minor), 0)::bigint AS held,
        COALESCE(sum(m.amount_minor) FILTER (WHERE m.state = 'given'), 0)::bigint AS given,
        COALESCE((SELECT sum(o.amount_minor + o.platform_fee_minor) FROM payout o JOIN payment x ON x.id = o.payment_id
          WHERE x.payer_id = ${partyId}::uuid AND o.purpose = 'payout' AND o.state <> 'stopped' AND o.currency = 'USD'), 0)::bigint AS paid,
        COALESCE((SELECT sum(r.amount_minor - r.absorbed_minor) FROM refund r JOIN payment x ON x.id = r.payment_id
          WHERE x.payer_id = ${partyId}::uuid AND r.state IN ('confirmed', 'repaid') AND r.currency = 'USD'), 0)::bigint AS refunded,
        COALESCE((SELECT sum(o.amount_minor - o.reversed_minor) FROM payout o
          WHERE o.payee_id = ${partyId}::uuid AND o.state = 'confirmed' AND o.currency = 'USD'), 0)::bigint AS payouts,
        COALESCE((SELECT sum(x.amount_minor) FROM payment x
          WHERE x.payee_id = ${partyId}::uuid AND x.state = 'given' AND x.currency = 'USD'), 0)::bigint AS donations
      FROM payment m WHERE m.payer_id = ${partyId}::uuid AND m.currency = 'USD'`;
    const { policy } = await policyInForce(this.database);
    return {
      held: moneyView(sums!.held),
      givenToDevelopers: moneyView(sums!.given),
      paid: moneyView(sums!.paid),
      refunded: moneyView(sums!.refunded),
      payments: await Promise.all(shown.map((row) => paymentView(this.database, row, now))),
      next: rows.length > PAGE ? shown.at(-1)!.id : null,
      received: { donations: moneyView(sums!.donations), payouts: moneyView(sums!.payouts) },
      estimateCap: moneyView((await estimateCap(this.database, partyId, policy)).minor),
    };
  }

  /** A payment as its maker sees it right after opening it. */
  async checkout(tx: Tx, paymentId: string) {
    const payment = await tx.payment.findUniqueOrThrow({ where: { id: paymentId } });
    return {
      id: payment.id,
      state: payment.state,
      amount: moneyView(payment.amountMinor, payment.currency),
      serviceFee: moneyView(payment.serviceFeeMinor, payment.currency),
      total: moneyView(payment.amountMinor + payment.serviceFeeMinor, payment.currency),
      url: payment.checkoutUrl,
    };
  }
}
