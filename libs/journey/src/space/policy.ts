import type { Tx } from "@freehold/database";
import { idFor } from "@freehold/values";
import { foundingPolicy, type Policy, readPolicy } from "../policy.ts";

const PLATFORM_SPACE = idFor("space:platform");

/** A policy with the version under which things are done; estimates, pledges and developments keep the version's id. */
export interface PolicyInForce {
  id: string;
  policy: Policy;
  validFrom: Date;
  authority: string;
}

/** The platform's own space; made with its founding policy the first time it is asked for. */
export async function platformSpace(tx: Tx): Promise<{ spaceId: string }> {
  const known = await tx.space.findUnique({ where: { id: PLATFORM_SPACE }, select: { id: true } });
  if (known === null) {
    await tx.$executeRaw`
      INSERT INTO space (id, kind, name, created_at) VALUES (${PLATFORM_SPACE}::uuid, 'platform', 'Freehold', clock_now())
      ON CONFLICT DO NOTHING`;
    await tx.$executeRaw`
      INSERT INTO policy_version (id, space_id, value, valid_from, authority, reason)
      VALUES (${idFor("policy:founding")}::uuid, ${PLATFORM_SPACE}::uuid, ${JSON.stringify(foundingPolicy)}::jsonb,
        clock_now(), 'founding', 'The values Freehold starts with.')
      ON CONFLICT DO NOTHING`;
  }
  return { spaceId: PLATFORM_SPACE };
}

/** The policy of the platform that is in force now. */
export async function policyInForce(tx: Tx): Promise<PolicyInForce> {
  const { spaceId } = await platformSpace(tx);
  const [row] = await tx.$queryRaw<{ id: string; value: unknown; validFrom: Date; authority: string }[]>`
    SELECT id, value, valid_from AS "validFrom", authority FROM policy_version
    WHERE space_id = ${spaceId}::uuid AND valid_from <= clock_now() ORDER BY valid_from DESC LIMIT 1`;
  return { id: row!.id, policy: readPolicy(row!.value), validFrom: row!.validFrom, authority: row!.authority };
}

/** A policy by its version: what was agreed then, whatever is in force now. */
export async function policyVersion(tx: Tx, id: string): Promise<Policy> {
  const row = await tx.policyVersion.findUniqueOrThrow({ where: { id } });
  return readPolicy(row.value);
}
