import { refusal, type Stage } from "@freehold/contract";
import type { Tx } from "@freehold/database";
import { lockProposal } from "../history/record.ts";

/** A development together with its proposal, which is locked: every verb on a development begins here. */
export async function lockDevelopment(tx: Tx, developmentId: string) {
  const found = await tx.development.findUnique({ where: { id: developmentId }, select: { proposalId: true } });
  if (found === null) throw refusal("development_not_found");
  const proposal = await lockProposal(tx, found.proposalId);
  const development = await tx.development.findUniqueOrThrow({
    where: { id: developmentId },
    include: { preview: true, decision: true, payees: true },
  });
  return { development, proposal: proposal! };
}

/** Refuses not_developer. */
export function requireDeveloper(development: { developerId: string }, partyId: string): void {
  if (development.developerId !== partyId) throw refusal("not_developer");
}

/** Refuses wrong_stage when the development is not the one its proposal is about now: an earlier one has no say any more. */
export function requireRunning(
  development: { id: string },
  proposal: { stage: Stage; currentDevelopmentId: string | null },
): void {
  if (proposal.currentDevelopmentId === development.id) return;
  throw refusal("wrong_stage", "This development has ended.", { stage: proposal.stage });
}

/**
 * One mirror for each repository, whoever develops in it: a baseline then holds every earlier attempt, and code that was
 * public once can never be released as new.
 */
export const mirrorKeyOf = (repository: { forge: string; stableId: string }): string =>
  `${repository.forge}-${repository.stableId}`.replace(/[^A-Za-z0-9-]/g, "-");

/** What a development holds right now. */
export async function heldOf(tx: Tx, developmentId: string): Promise<{ sum: bigint; count: number }> {
  const [row] = await tx.$queryRaw<{ sum: bigint; count: number }[]>`
    SELECT COALESCE(sum(held_minor), 0)::bigint AS sum, count(*)::int AS count FROM payment
    WHERE development_id = ${developmentId}::uuid AND kind = 'pledge' AND state = 'held'`;
  return row!;
}
