import { refusal } from "@freehold/contract";
import type { Tx } from "@freehold/database";
import { stakeIn } from "../party/support.ts";
import { platformSpace } from "./policy.ts";

/** Refuses not_staff unless the party is staff of the platform. */
export async function requireStaff(tx: Tx, partyId: string): Promise<void> {
  const { spaceId } = await platformSpace(tx);
  const roles = await tx.role.count({ where: { spaceId, partyId, role: "staff", validUntil: null } });
  if (roles === 0) throw refusal("not_staff");
}

/** Refuses has_stake when the party has something to gain or lose in the development. */
export async function requireNoStake(tx: Tx, partyId: string, developmentId: string): Promise<void> {
  if (await stakeIn(tx, partyId, developmentId))
    throw refusal("has_stake", "You hold a stake in this development, so somebody else has to answer.");
}
