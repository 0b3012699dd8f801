/** Runs SQL as whoever looks: a test's owner, an auditor. */
type Ask = <Row extends Record<string, unknown>>(sql: string, values?: unknown[]) => Promise<Row[]>;

/**
 * Recomputes every hash of every history from its rows, and looks for gaps. Written out apart from the database's own
 * trigger, so that a change there shows here.
 * @returns one sentence for each row that is not what it was; empty is right
 */
export async function brokenChains(ask: Ask): Promise<string[]> {
  const rows = await ask<{ row: string }>(`
    WITH again AS (
      SELECT subject_type, subject_id, sequence, hash, previous_hash,
        encode(sha256(convert_to(jsonb_build_array(subject_type, subject_id, sequence, extract(epoch FROM at), actor_party_id,
          on_behalf_of, actor_kind, move, from_state, to_state, reason, policy_version_id, detail, previous_hash)::text,
          'UTF8')), 'hex') AS recomputed,
        COALESCE(lag(hash) OVER one, '') AS before,
        row_number() OVER one AS place
      FROM history WINDOW one AS (PARTITION BY subject_type, subject_id ORDER BY sequence))
    SELECT subject_type || ' ' || subject_id || ' row ' || sequence AS row FROM again
    WHERE hash <> recomputed OR previous_hash <> before OR sequence <> place`);
  return rows.map(({ row }) => `history does not hold: ${row}`);
}

/** Proposals that left a stage they had not reached, or stand elsewhere than their history says; empty is right. */
export async function leaps(ask: Ask): Promise<string[]> {
  const rows = await ask<{ leap: string }>(`
    WITH path AS (
      SELECT subject_id, sequence, from_state, to_state, lag(to_state) OVER one AS reached,
        lead(sequence) OVER one IS NULL AS last
      FROM history WHERE subject_type = 'proposal' WINDOW one AS (PARTITION BY subject_id ORDER BY sequence))
    SELECT h.subject_id || ' row ' || h.sequence AS leap FROM path h JOIN proposal p ON p.id = h.subject_id
    WHERE h.from_state IS DISTINCT FROM h.reached OR (h.last AND h.to_state <> p.stage)`);
  return rows.map(({ leap }) => `a stage was leapt over: ${leap}`);
}
