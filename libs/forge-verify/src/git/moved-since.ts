import type { FaultFacts } from "../evidence.ts";
import { judgeLicence } from "../licence/judge.ts";
import { readLicences, type LicencesRead } from "../licence/read.ts";
import type { Mirror } from "./mirror.ts";

/**
 * What happened on a branch after the release that decides nothing and is worth telling: it no longer goes on from where
 * our last copy saw it, or its newest commit is under another licence than the release.
 * @param before branches and tags as the last copy saw them, by full name
 */
export async function movedSince(
  mirror: Mirror,
  { commit, lookedAt, head }: { commit: string; lookedAt: string | null; head: string | null },
  before: Record<string, string>,
  released: LicencesRead | FaultFacts,
): Promise<{ rewritten?: true; headLicence?: string | null }> {
  if (head === null || lookedAt === null || head === commit || "fault" in released) return {};
  const last = before[`refs/heads/${lookedAt}`];
  const goesOn = last === undefined || (await mirror.try(["merge-base", "--is-ancestor", last, head])).code === 0;
  const nothing = async () => [];
  const now = await readLicences(mirror, head, nothing);
  const [then, today] = [released, now].map(
    ({ files, declared }) => judgeLicence(files, declared, undefined).licence ?? null,
  );
  return { ...(goesOn ? {} : { rewritten: true }), ...(then === today ? {} : { headLicence: today ?? null }) };
}
