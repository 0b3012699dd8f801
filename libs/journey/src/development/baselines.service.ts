import { Inject, Injectable } from "@nestjs/common";
import { type Database, now } from "@freehold/database";
import { type Baseline, type Fault, faultSentence, type ForgeVerifier } from "@freehold/forge-verify";
import { DAY_MS } from "@freehold/values";
import { notify, proposalPath } from "../notice/notify.ts";
import { VERIFIER } from "../world.ts";
import { mirrorKeyOf } from "./development.ts";

/** Faults that pass by themselves. */
const passing: ReadonlySet<Fault> = new Set(["rate_limited", "server_error", "timeout", "dns", "tls", "gap"]);

/** What was public when a development started: nobody is paid for that (DESIGN 6). */
@Injectable()
export class Baselines {
  constructor(@Inject(VERIFIER) private readonly verifier: ForgeVerifier) {}

  /**
   * Records the state of the destination when development starts (DESIGN 6): the mirror is fetched first, the row written
   * after. Repeating it keeps the first baseline.
   */
  async take(database: Database, developmentId: string): Promise<"taken" | "later"> {
    const development = await database.development.findUniqueOrThrow({
      where: { id: developmentId },
      include: { repository: true },
    });
    if (development.baselineTakenAt !== null || development.endedAt !== null) return "taken";
    const { forge, stableId, slug } = development.repository;
    const seen = await this.verifier.takeBaseline({
      repository: { forge: forge as "github" | "tangled", stableId, slug },
      mirrorKey: mirrorKeyOf(development.repository),
      at: await database.now(),
      kept: await this.#keptThere(database, development.repositoryId),
    });
    if (!seen.ok) {
      // Being away is the forge's matter; what stands in the repository itself only its developer can put right.
      if (!passing.has(seen.fault))
        await database.transact((tx) =>
          notify(tx, [development.developerId], {
            key: `development:${developmentId}:baseline:${seen.fault}`,
            kind: "baseline_impossible",
            sentence: `We cannot copy ${slug}, which has to be done before a preview can open: ${faultSentence[seen.fault]}.`,
            path: proposalPath(development.proposalId),
          }),
        );
      return "later";
    }
    const earlier = await this.#madePublicBefore(database, development);
    await database.transact(async (tx) => {
      await tx.development.updateMany({
        where: { id: developmentId, baselineTakenAt: null },
        data: {
          baseline: seen.value as object,
          baselineTakenAt: await now(tx),
          ...(earlier.length === 0 ? {} : { earlier: earlier as unknown as object[] }),
        },
      });
    });
    return "taken";
  }

  /** The bundles of releases that were made in a repository before: their mirror may be gone, and they are not new again. */
  async #keptThere(database: Database, repositoryId: string): Promise<string[]> {
    const rows = await database.release.findMany({
      where: { development: { repositoryId }, bundleSha256: { not: null } },
      orderBy: { id: "desc" },
      distinct: ["bundleSha256"],
      take: 100,
      select: { bundleSha256: true },
    });
    return rows.map((row) => row.bundleSha256!);
  }

  /** What earlier attempts at the same proposal made public in other repositories: nobody is paid for that again. */
  async #madePublicBefore(
    database: Database,
    { id, proposalId, repositoryId }: { id: string; proposalId: string; repositoryId: string },
  ): Promise<Baseline[]> {
    const attempts = await database.development.findMany({
      where: { proposalId, id: { not: id }, repositoryId: { not: repositoryId }, baselineTakenAt: { not: null } },
      distinct: ["repositoryId"],
      include: { repository: true },
      take: 20,
    });
    const at = await database.now();
    const seen: Baseline[] = [];
    for (const { repository } of attempts) seen.push(await this.verifier.seenIn(mirrorKeyOf(repository), at));
    return seen;
  }

  /** Developments whose baseline is still missing: their job was lost or the forge was away. */
  async missing(database: Database): Promise<string[]> {
    const rows = await database.development.findMany({
      where: { baselineTakenAt: null, endedAt: null, startedAt: { gt: new Date(Date.now() - 365 * DAY_MS) } },
      orderBy: { startedAt: "desc" },
      take: 50,
      select: { id: true },
    });
    return rows.map((row) => row.id);
  }
}
