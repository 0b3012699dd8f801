import { Refusal } from "@freehold/values";
import type { Tx } from "@freehold/database";
import { post } from "../ledger/post.ts";
import { movementBooked } from "../ledger/postings.ts";
import { completeTask } from "../tasks.ts";
import { movementTask, openMovements } from "./matching.ts";

/** The accounts a person may name for a movement that the ledger did not know. */
export const classifiable = ["stripe_fee", "own_funds", "dispute_loss", "dispute_fee", "refund_loss"] as const;
export type ClassifiedAs = (typeof classifiable)[number];

/**
 * Books a break into the account that a person names, and closes its task. What is booked is what is missing: of a source
 * with several open movements each takes its own sum, the last takes the rest.
 * Refusals: movement_not_found, movement_not_open (it is matched, classified, or still waits for our own booking).
 * @param by who says so, and why, in a sentence
 */
export async function classifyMovement(
  tx: Tx,
  movementId: string,
  account: ClassifiedAs,
  by: { partyId: string; note: string },
): Promise<void> {
  // The whole source under lock: two people who classify movements of one source do it one after the other.
  const locked = await tx.$queryRaw<{ id: string; state: string }[]>`
    SELECT id, state FROM movement WHERE source_id = (SELECT source_id FROM movement WHERE id = ${movementId})
    ORDER BY id FOR UPDATE`;
  const row = locked.find(({ id }) => id === movementId);
  if (row === undefined) throw new Refusal("movement_not_found", "There is no such movement.");
  const open = await openMovements(tx);
  const movement = open.find(({ id }) => id === movementId);
  if (row.state !== "break" || movement === undefined || movement.currency !== "USD")
    throw new Refusal("movement_not_open", "This movement does not wait to be classified.");
  const rest = movement.theirs - (movement.ours ?? 0n);
  const last = open.every(({ id, sourceId }) => id === movementId || sourceId !== movement.sourceId);
  const net = last ? rest : movement.netMinor;
  if (last && net === 0n && movement.netMinor !== 0n)
    throw new Refusal("movement_not_open", "The ledger knows this movement by now.");
  if (net !== 0n)
    await post(tx, {
      key: `movement:${movementId}`,
      event: "movement_classified",
      occurredAt: movement.occurredAt,
      legs: movementBooked(account, net, "USD"),
      causation: { objectId: movement.sourceId, movementId, partyId: by.partyId },
    });
  await tx.movement.update({ where: { id: movementId }, data: { state: "classified" } });
  await completeTask(tx, movementTask(movementId), by.note, by.partyId);
}
