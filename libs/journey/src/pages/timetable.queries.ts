import { Injectable } from "@nestjs/common";
import {
  type FrontView,
  type ProjectView,
  type ProposalList,
  refusal,
  type Stage,
  type TimetableRow,
  type WidgetView,
} from "@freehold/contract";
import { Database, Prisma } from "@freehold/database";
import { formatMoney, isId, sayDay, usd } from "@freehold/values";
import { readRank, writeRank } from "../cursor.ts";
import { peopleById } from "../party/party.service.ts";
import { moneyView } from "./money-view.ts";

const PAGE = 20;
const GROUP = 12;

interface Row {
  id: string;
  title: string;
  slug: string;
  project: string;
  stage: Stage;
  developerId: string | null;
  date: Date | null;
  estimated: bigint;
  estimators: number;
  held: bigint;
  backers: number;
  paid: bigint;
  rank: bigint;
}

/** The lists of the front page: every row of the timetable has the same shape. */
@Injectable()
export class TimetableQueries {
  constructor(private readonly database: Database) {}

  async front(): Promise<FrontView> {
    const group = (stages: Stage[], order: Prisma.Sql) =>
      this.#rows(Prisma.sql`p.stage = ANY(${stages})`, order, GROUP);
    const newest = Prisma.sql`p.stage_since DESC, p.id DESC`;
    const [readyToTry, beingBuilt, setFree, wishes, books] = await Promise.all([
      group(["in_preview", "in_decision", "releasing", "in_verification", "settling"], newest),
      group(["in_development"], newest),
      group(["settled"], newest),
      group(["open"], Prisma.sql`p.rank_minor DESC, p.id DESC`),
      this.#books(),
    ]);
    return {
      readyToTry: await this.#views(readyToTry),
      beingBuilt: await this.#views(beingBuilt),
      setFree: await this.#views(setFree),
      wishes: await this.#views(wishes),
      books,
    };
  }

  /** 003-14: ranked by what established people would pay. */
  async list(query: {
    stage?: Stage | undefined;
    project?: string | undefined;
    after?: string | undefined;
  }): Promise<ProposalList> {
    const place = readRank(query.after);
    const parts = [Prisma.sql`true`];
    if (query.stage !== undefined) parts.push(Prisma.sql`p.stage = ${query.stage}`);
    if (query.project !== undefined) parts.push(Prisma.sql`j.slug = ${query.project}`);
    if (place !== null) parts.push(Prisma.sql`(p.rank_minor, p.id) < (${place.rank}, ${place.id}::uuid)`);
    const rows = await this.#rows(Prisma.join(parts, " AND "), Prisma.sql`p.rank_minor DESC, p.id DESC`, PAGE + 1);
    const shown = rows.slice(0, PAGE);
    const last = shown.at(-1);
    return {
      rows: await this.#views(shown),
      next: rows.length > PAGE && last !== undefined ? writeRank(last.rank, last.id) : null,
    };
  }

  /** Refuses project_not_found. */
  async project(slug: string, after?: string): Promise<ProjectView> {
    const project = await this.database.project.findUnique({ where: { slug } });
    if (project === null) throw refusal("project_not_found");
    const list = await this.list({ project: slug, after });
    return { slug, name: project.name, claimed: project.claimedAt !== null, ...list };
  }

  /** What the badge and the element show. Refuses proposal_not_found. */
  async widget(id: string, publicUrl: string): Promise<WidgetView> {
    const [row] = isId(id) ? await this.#rows(Prisma.sql`p.id = ${id}::uuid`, Prisma.sql`p.id`, 1) : [];
    if (row === undefined) throw refusal("proposal_not_found");
    const [amount, amountKind] =
      row.stage === "settled"
        ? ([row.paid, "paid"] as const)
        : row.held > 0n
          ? ([row.held, "held"] as const)
          : ([row.estimated, "estimated"] as const);
    return {
      id,
      title: row.title,
      project: row.project,
      stage: row.stage,
      line: `${stageWords[row.stage]}${row.date === null ? "" : ` ${sayDay(row.date)}`} · ${formatMoney(usd(amount))} ${amountKind}`,
      amount: moneyView(amount),
      amountKind,
      url: `${publicUrl}/proposals/${id}`,
    };
  }

  #rows(where: Prisma.Sql, order: Prisma.Sql, limit: number): Promise<Row[]> {
    return this.database.$queryRaw<Row[]>`
      SELECT p.id, p.title, j.slug, j.name AS project, p.stage, d.developer_id AS "developerId", p.rank_minor AS rank,
        CASE p.stage WHEN 'in_development' THEN d.expected_preview_at
          WHEN 'in_preview' THEN v.closes_at
          WHEN 'in_decision' THEN (SELECT due_at FROM deadline WHERE kind = 'decision_due' AND subject_id = d.id)
          WHEN 'releasing' THEN (SELECT due_at FROM deadline WHERE kind = 'release_due' AND subject_id = d.id)
          WHEN 'in_verification' THEN (SELECT w.ends_at FROM verification w JOIN release r ON r.id = w.release_id
            WHERE r.development_id = d.id AND w.ends_at > clock_now() ORDER BY w.opens_at DESC LIMIT 1)
          WHEN 'settled' THEN p.stage_since END AS date,
        COALESCE((SELECT sum(e.amount_minor) FROM estimate e WHERE e.proposal_id = p.id AND e.superseded_at IS NULL), 0)::bigint AS estimated,
        (SELECT count(*) FROM estimate e WHERE e.proposal_id = p.id AND e.superseded_at IS NULL)::int AS estimators,
        COALESCE((SELECT sum(m.held_minor) FROM payment m WHERE m.development_id = d.id AND m.kind = 'pledge' AND m.state = 'held'), 0)::bigint AS held,
        (SELECT count(DISTINCT m.payer_id) FROM payment m WHERE m.development_id = d.id AND m.kind = 'pledge' AND m.state IN ('held', 'settling', 'paid'))::int AS backers,
        COALESCE((SELECT sum(m.amount_minor) FROM payment m WHERE m.development_id = d.id AND m.kind = 'pledge' AND m.state = 'paid'), 0)::bigint AS paid
      FROM proposal p JOIN project j ON j.id = p.project_id
      LEFT JOIN development d ON d.id = p.current_development_id
      LEFT JOIN preview v ON v.development_id = d.id
      WHERE ${where} ORDER BY ${order} LIMIT ${limit}`;
  }

  async #views(rows: Row[]): Promise<TimetableRow[]> {
    const people = await peopleById(
      this.database,
      rows.flatMap((row) => (row.developerId === null ? [] : [row.developerId])),
    );
    return rows.map((row) => ({
      id: row.id,
      title: row.title,
      project: { slug: row.slug, name: row.project },
      stage: row.stage,
      developer: row.developerId === null ? null : (people.get(row.developerId) ?? null),
      date: row.date?.toISOString() ?? null,
      estimated: moneyView(row.estimated),
      estimators: row.estimators,
      held: moneyView(row.held),
      backers: row.backers,
      paid: moneyView(row.paid),
    }));
  }

  async #books(): Promise<FrontView["books"]> {
    const [row] = await this.database.$queryRaw<{ held: bigint; developments: number; paid: bigint }[]>`
      SELECT COALESCE(sum(held_minor), 0)::bigint AS held,
        count(DISTINCT development_id)::int AS developments,
        (SELECT COALESCE(sum(amount_minor - reversed_minor), 0) FROM payout WHERE state = 'confirmed' AND currency = 'USD')::bigint AS paid
      FROM payment WHERE state = 'held' AND currency = 'USD'`;
    const proof = await this.database.booksProof.findFirst({ orderBy: { at: "desc" } });
    return {
      held: moneyView(row!.held),
      developments: row!.developments,
      paid: moneyView(row!.paid),
      provedAt: proof?.at.toISOString() ?? null,
      balanced: proof?.balanced ?? null,
    };
  }
}

/** The six stops in words, with the little word that leads to a date. */
const stageWords: Readonly<Record<Stage, string>> = {
  open: "wish",
  in_development: "being built, preview about",
  in_preview: "try it until",
  in_decision: "decision by",
  releasing: "release by",
  in_verification: "objections until",
  settling: "being paid out",
  refunding: "being refunded",
  settled: "free since",
  closed: "closed",
};
