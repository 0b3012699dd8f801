import { Injectable } from "@nestjs/common";
import { type PayeeAccountView, type PayoutLine, type PayoutSums, type PayoutsView } from "@freehold/contract";
import { Database, Prisma, type Tx } from "@freehold/database";
import { readPlace } from "../cursor.ts";
import { moneyView } from "./money-view.ts";
import { accountSentence, payoutStateOf } from "./payout-state.ts";

const PAGE = 50;
const DONATIONS = 30;

interface SumRow {
  currency: string;
  gross: bigint;
  platformFee: bigint;
  net: bigint;
  paid: bigint;
  waiting: bigint;
  reversed: bigint;
}

interface LineRow {
  id: string;
  developmentId: string;
  proposalId: string;
  title: string;
  state: string;
  net: bigint;
  platformFee: bigint;
  reversed: bigint;
  netted: bigint;
  currency: string;
  authorisedAt: Date;
  paidAt: Date | null;
  intentState: string | null;
  attempt: number | null;
  stopCause: string | null;
  transfersStopped: boolean;
}

type Account = PayeeAccountView["state"];

/** What one party is paid for released features, and what it was given: two lists, each newest first. */
@Injectable()
export class PayoutsQueries {
  constructor(private readonly database: Database) {}

  /** @param places where each list goes on; refuses request_invalid what is no place in it */
  async payouts(partyId: string, places: { after?: string; donations?: string }): Promise<PayoutsView> {
    const [place, donationPlace] = [readPlace(places.after), readPlace(places.donations)];
    return this.database.snapshot(async (tx) => {
      const account = await tx.payoutAccount.findUnique({ where: { partyId } });
      const state = (account?.state ?? "none") as Account;
      const totals = await sumsOf(tx, partyId);
      const rows = await linesOf(tx, partyId, place);
      const shown = rows.slice(0, PAGE);
      const donations = await donationsOf(tx, partyId, donationPlace);
      const shownDonations = donations.slice(0, DONATIONS);
      const waits = totals.some((sums) => sums.waiting > 0n);
      return {
        account: { state, checkedAt: account?.checkedAt?.toISOString() ?? null },
        totals: totals.map(sumsView),
        donated: await donatedTo(tx, partyId),
        nextStep:
          waits && state !== "payable"
            ? { sentence: `${accountSentence(state)} What waits goes out then.`, path: "/get-paid" }
            : null,
        developments: await this.#inRuns(tx, partyId, shown, state),
        next: rows.length > PAGE ? shown.at(-1)!.id : null,
        donations: shownDonations.map((row) => ({
          id: row.id,
          proposal: { id: row.proposalId, title: row.title },
          amount: moneyView(row.amount, row.currency),
          at: row.at.toISOString(),
        })),
        nextDonations: donations.length > DONATIONS ? shownDonations.at(-1)!.id : null,
      };
    });
  }

  /** Rows that follow one another and belong to one development, under that development's own sums. */
  async #inRuns(tx: Tx, partyId: string, rows: readonly LineRow[], account: Account) {
    const ids = [...new Set(rows.map((row) => row.developmentId))];
    const sums = ids.length === 0 ? [] : await sumsByDevelopment(tx, partyId, ids);
    const runs: PayoutsView["developments"] = [];
    for (const row of rows) {
      if (runs.at(-1)?.id !== row.developmentId) {
        // A development has one currency, as its row says.
        const own = sums.find((one) => one.developmentId === row.developmentId && one.currency === row.currency);
        runs.push({
          id: row.developmentId,
          proposal: { id: row.proposalId, title: row.title },
          pledges: own?.pledges ?? 0,
          sums: sumsView(own ?? { ...nothing, currency: row.currency }),
          lines: [],
        });
      }
      runs.at(-1)!.lines.push(lineView(row, account));
    }
    return runs;
  }
}

const nothing = { gross: 0n, platformFee: 0n, net: 0n, paid: 0n, waiting: 0n, reversed: 0n };

const sumsView = ({ currency, ...sums }: SumRow): PayoutSums => ({
  gross: moneyView(sums.gross, currency),
  platformFee: moneyView(sums.platformFee, currency),
  net: moneyView(sums.net, currency),
  paid: moneyView(sums.paid, currency),
  waiting: moneyView(sums.waiting, currency),
  reversed: moneyView(sums.reversed, currency),
});

function lineView(row: LineRow, account: Account): PayoutLine {
  const { state, why } = payoutStateOf(row, account);
  const view = (minor: bigint) => moneyView(minor, row.currency);
  return {
    id: row.id,
    state,
    why,
    gross: view(row.net + row.platformFee),
    platformFee: view(row.platformFee),
    net: view(row.net),
    reversed: view(row.reversed),
    netted: view(row.netted),
    authorisedAt: row.authorisedAt.toISOString(),
    paidAt: row.paidAt?.toISOString() ?? null,
  };
}

/** What a payee's rows sum up to; each is one currency's own. */
const figures = Prisma.sql`
  COALESCE(sum(o.amount_minor + o.platform_fee_minor), 0)::bigint AS gross,
  COALESCE(sum(o.platform_fee_minor), 0)::bigint AS "platformFee",
  COALESCE(sum(o.amount_minor), 0)::bigint AS net,
  COALESCE(sum(o.amount_minor) FILTER (WHERE o.state = 'confirmed'), 0)::bigint AS paid,
  COALESCE(sum(o.amount_minor) FILTER (WHERE o.state = 'planned'), 0)::bigint AS waiting,
  COALESCE(sum(o.reversed_minor), 0)::bigint AS reversed`;

const sumsOf = (tx: Tx, partyId: string) => tx.$queryRaw<SumRow[]>`
  SELECT o.currency, ${figures} FROM payout o WHERE o.payee_id = ${partyId}::uuid AND o.state <> 'stopped'
  GROUP BY o.currency ORDER BY o.currency`;

const sumsByDevelopment = (tx: Tx, partyId: string, ids: string[]) => tx.$queryRaw<
  (SumRow & { developmentId: string; pledges: number })[]
>`
  SELECT m.development_id AS "developmentId", o.currency, count(DISTINCT m.id)::int AS pledges, ${figures}
  FROM payment m JOIN payout o ON o.payment_id = m.id
  WHERE m.development_id = ANY(${ids}::uuid[]) AND o.payee_id = ${partyId}::uuid AND o.state <> 'stopped'
  GROUP BY m.development_id, o.currency`;

const linesOf = (tx: Tx, partyId: string, place: string | null) => tx.$queryRaw<LineRow[]>`
  SELECT o.id, m.development_id AS "developmentId", p.id AS "proposalId", p.title, o.state, o.amount_minor AS net,
    o.platform_fee_minor AS "platformFee", o.reversed_minor AS reversed, o.netted_minor AS netted, o.currency,
    o.created_at AS "authorisedAt", o.confirmed_at AS "paidAt", i.state AS "intentState", i.attempt,
    (SELECT s.cause FROM payment_stop s WHERE s.payment_id = m.id AND s.lifted_at IS NULL ORDER BY s.since LIMIT 1) AS "stopCause",
    EXISTS (SELECT 1 FROM transfer_stop s WHERE s.lifted_at IS NULL) AS "transfersStopped"
  FROM payout o JOIN payment m ON m.id = o.payment_id JOIN development d ON d.id = m.development_id
  JOIN proposal p ON p.id = d.proposal_id
  LEFT JOIN LATERAL (SELECT state, attempt FROM intent WHERE purpose = 'transfer' AND subject_id = o.id
    ORDER BY attempt DESC LIMIT 1) i ON true
  WHERE o.payee_id = ${partyId}::uuid AND (${place}::uuid IS NULL
    OR (o.created_at, o.id) < (SELECT x.created_at, x.id FROM payout x WHERE x.id = ${place}::uuid))
  ORDER BY o.created_at DESC, o.id DESC LIMIT ${PAGE + 1}`;

async function donatedTo(tx: Tx, partyId: string) {
  const rows = await tx.$queryRaw<{ currency: string; sum: bigint }[]>`
    SELECT currency, sum(amount_minor)::bigint AS sum FROM payment
    WHERE payee_id = ${partyId}::uuid AND state = 'given' GROUP BY currency ORDER BY currency`;
  return rows.map((row) => moneyView(row.sum, row.currency));
}

const donationsOf = (tx: Tx, partyId: string, place: string | null) => tx.$queryRaw<
  { id: string; proposalId: string; title: string; amount: bigint; currency: string; at: Date }[]
>`
  SELECT m.id, p.id AS "proposalId", p.title, m.amount_minor AS amount, m.currency, m.charged_at AS at
  FROM payment m JOIN development d ON d.id = m.development_id JOIN proposal p ON p.id = d.proposal_id
  WHERE m.payee_id = ${partyId}::uuid AND m.state = 'given' AND (${place}::uuid IS NULL
    OR (m.charged_at, m.id) < (SELECT x.charged_at, x.id FROM payment x WHERE x.id = ${place}::uuid))
  ORDER BY m.charged_at DESC, m.id DESC LIMIT ${DONATIONS + 1}`;
