import type { Database } from "@freehold/database";
import type { Movement } from "./movements.queries.ts";

const PAGE = 500;

interface Begun {
  id: string;
  begunAt: Date;
}

/** Reads a source page by page by what its rows began with: no offset, no cursor held open while somebody downloads. */
async function* inPages<Row extends Begun>(
  read: (after: Begun | null) => Promise<Row[]>,
  movementsOf: (rows: Row[]) => Promise<Movement[]>,
): AsyncGenerator<Movement, void> {
  for (let after: Begun | null = null; ;) {
    const rows: Row[] = await read(after);
    yield* await movementsOf(rows);
    if (rows.length < PAGE) return;
    after = rows.at(-1)!;
  }
}

interface PaidRow extends Begun {
  kind: "pledge" | "donation";
  title: string;
  developer: string;
  amount: bigint;
  serviceFee: bigint;
  currency: string;
  state: string;
  chargeId: string | null;
  chargedAt: Date;
}

interface CameBack {
  paymentId: string;
  at: Date;
  amount: bigint;
  state: string;
  objectId: string | null;
}

/** What the party paid: the charge and the service fee apart, then what came back of them. */
export function paidInPages(database: Database, partyId: string, until: Date): AsyncGenerator<Movement, void> {
  const read = (after: Begun | null) => database.$queryRaw<PaidRow[]>`
    SELECT m.id, m.created_at AS "begunAt", m.kind, p.title, q.name AS developer, m.amount_minor AS amount,
      m.service_fee_minor AS "serviceFee", m.currency, m.state, m.charge_id AS "chargeId", m.charged_at AS "chargedAt"
    FROM payment m JOIN development d ON d.id = m.development_id JOIN proposal p ON p.id = d.proposal_id
    JOIN party q ON q.id = d.developer_id
    WHERE m.payer_id = ${partyId}::uuid AND m.charged_at IS NOT NULL AND m.created_at <= ${until}::timestamptz
      AND (${after?.id ?? null}::uuid IS NULL
        OR (m.created_at, m.id) > (SELECT x.created_at, x.id FROM payment x WHERE x.id = ${after?.id ?? null}::uuid))
    ORDER BY m.created_at, m.id LIMIT ${PAGE}`;
  return inPages(read, async (rows) => {
    const ids = rows.map((row) => row.id);
    const [refunds, chargebacks] = ids.length === 0 ? [[], []] : await cameBack(database, ids);
    return rows.flatMap((row) => {
      const base = {
        begunAt: row.begunAt,
        beginId: row.id,
        part: "payer" as const,
        proposal: row.title,
        counterparty: row.developer,
        currency: row.currency,
        receiptId: row.id,
      };
      const paid = { ...base, at: row.chargedAt, processorReference: row.chargeId, state: row.state };
      const back = (found: CameBack[], kind: "refund" | "chargeback") =>
        found
          .filter((one) => one.paymentId === row.id)
          .map((one) => ({
            ...base,
            kind,
            at: one.at,
            minor: one.amount,
            state: one.state,
            processorReference: one.objectId,
          }));
      return [
        { ...paid, kind: row.kind, minor: -row.amount },
        { ...paid, kind: "service fee" as const, minor: -row.serviceFee, state: "paid" },
        ...back(refunds, "refund"),
        ...back(chargebacks, "chargeback"),
      ];
    });
  });
}

/** Refunds with their states, and what a bank took back and has. */
async function cameBack(database: Database, ids: string[]): Promise<[CameBack[], CameBack[]]> {
  return Promise.all([
    database.$queryRaw<CameBack[]>`
      SELECT payment_id AS "paymentId", COALESCE(confirmed_at, created_at) AS at, amount_minor - absorbed_minor AS amount,
        state, object_id AS "objectId"
      FROM refund WHERE payment_id = ANY(${ids}::uuid[]) AND amount_minor > absorbed_minor ORDER BY created_at, id`,
    database.$queryRaw<CameBack[]>`
      SELECT payment_id AS "paymentId", opened_at AS at, amount_minor AS amount, state, object_id AS "objectId"
      FROM chargeback WHERE payment_id = ANY(${ids}::uuid[]) AND state IN ('open', 'lost') ORDER BY opened_at, id`,
  ]);
}

interface ReceivedRow extends Begun {
  title: string;
  amount: bigint;
  currency: string;
  state: string;
  chargeId: string | null;
  chargedAt: Date;
}

/** What the party was given. Who gave it is theirs to say, not ours. */
export function receivedInPages(database: Database, partyId: string, until: Date): AsyncGenerator<Movement, void> {
  const read = (after: Begun | null) => database.$queryRaw<ReceivedRow[]>`
    SELECT m.id, m.created_at AS "begunAt", p.title, m.amount_minor AS amount, m.currency, m.state,
      COALESCE(m.passed_on_id, m.charge_id) AS "chargeId", m.charged_at AS "chargedAt"
    FROM payment m JOIN development d ON d.id = m.development_id JOIN proposal p ON p.id = d.proposal_id
    WHERE m.payee_id = ${partyId}::uuid AND m.state = 'given' AND m.created_at <= ${until}::timestamptz
      AND (${after?.id ?? null}::uuid IS NULL
        OR (m.created_at, m.id) > (SELECT x.created_at, x.id FROM payment x WHERE x.id = ${after?.id ?? null}::uuid))
    ORDER BY m.created_at, m.id LIMIT ${PAGE}`;
  return inPages(read, async (rows) =>
    rows.map((row) => ({
      begunAt: row.begunAt,
      beginId: row.id,
      at: row.chargedAt,
      kind: "donation" as const,
      part: "payee" as const,
      proposal: row.title,
      counterparty: "a backer",
      minor: row.amount,
      currency: row.currency,
      state: row.state,
      processorReference: row.chargeId,
      receiptId: row.id,
    })),
  );
}

interface PayoutRow extends Begun {
  title: string;
  payer: string | null;
  net: bigint;
  platformFee: bigint;
  currency: string;
  state: string;
  objectId: string | null;
  at: Date;
}

/** What the party is paid for released features: its share before Freehold's part, that part, and what came back. */
export function payoutsInPages(database: Database, partyId: string, until: Date): AsyncGenerator<Movement, void> {
  const read = (after: Begun | null) => database.$queryRaw<PayoutRow[]>`
    SELECT o.id, o.created_at AS "begunAt", p.title, CASE WHEN g.named THEN q.name END AS payer, o.amount_minor AS net,
      o.platform_fee_minor AS "platformFee", o.currency, o.state, o.object_id AS "objectId",
      COALESCE(o.confirmed_at, o.created_at) AS at
    FROM payout o JOIN payment m ON m.id = o.payment_id JOIN development d ON d.id = m.development_id
    JOIN proposal p ON p.id = d.proposal_id JOIN party q ON q.id = m.payer_id LEFT JOIN pledge g ON g.id = m.id
    WHERE o.payee_id = ${partyId}::uuid AND o.state <> 'stopped' AND o.created_at <= ${until}::timestamptz
      AND (${after?.id ?? null}::uuid IS NULL
        OR (o.created_at, o.id) > (SELECT x.created_at, x.id FROM payout x WHERE x.id = ${after?.id ?? null}::uuid))
    ORDER BY o.created_at, o.id LIMIT ${PAGE}`;
  return inPages(read, async (rows) => {
    const ids = rows.map((row) => row.id);
    const reversals =
      ids.length === 0
        ? []
        : await database.$queryRaw<{ payoutId: string; at: Date; amount: bigint; objectId: string | null }[]>`
            SELECT payout_id AS "payoutId", confirmed_at AS at, amount_minor AS amount, object_id AS "objectId"
            FROM transfer_reversal WHERE payout_id = ANY(${ids}::uuid[]) AND state = 'confirmed' ORDER BY confirmed_at, id`;
    return rows.flatMap((row) => {
      const base = {
        begunAt: row.begunAt,
        beginId: row.id,
        part: "payee" as const,
        proposal: row.title,
        counterparty: row.payer ?? "a backer",
        currency: row.currency,
        receiptId: row.id,
      };
      const paid = { ...base, at: row.at, processorReference: row.objectId, state: row.state };
      return [
        { ...paid, kind: "payout" as const, minor: row.net + row.platformFee },
        { ...paid, kind: "platform fee" as const, counterparty: "Freehold", minor: -row.platformFee },
        ...reversals
          .filter((one) => one.payoutId === row.id)
          .map((one) => ({
            ...base,
            kind: "reversal" as const,
            at: one.at,
            minor: -one.amount,
            state: "confirmed",
            processorReference: one.objectId,
          })),
      ];
    });
  });
}
