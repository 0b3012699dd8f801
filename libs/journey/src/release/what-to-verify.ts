import type { Database } from "@freehold/database";
import type { Baseline, Phase, ReleaseToVerify } from "@freehold/forge-verify";
import { mirrorKeyOf } from "../development/development.ts";
import { msOf } from "../policy.ts";
import { policyVersion } from "../space/policy.ts";

/**
 * Everything that the verdict on a release depends on, from our rows. Null while there is no baseline.
 * A sealed preview whose seal is not opened gets an empty reveal, and so fails: what was shown could be anything.
 */
export async function releaseToVerify(
  database: Database,
  releaseId: string,
  phase: Exclude<Phase, "glance">,
): Promise<{ state: string; release: ReleaseToVerify } | null> {
  const row = await database.release.findUniqueOrThrow({
    where: { id: releaseId },
    include: { findings: { orderBy: { at: "asc" } }, development: { include: { repository: true, preview: true } } },
  });
  const { development, findings } = row;
  const { repository, preview } = development;
  if (development.baseline === null) return null;
  const policy = await policyVersion(database, development.policyVersionId);
  const kept = row.bundleSha256 !== null && row.bundleBytes !== null && row.swhRevision !== null;
  const largerLooks = findings.filter((finding) => finding.reason === "repo_too_large" && finding.accepted).length;
  const release: ReleaseToVerify = {
    patience: Math.min(5, 1 + 2 * largerLooks),
    repository: {
      forge: repository.forge as "github" | "tangled",
      stableId: repository.stableId,
      slug: repository.slug,
    },
    branch: row.branch,
    commit: row.commit,
    baseline: development.baseline as unknown as Baseline,
    mirrorKey: mirrorKeyOf(repository),
    at: await database.now(),
    phase,
    cureMs: msOf(policy, "release_within"),
    // In a developer's own repository nobody else moves the branch.
    ...(development.branchSeen === null || development.destination === "own"
      ? {}
      : { branchSeen: development.branchSeen as unknown as Baseline }),
    ...(development.earlier === null ? {} : { earlier: development.earlier as unknown as Baseline[] }),
    ...(preview?.commitment == null ? {} : { seal: { commitment: preview.commitment, reveal: row.nonce ?? "" } }),
    ...(kept
      ? {
          copy: {
            bundle: { sha256: row.bundleSha256!, bytes: Number(row.bundleBytes) },
            revision: row.swhRevision!,
            directory: row.swhDirectory ?? "",
          },
        }
      : {}),
    ...(findings.length === 0
      ? {}
      : {
          findings: findings.map(({ reason, accepted, note, at }) => ({
            reason,
            accepted,
            note,
            at: at.toISOString(),
          })),
        }),
  };
  return { state: row.state, release };
}
