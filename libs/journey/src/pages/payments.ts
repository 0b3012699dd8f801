import type { MyPayment, PaymentState } from "@freehold/contract";
import type { Tx } from "@freehold/database";
import { after } from "@freehold/values";
import { msOf } from "../policy.ts";
import { policyVersion } from "../space/policy.ts";
import { moneyView } from "./money-view.ts";

/** One payment with what its pages say about it. Sums are minor units of `currency`. */
export interface PaymentRow {
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
  held: bigint;
  platformFeeBasisPoints: number;
  currency: string;
  state: PaymentState;
  createdAt: Date;
  chargedAt: Date | null;
  /** What has come back to the payer's card. */
  refunded: bigint;
  checkoutUrl: string | null;
  checkoutExpiresAt: Date | null;
  chargeId: string | null;
}

/** A party's payments, newest first; `only` names one of them. A payment's id follows from its request, not from the time. */
export function paymentRows(
  tx: Tx,
  partyId: string,
  { only = null, place = null, limit = 1 }: { only?: string | null; place?: string | null; limit?: number },
): Promise<PaymentRow[]> {
  return tx.$queryRaw<PaymentRow[]>`
    SELECT m.id, m.kind, m.development_id AS "developmentId", p.id AS "proposalId", p.title, p.stage,
      v.closes_at AS "closesAt", d.decide_by AS "decideBy", d.policy_version_id AS "developmentPolicyId",
      COALESCE(g.policy_version_id, o.policy_version_id) AS "policyVersionId", q.name AS developer, m.currency,
      m.amount_minor AS amount, m.held_minor AS held, m.service_fee_minor AS "serviceFee", m.platform_fee_basis_points AS "platformFeeBasisPoints", m.state,
      m.created_at AS "createdAt", m.charged_at AS "chargedAt", m.checkout_url AS "checkoutUrl",
      m.checkout_expires_at AS "checkoutExpiresAt", m.charge_id AS "chargeId",
      COALESCE((SELECT sum(r.amount_minor - r.absorbed_minor) FROM refund r
        WHERE r.payment_id = m.id AND r.state IN ('confirmed', 'repaid')), 0)::bigint AS refunded
    FROM payment m JOIN development d ON d.id = m.development_id JOIN proposal p ON p.id = d.proposal_id
    JOIN party q ON q.id = d.developer_id
    LEFT JOIN preview v ON v.development_id = d.id
    LEFT JOIN pledge g ON g.id = m.id LEFT JOIN donation o ON o.id = m.id
    WHERE m.payer_id = ${partyId}::uuid AND (${only}::uuid IS NULL OR m.id = ${only}::uuid)
      AND (${place}::uuid IS NULL
        OR (m.created_at, m.id) < (SELECT x.created_at, x.id FROM payment x WHERE x.id = ${place}::uuid))
    ORDER BY m.created_at DESC, m.id DESC LIMIT ${limit}`;
}

/** A payment as its payer sees it at a moment of story time. */
export async function paymentView(tx: Tx, row: PaymentRow, now: Date): Promise<MyPayment> {
  const open = row.state === "opened" && row.checkoutExpiresAt !== null && now < row.checkoutExpiresAt;
  const stillHeld = row.kind === "pledge" && ["opened", "held", "settling", "refunding"].includes(row.state);
  const policy = stillHeld ? await policyVersion(tx, row.developmentPolicyId) : null;
  const latest = row.decideBy ?? (policy === null ? null : after(row.chargedAt ?? now, msOf(policy, "decide_by")));
  return {
    id: row.id,
    kind: row.kind,
    proposal: { id: row.proposalId, title: row.title },
    developer: row.developer,
    amount: moneyView(row.amount, row.currency),
    serviceFee: moneyView(row.serviceFee, row.currency),
    total: moneyView(row.amount + row.serviceFee, row.currency),
    held: moneyView(row.held, row.currency),
    state: row.state,
    paidAt: row.chargedAt?.toISOString() ?? null,
    refunded: moneyView(row.refunded, row.currency),
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
