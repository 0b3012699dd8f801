import { Inject, Injectable } from "@nestjs/common";
import type { Database } from "@freehold/database";
import type { ForgeVerifier } from "@freehold/forge-verify";
import { mirrorKeyOf } from "../development/development.ts";
import { VERIFIER } from "../world.ts";

/** Our copies of repositories take room: they go when no proposal that is still open has been developed there. */
@Injectable()
export class MirrorKeeping {
  constructor(@Inject(VERIFIER) private readonly verifier: ForgeVerifier) {}

  /**
   * Removes mirrors of repositories whose proposals are all settled or closed; the bundle of what was paid for and all
   * evidence stay. A later development copies the repository anew. @returns how many were removed
   */
  async sweep(database: Database): Promise<number> {
    const rows = await database.$queryRaw<{ id: string; forge: string; stableId: string }[]>`
      SELECT r.id, r.forge, r.stable_id AS "stableId" FROM repository r
      WHERE EXISTS (SELECT 1 FROM development d WHERE d.repository_id = r.id AND d.mirror_dropped_at IS NULL)
        AND NOT EXISTS (SELECT 1 FROM development d JOIN proposal p ON p.id = d.proposal_id
          WHERE d.repository_id = r.id AND p.stage NOT IN ('settled', 'closed'))
      LIMIT 20`;
    let removed = 0;
    for (const repository of rows) {
      // Asked again when it is this mirror's turn: a new development may have begun meanwhile.
      const gone = await this.verifier.forget(mirrorKeyOf(repository), () => isIdle(database, repository.id));
      if (!gone) continue;
      removed += 1;
      await database.$executeRaw`
        UPDATE development d SET mirror_dropped_at = clock_now()
        FROM proposal p WHERE p.id = d.proposal_id AND p.stage IN ('settled', 'closed')
          AND d.repository_id = ${repository.id}::uuid AND d.mirror_dropped_at IS NULL`;
    }
    return removed;
  }
}

async function isIdle(database: Database, repositoryId: string): Promise<boolean> {
  const open = { repositoryId, proposal: { stage: { notIn: ["settled", "closed"] } } };
  return (await database.development.count({ where: open })) === 0;
}
