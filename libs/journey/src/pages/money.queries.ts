import { Injectable } from "@nestjs/common";
import {
  type BooksView,
  type MyMoney,
  type MyPayment,
  type PaymentState,
  refusal,
  type ReceiptView,
} from "@freehold/contract";
import { Database, type Tx } from "@freehold/database";
import { statementSuffix, Vault } from "@freehold/escrow";
import { after, formatMoney, isId, usd } from "@freehold/values";
import { readPlace } from "../cursor.ts";
import { estimateCap } from "../party/support.ts";
import { personById } from "../party/party.service.ts";
import { msOf } from "../policy.ts";
import { policyInForce, policyVersion } from "../space/policy.ts";
import { moneyView } from "./money-view.ts";

const PAGE = 30;

interface Row {
  id: string;
  kind: "pledge" | "donation";
  developmentId: string;
  proposalId: string;
  title: string;
  stage: string;
  closesAt: Date | null;
  decideBy: Date | null;
  developmentPolicyId: string;
  policyVersionId: string;
  developer: string;
  amount: bigint;
  serviceFee: bigint;
  platformFee: number;
  state: PaymentState;
  createdAt: Date;
  chargedAt: Date | null;
  refunded: bigint;
  refundState: string | null;
  refundedAt: Date | null;
  checkoutUrl: string | null;
  checkoutExpiresAt: Date | null;
  chargeId: string | null;
  paidAt: Date | null;
}

/** What a party paid, what is held, what came back; what it received; and the public books. */
@Injectable()
export class MoneyQueries {
  constructor(
    private readonly database: Database,
    private readonly vault: Vault,
  ) {}

  async mine(partyId: string, after?: string): Promise<MyMoney> {
    const place = readPlace(after);
    const rows = await this.#rows(partyId, null, place, PAGE + 1);
    const now = await this.database.now();
    const shown = rows.slice(0, PAGE);
    const [sums] = await this.database.$queryRaw<{ held: bigint; given: bigint; paid: bigint; refunded: bigint }[]>`
      SELECT COALESCE(sum(m.amount_minor) FILTER (WHERE m.state = 'held'), 0)::bigint AS held,
        COALESCE(sum(m.amount_minor) FILTER (WHERE m.state = 'given'), 0)::bigint AS given,
        COALESCE(sum(m.amount_minor) FILTER (WHERE m.kind = 'pledge' AND m.state IN ('paid', 'settling')), 0)::bigint AS paid,
        COALESCE((SELECT sum(r.amount_minor) FROM refund r JOIN payment x ON x.id = r.payment_id WHERE x.payer_id = ${partyId}::uuid AND r.state = 'confirmed'), 0)::bigint AS refunded
      FROM payment m WHERE m.payer_id = ${partyId}::uuid`;
    const { policy } = await policyInForce(this.database);
    return {
      held: moneyView(sums!.held),
      givenToDevelopers: moneyView(sums!.given),
      paid: moneyView(sums!.paid),
      refunded: moneyView(sums!.refunded),
      payments: await Promise.all(shown.map((row) => this.#view(row, now))),
      next: rows.length > PAGE ? shown.at(-1)!.id : null,
      received: await this.#received(partyId),
      estimateCap: moneyView((await estimateCap(this.database, partyId, policy)).minor),
    };
  }

  /** One payment of the party's own. Refuses pledge_not_found what is somebody else's. */
  async receipt(partyId: string, paymentId: string): Promise<ReceiptView> {
    const [row] = isId(paymentId) ? await this.#rows(partyId, paymentId, null, 1) : [];
    if (row === undefined) throw refusal("pledge_not_found");
    const view = await this.#view(row, await this.database.now());
    const person = await personById(this.database, partyId);
    const total = formatMoney(usd(row.amount + row.serviceFee), { cents: true });
    const events: ReceiptView["events"] = [
      { at: row.createdAt.toISOString(), sentence: "The payment page was opened." },
    ];
    const tell = (at: Date | null, sentence: string) => at !== null && events.push({ at: at.toISOString(), sentence });
    if (row.kind === "donation")
      tell(
        row.chargedAt,
        `You paid ${total}; ${formatMoney(usd(row.amount), { cents: true })} went to ${row.developer} at once.`,
      );
    else
      tell(
        row.chargedAt,
        `You paid ${total}; ${formatMoney(usd(row.amount), { cents: true })} is held for the feature.`,
      );
    if (row.refundState === "confirmed")
      tell(row.refundedAt, `${formatMoney(usd(row.refunded), { cents: true })} went back to your card.`);
    tell(row.paidAt, `Your pledge was paid out to ${row.developer}.`);
    return {
      ...view,
      person: person.name,
      statementName: statementSuffix,
      processorReference: row.chargeId,
      policyVersionId: row.policyVersionId,
      platformFeeBasisPoints: row.platformFee,
      events,
    };
  }

  async #view(row: Row, now: Date): Promise<MyPayment> {
    const open = row.state === "opened" && row.checkoutExpiresAt !== null && now < row.checkoutExpiresAt;
    const stillHeld = row.kind === "pledge" && ["opened", "held", "settling", "refunding"].includes(row.state);
    const policy = stillHeld ? await policyVersion(this.database, row.developmentPolicyId) : null;
    const latest = row.decideBy ?? (policy === null ? null : after(row.chargedAt ?? now, msOf(policy, "decide_by")));
    return {
      id: row.id,
      kind: row.kind,
      proposal: { id: row.proposalId, title: row.title },
      developer: row.developer,
      amount: moneyView(row.amount),
      serviceFee: moneyView(row.serviceFee),
      total: moneyView(row.amount + row.serviceFee),
      state: row.state,
      paidAt: row.chargedAt?.toISOString() ?? null,
      refunded: moneyView(row.refundState === "confirmed" ? row.refunded : 0n),
      latestDay: stillHeld ? (latest?.toISOString() ?? null) : null,
      canTakeBack:
        row.kind === "pledge" &&
        row.stage === "in_preview" &&
        row.closesAt !== null &&
        now < row.closesAt &&
        (row.state === "held" || row.state === "opened"),
      checkoutUrl: open ? row.checkoutUrl : null,
    };
  }

  /** Newest first. A payment's id follows from its request, not from the time (apps/api, RequestId). */
  #rows(partyId: string, paymentId: string | null, place: string | null, limit: number): Promise<Row[]> {
    return this.database.$queryRaw<Row[]>`
      SELECT m.id, m.kind, m.development_id AS "developmentId", p.id AS "proposalId", p.title, p.stage,
        v.closes_at AS "closesAt", d.decide_by AS "decideBy", d.policy_version_id AS "developmentPolicyId",
        COALESCE(g.policy_version_id, o.policy_version_id) AS "policyVersionId", q.name AS developer,
        m.amount_minor AS amount, m.service_fee_minor AS "serviceFee", m.platform_fee_basis_points AS "platformFee", m.state,
        m.created_at AS "createdAt", m.charged_at AS "chargedAt", COALESCE(r.amount_minor, 0)::bigint AS refunded, r.state AS "refundState",
        r.confirmed_at AS "refundedAt", m.checkout_url AS "checkoutUrl", m.checkout_expires_at AS "checkoutExpiresAt",
        m.charge_id AS "chargeId", CASE WHEN m.state = 'paid' THEN m.state_since END AS "paidAt"
      FROM payment m JOIN development d ON d.id = m.development_id JOIN proposal p ON p.id = d.proposal_id
      JOIN party q ON q.id = d.developer_id
      LEFT JOIN preview v ON v.development_id = d.id
      LEFT JOIN pledge g ON g.id = m.id LEFT JOIN donation o ON o.id = m.id
      LEFT JOIN refund r ON r.payment_id = m.id
      WHERE m.payer_id = ${partyId}::uuid AND (${paymentId}::uuid IS NULL OR m.id = ${paymentId}::uuid)
        AND (${place}::uuid IS NULL
          OR (m.created_at, m.id) < (SELECT x.created_at, x.id FROM payment x WHERE x.id = ${place}::uuid))
      ORDER BY m.created_at DESC, m.id DESC LIMIT ${limit}`;
  }

  async #received(partyId: string): Promise<MyMoney["received"]> {
    const rows = await this.database.$queryRaw<
      {
        id: string;
        proposalId: string;
        title: string;
        kind: "payout" | "donation";
        amount: bigint;
        state: string;
        at: Date;
      }[]
    >`
      SELECT x.id, p.id AS "proposalId", p.title, x.kind, x.amount, x.state, x.at FROM (
        SELECT o.id, m.development_id, 'payout' AS kind, o.amount_minor AS amount, o.state, COALESCE(o.confirmed_at, o.created_at) AS at
        FROM payout o JOIN payment m ON m.id = o.payment_id WHERE o.payee_id = ${partyId}::uuid
        UNION ALL
        SELECT m.id, m.development_id, 'donation', m.amount_minor, 'confirmed', m.charged_at
        FROM payment m WHERE m.payee_id = ${partyId}::uuid AND m.state = 'given') AS x
      JOIN development d ON d.id = x.development_id JOIN proposal p ON p.id = d.proposal_id
      ORDER BY x.at DESC LIMIT 200`;
    const [sums] = await this.database.$queryRaw<{ payouts: bigint; donations: bigint }[]>`
      SELECT COALESCE((SELECT sum(amount_minor) FROM payout WHERE payee_id = ${partyId}::uuid AND state = 'confirmed'), 0)::bigint AS payouts,
        COALESCE((SELECT sum(amount_minor) FROM payment WHERE payee_id = ${partyId}::uuid AND state = 'given'), 0)::bigint AS donations`;
    return {
      donations: moneyView(sums!.donations),
      payouts: moneyView(sums!.payouts),
      rows: rows.map((row) => ({
        id: row.id,
        proposal: { id: row.proposalId, title: row.title },
        kind: row.kind,
        amount: moneyView(row.amount),
        state: row.state,
        at: row.at.toISOString(),
      })),
    };
  }

  async books(): Promise<BooksView> {
    const { ownFunds, floor } = await this.vault.ownFunds.state();
    const [row] = await this.database.$queryRaw<
      { held: bigint; developments: number; oldest: Date | null; paid: bigint; refunded: bigint; donated: bigint }[]
    >`
      SELECT COALESCE(sum(amount_minor) FILTER (WHERE state = 'held'), 0)::bigint AS held,
        (count(DISTINCT development_id) FILTER (WHERE state = 'held'))::int AS developments,
        min(charged_at) FILTER (WHERE state = 'held') AS oldest,
        COALESCE((SELECT sum(amount_minor) FROM payout WHERE state = 'confirmed'), 0)::bigint AS paid,
        COALESCE((SELECT sum(amount_minor) FROM refund WHERE state = 'confirmed'), 0)::bigint AS refunded,
        COALESCE(sum(amount_minor) FILTER (WHERE state = 'given'), 0)::bigint AS donated
      FROM payment`;
    const proof = await this.database.booksProof.findFirst({ orderBy: { at: "desc" } });
    return {
      held: moneyView(row!.held),
      developments: row!.developments,
      oldestHoldAt: row!.oldest?.toISOString() ?? null,
      paid: moneyView(row!.paid),
      refunded: moneyView(row!.refunded),
      donated: moneyView(row!.donated),
      ownFunds: moneyView(ownFunds.minor),
      ownFundsFloor: moneyView(floor.minor),
      proof:
        proof === null
          ? null
          : { at: proof.at.toISOString(), balanced: proof.balanced, findings: proof.findings as string[] },
    };
  }

  /** A payment as its maker sees it right after opening it. */
  async checkout(tx: Tx, paymentId: string) {
    const payment = await tx.payment.findUniqueOrThrow({ where: { id: paymentId } });
    return {
      id: payment.id,
      state: payment.state,
      amount: moneyView(payment.amountMinor),
      serviceFee: moneyView(payment.serviceFeeMinor),
      total: moneyView(payment.amountMinor + payment.serviceFeeMinor),
      url: payment.checkoutUrl,
    };
  }
}
