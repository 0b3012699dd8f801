import { Injectable } from "@nestjs/common";
import { type LookView, refusal, type ReleasePage, type Stage } from "@freehold/contract";
import { Database, type Tx } from "@freehold/database";
import type { CheckName, EvidenceFile, Report } from "@freehold/forge-verify";
import { isId } from "@freehold/values";
import { readPlace } from "../cursor.ts";
import { personById } from "../party/party.service.ts";
import { checkWords } from "../release/check-words.ts";
import { lookSentence } from "../release/look-sentence.ts";
import { newestLink } from "../release/report.ts";

const LOOKS = 40;
/** More reports than a window can have; a bound against a mistake. */
const REPORTS = 10_000;

/** What is known about a release, for everybody: the checks, the log of the looks, and the evidence to take away. */
@Injectable()
export class ReleaseQueries {
  constructor(private readonly database: Database) {}

  /** Refuses release_not_found. */
  release(releaseId: string, before?: string): Promise<ReleasePage> {
    return this.database.snapshot(async (tx) => {
      const row = await found(tx, releaseId);
      const { development, verification } = row;
      const { proposal, repository } = development;
      const whole = await tx.verificationReport.findFirst({
        where: { releaseId, phase: { not: "glance" } },
        orderBy: [{ at: "desc" }, { id: "desc" }],
      });
      const report = whole === null ? null : (whole.report as unknown as Report);
      const { looks, older } = await looksOf(tx, releaseId, before);
      const copy = row.bundleSha256 !== null && row.bundleBytes !== null;
      return {
        id: row.id,
        proposal: { id: proposal.id, title: proposal.title, stage: proposal.stage as Stage },
        developer: await personById(tx, development.developerId),
        repository: {
          forge: repository.forge as "github" | "tangled",
          slug: repository.slug,
          webUrl: repository.webUrl,
          cloneUrl: repository.cloneUrl,
        },
        destination: development.destination as "own" | "project",
        branch: row.branch,
        commit: row.commit,
        attempt: row.attempt,
        state: row.state as ReleasePage["state"],
        failure:
          row.failureCode === null ? null : { code: row.failureCode, sentence: row.failureSentence ?? row.failureCode },
        sealed: development.preview?.commitment != null,
        submittedAt: row.submittedAt.toISOString(),
        licence: row.licence,
        checks: (report?.checks ?? []).map((check) => ({ ...check, ...wordsOf(check.name) })),
        checkedAt: whole?.at.toISOString() ?? null,
        newestLink: await newestLink(tx, releaseId),
        watch: verification === null ? null : watchViewOf(verification),
        looks,
        olderLooks: older,
        findings: row.findings.map(({ reason, accepted, note, at }) => ({
          reason,
          accepted,
          note,
          at: at.toISOString(),
        })),
        copy: copy
          ? {
              bytes: Number(row.bundleBytes),
              sha256: row.bundleSha256!,
              revision: row.swhRevision ?? "",
              directory: row.swhDirectory ?? "",
              name: bundleName(row),
            }
          : null,
      };
    });
  }

  /** The whole chain of reports with its signatures, as `forge-verify replay` reads it. Refuses release_not_found. */
  evidence(releaseId: string): Promise<EvidenceFile> {
    return this.database.snapshot(async (tx) => {
      await found(tx, releaseId);
      const rows = inOrder(
        await tx.verificationReport.findMany({
          where: { releaseId, link: { not: null } },
          orderBy: { id: "asc" },
          take: REPORTS,
        }),
      );
      return {
        kind: "freehold/evidence/v1",
        releaseId,
        links: rows.map((row) => ({
          releaseId,
          previous: row.previousLink,
          report: row.digest,
          phase: row.phase,
          verdict: row.verdict,
          at: row.at.toISOString(),
          link: row.link!,
          signature: row.signature ?? "",
        })),
        reports: [...new Map(rows.map((row) => [row.digest, row.report as unknown as Report])).values()],
      };
    });
  }

  /** One look: its report, and its link in the chain. Refuses release_not_found, evidence_not_found. */
  async look(releaseId: string, lookId: string) {
    await found(this.database, releaseId);
    const row = isId(lookId)
      ? await this.database.verificationReport.findFirst({ where: { id: lookId, releaseId } })
      : null;
    if (row === null) throw refusal("evidence_not_found");
    const { report, previousLink, link, signature } = row;
    return { report, previous: previousLink, link, signature };
  }

  /** The kept copy of the code (003-39). Refuses release_not_found, copy_not_kept. */
  async bundle(releaseId: string): Promise<{ sha256: string; name: string }> {
    const row = await found(this.database, releaseId);
    if (row.bundleSha256 === null) throw refusal("copy_not_kept");
    return { sha256: row.bundleSha256, name: bundleName(row) };
  }

  /**
   * What a server answered when it was asked about this release, by the hash that a report names; only what it would have
   * told anybody. Refuses release_not_found, evidence_not_found.
   */
  async answer(releaseId: string, sha256: string): Promise<string> {
    await found(this.database, releaseId);
    const [row] = /^[0-9a-f]{64}$/.test(sha256)
      ? await this.database.$queryRaw<unknown[]>`
          SELECT 1 FROM verification_report WHERE release_id = ${releaseId}::uuid
            AND report @? ${`$.observations[*].requests[*] ? (@.bodySha256 == "${sha256}" && !exists(@.withToken))`}::jsonpath LIMIT 1`
      : [];
    if (row === undefined) throw refusal("evidence_not_found");
    return sha256;
  }
}

/** From the first link to the newest, each after the one it names. */
function inOrder<Row extends { link: string | null; previousLink: string | null }>(rows: readonly Row[]): Row[] {
  const after = new Map(rows.map((row) => [row.previousLink, row]));
  const chain: Row[] = [];
  for (let row = after.get(null); row !== undefined; row = after.get(row.link)) {
    after.delete(row.previousLink);
    chain.push(row);
  }
  return [...chain, ...after.values()];
}

async function found(tx: Tx, releaseId: string) {
  const row = isId(releaseId)
    ? await tx.release.findUnique({
        where: { id: releaseId },
        include: {
          verification: true,
          findings: { orderBy: { at: "asc" } },
          development: { include: { repository: true, preview: true, proposal: true } },
        },
      })
    : null;
  if (row === null) throw refusal("release_not_found");
  return row;
}

const bundleName = (row: { commit: string; development: { repository: { slug: string } } }): string =>
  `${row.development.repository.slug.replaceAll(/[^A-Za-z0-9._-]+/g, "-")}-${row.commit.slice(0, 12)}.bundle`;

const wordsOf = (name: string) =>
  checkWords[name as CheckName] ?? { title: name.replaceAll("-", " "), doesNotProve: "" };

type VerificationRow = NonNullable<Awaited<ReturnType<typeof found>>["verification"]>;

export function watchViewOf(row: VerificationRow): NonNullable<ReleasePage["watch"]> {
  const iso = (at: Date | null) => at?.toISOString() ?? null;
  return {
    opensAt: row.opensAt.toISOString(),
    endsAt: row.endsAt.toISOString(),
    endedAt: iso(row.endedAt),
    movedMs: Number(row.movedMs),
    restarted: row.restarts > 0,
    lastGoodAt: iso(row.lastGoodAt),
    nextLookAt: row.endedAt === null ? iso(row.nextLookAt) : null,
    suspended:
      row.suspendedAt === null
        ? null
        : {
            since: row.suspendedAt.toISOString(),
            sentence: row.suspendedSentence ?? "",
            cureUntil: iso(row.cureUntil),
          },
  };
}

/** The newest looks, each as a sentence. Keyset by id. */
export async function looksOf(
  tx: Tx,
  releaseId: string,
  before?: string,
  count = LOOKS,
): Promise<{ looks: LookView[]; older: string | null }> {
  const place = readPlace(before);
  const rows = await tx.verificationReport.findMany({
    where: { releaseId, ...(place === null ? {} : { id: { lt: place } }) },
    orderBy: { id: "desc" },
    take: count + 1,
  });
  const shown = rows.slice(0, count);
  const last = shown.at(-1);
  return {
    looks: shown.map((row) => ({
      id: row.id,
      at: row.at.toISOString(),
      phase: row.phase as LookView["phase"],
      outcome: row.verdict as LookView["outcome"],
      sentence: lookSentence(row.report as unknown as Report),
    })),
    older: rows.length > count ? (last?.id ?? null) : null,
  };
}
