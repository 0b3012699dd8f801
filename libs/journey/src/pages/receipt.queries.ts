import { Injectable } from "@nestjs/common";
import { type PaymentClaim, refusal, type ReceiptView } from "@freehold/contract";
import { Database, now, type Tx } from "@freehold/database";
import { split, statementSuffix } from "@freehold/escrow";
import { basisPointsDown, DAY_MS, isId } from "@freehold/values";
import { personById } from "../party/party.service.ts";
import { moneyView } from "./money-view.ts";
import { type PaymentRow, paymentRows, paymentView } from "./payments.ts";
import {
  type ChargebackRow,
  type PayoutRow,
  receiptEvents,
  type RefundRow,
  type ReversalRow,
} from "./receipt-events.ts";

type PaidRow = PayoutRow & { reason: string | null };

/** One payment of one's own: every event of it, where its money went or will go, and what can be stated about it. */
@Injectable()
export class ReceiptQueries {
  constructor(private readonly database: Database) {}

  /** Refuses pledge_not_found what is somebody else's, too. */
  receipt(partyId: string, paymentId: string): Promise<ReceiptView> {
    return this.database.snapshot(async (tx) => {
      const row = await ownPayment(tx, partyId, paymentId);
      const at = await now(tx);
      const view = await paymentView(tx, row, at);
      const { stateSince } = await tx.payment.findUniqueOrThrow({
        where: { id: row.id },
        select: { stateSince: true },
      });
      const [refunds, payouts] = [await refundsOf(tx, row.id), await payoutsOf(tx, row)];
      const live = payouts.filter((payout) => payout.state !== "stopped");
      const foreseen = live.length > 0 ? [] : await foreseenOf(tx, row);
      const fee = live.length > 0 ? live.reduce((sum, one) => sum + one.platformFee, 0n) : platformFeeOf(row);
      const left = view.latestDay === null ? null : new Date(view.latestDay).getTime() - at.getTime();
      return {
        ...view,
        person: (await personById(tx, partyId)).name,
        statementName: statementSuffix,
        processorReference: row.chargeId,
        policyVersionId: row.policyVersionId,
        platformFeeBasisPoints: row.platformFeeBasisPoints,
        platformFee: moneyView(fee, row.currency),
        payees: [
          ...foreseen,
          ...payouts.map((payout) => ({
            name: payout.name,
            reason: payout.reason ?? "payee",
            amount: moneyView(payout.amount, row.currency),
            state: stateOf(payout.state),
            paidAt: payout.confirmedAt?.toISOString() ?? null,
          })),
        ],
        daysLeft: left === null ? null : Math.max(0, Math.ceil(left / DAY_MS)),
        events: receiptEvents({
          row,
          stateSince,
          refunds,
          payouts: live,
          reversals: await reversalsOf(tx, row.id),
          chargebacks: await chargebacksOf(tx, row.id),
        }).map(({ at, sentence }) => ({ at: at.toISOString(), sentence })),
        claimable: row.chargedAt !== null,
      };
    });
  }

  /** What Freehold states about the payment as it is now. Refuses pledge_not_found, not_charged. */
  claim(partyId: string, paymentId: string, issuer: string, did: string): Promise<PaymentClaim> {
    return this.database.snapshot(async (tx) => {
      const row = await ownPayment(tx, partyId, paymentId);
      if (row.chargedAt === null || did === "") throw refusal("not_charged");
      const [clock] = await tx.$queryRaw<{ seconds: bigint }[]>`
        SELECT floor(extract(epoch FROM clock_now()))::bigint AS seconds`;
      return {
        iss: issuer,
        sub: did,
        iat: Number(clock!.seconds),
        payment: {
          id: row.id,
          kind: row.kind,
          amount: moneyView(row.amount, row.currency),
          serviceFee: moneyView(row.serviceFee, row.currency),
          refunded: moneyView(row.refunded, row.currency),
          state: row.state,
          chargedAt: row.chargedAt.toISOString(),
        },
        policyVersionId: row.policyVersionId,
        developmentId: row.developmentId,
        proposalId: row.proposalId,
      };
    });
  }
}

async function ownPayment(tx: Tx, partyId: string, paymentId: string): Promise<PaymentRow> {
  const [row] = isId(paymentId) ? await paymentRows(tx, partyId, { only: paymentId }) : [];
  if (row === undefined) throw refusal("pledge_not_found");
  return row;
}

const stateOf = (state: string): ReceiptView["payees"][number]["state"] =>
  state === "confirmed" ? "paid" : state === "stopped" ? "stopped" : "on_its_way";

/** What would be split: all of it, or what of it is still held. */
const atStake = (row: PaymentRow): bigint => (row.state === "held" ? row.held : row.amount);

const platformFeeOf = (row: PaymentRow): bigint =>
  row.kind === "donation" ? 0n : basisPointsDown(atStake(row), BigInt(row.platformFeeBasisPoints));

/** Who would be paid how much of a pledge that is held, by the development's lines. */
async function foreseenOf(tx: Tx, row: PaymentRow): Promise<ReceiptView["payees"]> {
  if (row.kind === "donation" || !["opened", "held"].includes(row.state)) return [];
  const lines = await tx.$queryRaw<{ partyId: string; name: string; reason: string; basisPoints: number }[]>`
    SELECT l.party_id AS "partyId", q.name, l.reason, l.basis_points AS "basisPoints"
    FROM payee_line l JOIN party q ON q.id = l.party_id WHERE l.development_id = ${row.developmentId}::uuid ORDER BY l.id`;
  if (lines.length === 0) return [];
  const shares = lines.map((line, index) => ({ payeeId: String(index), basisPoints: line.basisPoints }));
  return split(atStake(row), row.platformFeeBasisPoints, shares).payees.map(({ payeeId, amount }) => {
    const line = lines[Number(payeeId)]!;
    return {
      name: line.name,
      reason: line.reason,
      amount: moneyView(amount, row.currency),
      state: "foreseen" as const,
      paidAt: null,
    };
  });
}

const refundsOf = (tx: Tx, paymentId: string) => tx.$queryRaw<RefundRow[]>`
  SELECT r.kind, r.reason, r.amount_minor AS amount, r.service_fee_minor AS "serviceFee", r.absorbed_minor AS absorbed,
    r.created_at AS "createdAt", r.confirmed_at AS "confirmedAt",
    (SELECT max(h.at) FROM history h WHERE h.subject_type = 'refund' AND h.subject_id = r.id AND h.to_state = 'owed') AS "owedAt",
    (SELECT max(h.at) FROM history h WHERE h.subject_type = 'refund' AND h.subject_id = r.id AND h.to_state = 'repaid') AS "repaidAt"
  FROM refund r WHERE r.payment_id = ${paymentId}::uuid ORDER BY r.created_at, r.id`;

const payoutsOf = (tx: Tx, row: PaymentRow) => tx.$queryRaw<PaidRow[]>`
  SELECT q.name, o.amount_minor AS amount, o.platform_fee_minor AS "platformFee", o.state,
    o.created_at AS "createdAt", o.confirmed_at AS "confirmedAt",
    (SELECT l.reason FROM payee_line l WHERE l.development_id = ${row.developmentId}::uuid AND l.party_id = o.payee_id LIMIT 1) AS reason
  FROM payout o JOIN party q ON q.id = o.payee_id WHERE o.payment_id = ${row.id}::uuid ORDER BY o.created_at, o.id`;

const reversalsOf = (tx: Tx, paymentId: string) => tx.$queryRaw<ReversalRow[]>`
  SELECT q.name, v.amount_minor AS amount, v.confirmed_at AS "confirmedAt"
  FROM transfer_reversal v JOIN payout o ON o.id = v.payout_id JOIN party q ON q.id = o.payee_id
  WHERE o.payment_id = ${paymentId}::uuid AND v.state = 'confirmed' ORDER BY v.confirmed_at, v.id`;

const chargebacksOf = (tx: Tx, paymentId: string) => tx.$queryRaw<ChargebackRow[]>`
  SELECT state, amount_minor AS amount, opened_at AS "openedAt", closed_at AS "closedAt"
  FROM chargeback WHERE payment_id = ${paymentId}::uuid ORDER BY opened_at, id`;
