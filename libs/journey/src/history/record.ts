import type { Move, Stage } from "@freehold/contract";
import type { Tx } from "@freehold/database";
import { type Actor, moveRules, nextStage } from "../stage.ts";

/** Who does something: a party in a part, or a part of the machine. */
export interface By {
  partyId: string | null;
  as: Actor;
}

export const byClock: By = { partyId: null, as: "clock" };
export const byWorker: By = { partyId: null, as: "worker" };
export const byVerifier: By = { partyId: null, as: "verifier" };

export interface HistoryEntry {
  subjectType: "proposal" | "development" | "case" | "party" | "payment" | "operator_task";
  subjectId: string;
  by: By;
  onBehalfOf?: string;
  move: string;
  from: string | null;
  to: string;
  reason?: string | undefined;
  policyVersionId?: string | undefined;
  detail?: Readonly<Record<string, unknown>>;
}

/** Writes one history row. The database numbers it, stamps it with story time and chains its hash to the one before. */
export async function record(tx: Tx, entry: HistoryEntry): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO history (subject_type, subject_id, actor_party_id, on_behalf_of, actor_kind, move, from_state, to_state,
      reason, policy_version_id, detail)
    VALUES (${entry.subjectType}, ${entry.subjectId}::uuid, ${entry.by.partyId}::uuid, ${entry.onBehalfOf ?? null}::uuid,
      ${entry.by.as}, ${entry.move}, ${entry.from}, ${entry.to}, ${entry.reason ?? null},
      ${entry.policyVersionId ?? null}::uuid, ${JSON.stringify(entry.detail ?? {})}::jsonb)`;
}

/** A proposal under lock: the one row that every move and every money verb of its story takes first. */
export async function lockProposal(
  tx: Tx,
  proposalId: string,
): Promise<{
  id: string;
  stage: Stage;
  title: string;
  proposerId: string;
  currentDevelopmentId: string | null;
} | null> {
  const [row] = await tx.$queryRaw<
    { id: string; stage: Stage; title: string; proposerId: string; currentDevelopmentId: string | null }[]
  >`SELECT id, stage, title, proposer_id AS "proposerId", current_development_id AS "currentDevelopmentId"
    FROM proposal WHERE id = ${proposalId}::uuid FOR UPDATE`;
  return row ?? null;
}

/**
 * Makes one move of the story: checks it against the table, changes the stage, writes the history row.
 * Refuses wrong_stage. The proposal's row is locked first.
 */
export async function moveProposal(
  tx: Tx,
  proposalId: string,
  move: Move,
  by: By,
  more: {
    reason?: string | undefined;
    policyVersionId?: string | undefined;
    detail?: Readonly<Record<string, unknown>>;
    closed?: { reason: string; note: string };
  } = {},
): Promise<{ from: Stage; to: Stage }> {
  const proposal = await lockProposal(tx, proposalId);
  if (proposal === null) throw new Error(`proposal ${proposalId} does not exist`);
  const to = nextStage(proposal.stage, move);
  if (!moveRules[move].who.includes(by.as)) throw new Error(`${move} is not a move of ${by.as}`);
  const { closed: _closed, ...rest } = more;
  await tx.$executeRaw`
    UPDATE proposal SET stage = ${to}, stage_since = clock_now(), closed_reason = ${more.closed?.reason ?? null},
      closed_note = ${more.closed?.note ?? null}
    WHERE id = ${proposalId}::uuid`;
  await record(tx, { subjectType: "proposal", subjectId: proposalId, by, move, from: proposal.stage, to, ...rest });
  return { from: proposal.stage, to };
}
