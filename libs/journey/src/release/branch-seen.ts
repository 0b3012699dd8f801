import type { Database } from "@freehold/database";
import type { ForgeVerifier } from "@freehold/forge-verify";
import { mirrorKeyOf } from "../development/development.ts";

/**
 * Writes down what is public on the branch at the moment the developer chooses to release: what others moved until then
 * is not part of the release. Asks the forge; takes no transaction. Repeating it is harmless.
 */
export async function lookAtBranch(verifier: ForgeVerifier, database: Database, developmentId: string): Promise<void> {
  const development = await database.development.findUniqueOrThrow({
    where: { id: developmentId },
    include: { repository: true, proposal: true, releases: { take: 1 } },
  });
  const chosen =
    development.proposal.stage === "releasing" && development.proposal.currentDevelopmentId === developmentId;
  if (!chosen || development.branchSeen !== null || development.releases.length > 0) return;
  const { repository } = development;
  const { forge, stableId, slug } = repository;
  const seen = await verifier.takeBaseline({
    repository: { forge: forge as "github" | "tangled", stableId, slug },
    mirrorKey: mirrorKeyOf(repository),
    at: await database.now(),
  });
  if (!seen.ok) return;
  await database.$executeRaw`
    UPDATE development d SET branch_seen = ${JSON.stringify(seen.value)}::jsonb
    WHERE d.id = ${developmentId}::uuid AND d.branch_seen IS NULL
      AND NOT EXISTS (SELECT 1 FROM release r WHERE r.development_id = d.id)`;
}
