import type { TestDatabase } from "@freehold/testing";
import { newId } from "@freehold/values";

/** Rows as a story would leave them, written straight into an empty database: for reads over more than a story can tell. */
export class Rows {
  readonly #ground: TestDatabase;

  constructor(ground: TestDatabase) {
    this.#ground = ground;
  }

  async party(name: string): Promise<string> {
    const id = newId();
    await this.#ground.asOwner(`INSERT INTO party (id, name, first_seen_at) VALUES ($1, $2, now())`, [id, name]);
    return id;
  }

  /** A proposal of this title and its development by this developer. */
  async development(developerId: string, title: string): Promise<{ developmentId: string; proposalId: string }> {
    const [space, project, repository, proposalId, developmentId, policy] = Array.from({ length: 6 }, newId);
    const run = (sql: string, values: unknown[]) => this.#ground.asOwner(sql, values);
    await run(`INSERT INTO space (id, kind, name, created_at) VALUES ($1, 'project', 'Larkspur', now())`, [space]);
    await run(`INSERT INTO project (id, space_id, slug, name, created_at) VALUES ($1, $2, $3, 'Larkspur', now())`, [
      project,
      space,
      project,
    ]);
    await run(
      `INSERT INTO repository (id, forge, stable_id, slug, web_url, clone_url, first_seen)
       VALUES ($1, 'github', $2, 'dave/larkspur', 'https://forge.test/l', 'https://forge.test/l.git', now())`,
      [repository, repository],
    );
    await run(
      `INSERT INTO policy_version (id, space_id, value, valid_from, authority, reason)
       VALUES ($1, $2, '{}', now(), 'founding', 'a test')`,
      [policy, space],
    );
    await run(
      `INSERT INTO proposal (id, project_id, proposer_id, stage, stage_since, title, created_at)
       VALUES ($1, $2, $3, 'settled', now(), $4, now())`,
      [proposalId, project, developerId, title],
    );
    await run(
      `INSERT INTO development (id, proposal_id, developer_id, policy_version_id, repository_id, destination,
         expected_preview_at, reserved_until, currency, started_at)
       VALUES ($1, $2, $3, $4, $5, 'own', now(), now(), 'USD', now())`,
      [developmentId, proposalId, developerId, policy, repository],
    );
    return { developmentId: developmentId!, proposalId: proposalId! };
  }

  /** Payments that were charged a second after they were begun, one each minute from the first of 2027 on. */
  async payments(of: {
    developmentId: string;
    payerId: string;
    kind?: "pledge" | "donation";
    payeeId?: string;
    state: string;
    minor: bigint;
    count?: number;
    currency?: string;
  }): Promise<string[]> {
    const rows = await this.#ground.asOwner<{ id: string }>(
      `INSERT INTO payment (id, kind, development_id, payer_id, payee_id, amount_minor, service_fee_minor,
         platform_fee_basis_points, currency, state, held_minor, created_at, checkout_request, charge_id, charged_at, state_since)
       SELECT gen_random_uuid(), $1, $2, $3, $4, $5, 65, 500, $6, $7, CASE WHEN $7 = 'held' THEN $5::bigint ELSE 0 END,
         at, '{}', 'ch_' || gen_random_uuid(), at + interval '1 second', at
       FROM (SELECT timestamptz '2027-01-01' + n * interval '1 minute' AS at FROM generate_series(1, $8::int) n) AS minutes
       RETURNING id`,
      [
        of.kind ?? "pledge",
        of.developmentId,
        of.payerId,
        of.payeeId ?? null,
        of.minor.toString(),
        of.currency ?? "USD",
        of.state,
        of.count ?? 1,
      ],
    );
    return rows.map((row) => row.id);
  }

  async payout(of: {
    paymentId: string;
    payeeId: string;
    net: bigint;
    fee: bigint;
    state: "planned" | "confirmed";
    currency?: string;
    at?: string;
  }): Promise<string> {
    const id = newId();
    await this.#ground.asOwner(
      `INSERT INTO payout (id, payment_id, payee_id, purpose, amount_minor, platform_fee_minor, currency, state, object_id, created_at, confirmed_at)
       VALUES ($1, $2, $3, 'payout', $4, $5, $6, $7, $8, $9, $10)`,
      [
        id,
        of.paymentId,
        of.payeeId,
        of.net.toString(),
        of.fee.toString(),
        of.currency ?? "USD",
        of.state,
        of.state === "confirmed" ? `tr_${id}` : null,
        of.at ?? "2027-02-01T00:00:00Z",
        of.state === "confirmed" ? "2027-02-01T00:05:00Z" : null,
      ],
    );
    return id;
  }

  async refund(of: { paymentId: string; kind: "pledge" | "whole"; minor: bigint; serviceFee: bigint }): Promise<void> {
    await this.#ground.asOwner(
      `INSERT INTO refund (id, payment_id, kind, reason, amount_minor, from_hold_minor, service_fee_minor, currency, state,
         object_id, created_at, confirmed_at)
       VALUES (gen_random_uuid(), $1, $2, 'declined', $3, $4, $5, 'USD', 'confirmed', 're_' || gen_random_uuid(),
         '2027-01-20', '2027-01-21')`,
      [of.paymentId, of.kind, of.minor.toString(), (of.minor - of.serviceFee).toString(), of.serviceFee.toString()],
    );
  }
}
